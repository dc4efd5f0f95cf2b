"""Addresses of the pages of the account administrator."""

from __future__ import annotations

from django.urls import path

from xueji.web.accounts import sealed, stand_ins, training, views

urlpatterns = [
    path("accounts/", views.accounts, name="accounts"),
    path("accounts/open/", views.open_account, name="account-open"),
    path("accounts/<serial:appointment_id>/", views.appointment, name="appointment-page"),
    path("accounts/<serial:appointment_id>/link/", views.renew_link, name="account-link"),
    path("accounts/<serial:appointment_id>/end/", views.end, name="appointment-end"),
    path("accounts/<serial:appointment_id>/training/", training.certificate, name="training"),
    path("accounts/sealed/", sealed.sealed, name="sealed-accounts"),
    path("accounts/sealed/<serial:account_id>/ask/", sealed.ask, name="unseal-ask"),
    path("accounts/unsealings/<serial:unsealing_id>/decide/", sealed.decide, name="unseal-decide"),
    path("stand-ins/", stand_ins.stand_ins, name="stand-ins"),
    path("stand-ins/<serial:appointment_id>/end/", stand_ins.end, name="stand-in-end"),
]

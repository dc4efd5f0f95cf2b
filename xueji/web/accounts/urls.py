"""Addresses of the pages of the account administrator."""

from __future__ import annotations

from django.urls import path

from xueji.web.accounts import stand_ins, views

urlpatterns = [
    path("accounts/", views.accounts, name="accounts"),
    path("accounts/open/", views.open_account, name="account-open"),
    path("accounts/<serial:appointment_id>/", views.appointment, name="appointment-page"),
    path("accounts/<serial:appointment_id>/link/", views.renew_link, name="account-link"),
    path("accounts/<serial:appointment_id>/end/", views.end, name="appointment-end"),
    path("stand-ins/", stand_ins.stand_ins, name="stand-ins"),
    path("stand-ins/<serial:appointment_id>/end/", stand_ins.end, name="stand-in-end"),
]

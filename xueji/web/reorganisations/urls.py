"""Addresses of the pages of reorganisations."""

from __future__ import annotations

from django.urls import path

from xueji.web.reorganisations import views

urlpatterns = [
    path("reorganisations/", views.reorganisations, name="reorganisations"),
    path("reorganisations/new/", views.new, name="reorganisation-new"),
    path("reorganisations/<uuid:request_id>/", views.show, name="reorganisation"),
    path("reorganisations/<uuid:request_id>/edit/", views.edit, name="reorganisation-edit"),
    path("reorganisations/<uuid:request_id>/plan/", views.plan, name="reorganisation-plan"),
    path("reorganisations/<uuid:request_id>/act", views.act, name="reorganisation-act"),
]

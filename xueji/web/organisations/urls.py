"""Addresses of the pages of the tree."""

from __future__ import annotations

from django.urls import path

from xueji.web.organisations import views

urlpatterns = [
    path("organisations/", views.organisations, name="organisations"),
    path("organisations/<place:place>/", views.authority, name="authority"),
    path("organisations/<place:place>/schools/open/", views.open_school, name="school-open"),
    path("schools/<place:place>/rename/", views.rename, name="school-rename"),
    path("schools/<place:place>/identifier/", views.give_identifier, name="school-identifier"),
    path("schools/<place:place>/close/", views.close, name="school-close"),
]

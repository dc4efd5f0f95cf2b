"""Addresses of the pages of graduation."""

from __future__ import annotations

from django.urls import path

from xueji.web.graduations import views

urlpatterns = [
    path("graduations/", views.graduations, name="graduations"),
    path("graduations/grades/<int:grade_id>/", views.grade, name="graduation-grade"),
    path("graduations/grades/<int:grade_id>/begin", views.begin, name="graduation-begin"),
    path("graduations/<uuid:request_id>/", views.show, name="graduation"),
    path("graduations/<uuid:request_id>/classes/<int:class_id>/", views.class_, name="graduation-class"),
    path("graduations/<uuid:request_id>/destination", views.destination, name="graduation-destination"),
    path("graduations/<uuid:request_id>/undo/", views.undo_some, name="graduation-undo"),
    path("graduations/<uuid:request_id>/act", views.act, name="graduation-act"),
]

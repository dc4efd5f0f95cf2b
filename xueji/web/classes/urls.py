"""Addresses of the pages of class requests."""

from __future__ import annotations

from django.urls import path

from xueji.web.classes import views

urlpatterns = [
    path("classes/<serial:class_id>/move/", views.propose, name="class-move"),
    path("class-requests/", views.listing, name="class-requests"),
    path("class-requests/<uuid:request_id>/", views.show, name="class-request"),
    path("class-requests/<uuid:request_id>/act", views.act, name="class-request-act"),
]

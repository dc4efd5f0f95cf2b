"""Addresses of the overdue table and of the reminders."""

from __future__ import annotations

from django.urls import path

from xueji.web.overdue import notices, views

urlpatterns = [
    path("overdue/", views.overdue, name="overdue"),
    path("overdue/list/", views.listing, name="overdue-list"),
    path("reminders/", notices.notices, name="notices"),
    path("reminders/read/", notices.mark_read, name="notices-read"),
]

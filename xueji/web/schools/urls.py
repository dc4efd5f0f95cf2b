"""Addresses of the pages of schools and classes."""

from __future__ import annotations

from django.urls import path

from xueji.web import converters
from xueji.web.schools import views

converters.register()

urlpatterns = [
    path("schools/", views.schools, name="schools"),
    path("schools/by/<slug:identifier>/", views.by_identifier, name="school-by-identifier"),
    path("schools/<place:place>/", views.school, name="school"),
    path("schools/<place:place>/classes/open/", views.open_class, name="class-open"),
    path("classes/<serial:class_id>/", views.class_, name="class"),
    path("classes/<serial:class_id>/close/", views.close, name="class-close"),
]

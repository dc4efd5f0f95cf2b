"""Addresses of the pages of pupils."""

from __future__ import annotations

from django.urls import path

from xueji.web.pupils import lists, readings, records

urlpatterns = [
    path("pupils/", lists.students, name="students"),
    path("pupils/<uuid:student_id>/", records.student, name="student"),
    path("pupils/<uuid:student_id>/readers/", readings.readers, name="student-readers"),
    path("pupils/<uuid:student_id>/show/<slug:field>/", records.show, name="student-show"),
    path("pupils/<uuid:student_id>/number/", records.upgrade, name="student-upgrade"),
]

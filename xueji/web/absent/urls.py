"""Addresses of the pages of pupils who are not at school."""

from __future__ import annotations

from django.urls import path

from xueji.web.absent import report, views

urlpatterns = [
    path("absent/", views.absent, name="absent"),
    path("absent/dropouts/report/", report.report, name="dropout-report"),
    path("absent/dropouts/report.csv", report.report_file, name="dropout-report-file"),
]

"""Addresses of the pages of problem records."""

from __future__ import annotations

from django.urls import path

from xueji.web.problems import views

urlpatterns = [
    path("problems/", views.problem_list, name="problems"),
    path("problems/new", views.new, name="problem-new"),
    path("problems/<uuid:case_id>/", views.show, name="problem"),
    path("problems/<uuid:case_id>/papers", views.file_paper, name="problem-file"),
    path("problems/<uuid:case_id>/papers/<uuid:paper_id>", views.download, name="problem-paper"),
    path("problems/<uuid:case_id>/statement", views.state, name="problem-state"),
    path("problems/<uuid:case_id>/numbers", views.reveal, name="problem-numbers"),
    path("problems/<uuid:case_id>/decision", views.decide, name="problem-decide"),
]

"""Addresses of the pages of unified admission."""

from __future__ import annotations

from django.urls import path

from xueji.web.admissions import disputes, lists, preschool, pupils

urlpatterns = [
    path("admissions/", lists.home, name="admissions"),
    path("admissions/new", lists.new, name="admission-new"),
    path("admissions/template", lists.template, name="admission-template"),
    path("admissions/arrivals", pupils.act, name="admission-act"),
    path("admissions/preschool", preschool.upload, name="preschool"),
    path("admissions/preschool/template", preschool.template, name="preschool-template"),
    path("admissions/<uuid:list_id>/", lists.show, name="admission"),
    path("admissions/<uuid:list_id>/pupils", pupils.of_list, name="admission-pupils"),
    path("admissions/<uuid:list_id>/issue", lists.issue, name="admission-issue"),
    path("admissions/<uuid:list_id>/withdraw", lists.withdraw, name="admission-withdraw"),
    path("admissions/disputes/<uuid:case_id>/", disputes.show, name="admission-dispute"),
    path("admissions/disputes/<uuid:case_id>/papers", disputes.file_paper, name="admission-dispute-file"),
    path("admissions/disputes/<uuid:case_id>/statement", disputes.state, name="admission-dispute-state"),
    path("admissions/disputes/<uuid:case_id>/decision", disputes.decide, name="admission-dispute-decide"),
    path("admissions/disputes/<uuid:case_id>/undo", disputes.undo, name="admission-dispute-undo"),
]

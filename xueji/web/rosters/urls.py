"""The addresses of inbox and rosters."""

from __future__ import annotations

from django.urls import path

from xueji.web.rosters import batch, inbox, pupil, uploads

urlpatterns = [
    path("", inbox.inbox, name="inbox"),
    path("inbox-count", inbox.count, name="inbox-count"),
    path("rosters/", uploads.roster_list, name="rosters"),
    path("rosters/new", uploads.new, name="roster-new"),
    path("rosters/template", uploads.template, name="roster-template"),
    path("rosters/one", pupil.one, name="roster-one"),
    path("rosters/overdue", inbox.overdue, name="rosters-overdue"),
    path("rosters/approve", inbox.approve_several, name="rosters-approve"),
    path("rosters/<uuid:batch_id>/", batch.show, name="roster"),
    path("rosters/<uuid:batch_id>/progress", batch.show_progress, name="roster-progress"),
    path("rosters/<uuid:batch_id>/corrected.xlsx", batch.download_corrected, name="roster-corrected"),
    path("rosters/<uuid:batch_id>/submit", batch.submit, name="roster-submit"),
    path("rosters/<uuid:batch_id>/undo", batch.undo, name="roster-undo"),
    path("rosters/<uuid:batch_id>/decide", batch.decide, name="roster-decide"),
]

"""Addresses of the pages of status business."""

from __future__ import annotations

from django.urls import path

from xueji.web.status import case, filing, lists, track

urlpatterns = [
    path("changes/", lists.listing, name="changes"),
    path("changes/new", filing.new, name="change-new"),
    path("changes/drafts/<uuid:draft_id>/", filing.draft, name="change-draft"),
    path("changes/drafts/<uuid:draft_id>/drop", filing.drop, name="change-drop"),
    path("changes/<uuid:case_id>/", case.show, name="change"),
    path("changes/<uuid:case_id>/decide", case.decide, name="change-decide"),
    path("changes/<uuid:case_id>/answer", filing.answer, name="change-answer"),
    path("changes/<uuid:case_id>/undo", case.undo, name="change-undo"),
    path("changes/<uuid:case_id>/slip", case.slip, name="change-slip"),
    path("changes/<uuid:case_id>/papers/<uuid:paper_id>", case.paper, name="change-paper"),
    path("pupils/<uuid:student_id>/changes/", filing.choose, name="change-choose"),
    path("pupils/<uuid:student_id>/discreet/<slug:code>/", filing.discreet, name="change-discreet"),
    path("discreet/", lists.discreet_list, name="discreet"),
    path("left/", lists.left, name="left-pupils"),
    path("left/<uuid:copy_id>/", lists.left_pupil, name="left-pupil"),
    path("track", track.track, name="track"),
]

"""Addresses of the pages of what leaves."""

from __future__ import annotations

from django.urls import path

from xueji.web.disclosures import approvals, exports, traces

urlpatterns = [
    path("exports/", exports.exports, name="exports"),
    path("exports/new/", exports.new, name="export-new"),
    path("exports/<uuid:export_id>/", exports.show, name="export"),
    path("exports/<uuid:export_id>/act/", exports.act, name="export-act"),
    path("exports/<uuid:export_id>/file/", exports.fetch, name="export-file"),
    path("approvals/", approvals.approvals, name="approvals"),
    path("approvals/new/", approvals.new, name="approval-new"),
    path("approvals/<uuid:approval_id>/", approvals.show, name="approval"),
    path("approvals/<uuid:approval_id>/act/", approvals.act, name="approval-act"),
    path("approvals/<uuid:approval_id>/scan/", approvals.scan, name="approval-scan"),
    path("trace/", traces.trace, name="trace"),
    path("classes/<serial:class_id>/take-list/", exports.class_list, name="class-list"),
]

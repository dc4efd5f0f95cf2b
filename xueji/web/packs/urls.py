"""Addresses of the pages of provincial rules."""

from __future__ import annotations

from django.urls import path, re_path

from xueji.web.packs import views

urlpatterns = [
    path("packs/", views.packs, name="packs"),
    re_path(r"^packs/(?P<province>[0-9]{2})/$", views.pack, name="pack"),
    re_path(r"^packs/(?P<province>[0-9]{2})/draft/$", views.draft, name="pack-draft"),
    path("packs/versions/<serial:version_id>/put-in-force/", views.put_in_force, name="pack-put-in-force"),
    path("packs/versions/<serial:version_id>/receive/", views.receive, name="pack-receive"),
]

"""Addresses of the pages of trust."""

from __future__ import annotations

from django.urls import path

from xueji.web.trust import permissions

urlpatterns = [
    path("permissions/", permissions.permissions, name="permissions"),
]

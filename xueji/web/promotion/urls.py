"""Addresses of the pages of promotions."""

from __future__ import annotations

from django.urls import path

from xueji.web.promotion import views

urlpatterns = [
    path("promotions/", views.promotions, name="promotions"),
    path("promotions/<uuid:campaign_id>/", views.promotion, name="promotion"),
    path("promotions/<uuid:campaign_id>/progress", views.progress, name="promotion-progress"),
    path("promotions/<uuid:campaign_id>/schools", views.settle, name="promotion-settle"),
    path("promotions/<uuid:campaign_id>/start", views.start, name="promotion-start"),
    path("promotions/<uuid:campaign_id>/undo", views.undo, name="promotion-undo"),
]

"""The addresses of the pages."""

from __future__ import annotations

from django.urls import include, path
from django.views.i18n import set_language

from xueji.web import api, invitations, views

urlpatterns = [
    path("", include("xueji.web.security.urls")),
    path("invitation/<str:token>", invitations.invitation, name="invitation"),
    path("watermark.svg", views.watermark, name="watermark"),
    path("language", set_language, name="set-language"),
    path("theme", views.choose_theme, name="choose-theme"),
    path("appointment", views.switch_appointment, name="switch-appointment"),
    path("api/v1/", api.urls),
    path("", include("xueji.web.rosters.urls")),
    path("", include("xueji.web.admissions.urls")),
    path("", include("xueji.web.problems.urls")),
    path("", include("xueji.web.graduations.urls")),
    path("", include("xueji.web.reorganisations.urls")),
    path("", include("xueji.web.pupils.urls")),
    path("", include("xueji.web.status.urls")),
    path("", include("xueji.web.schools.urls")),
    path("", include("xueji.web.classes.urls")),
    path("", include("xueji.web.organisations.urls")),
    path("", include("xueji.web.packs.urls")),
    path("", include("xueji.web.promotion.urls")),
    path("", include("xueji.web.overdue.urls")),
    path("", include("xueji.web.absent.urls")),
    path("", include("xueji.web.disclosures.urls")),
    path("", include("xueji.web.accounts.urls")),
    path("", include("xueji.web.trust.urls")),
]

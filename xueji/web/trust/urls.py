"""Addresses of the pages of trust."""

from __future__ import annotations

from django.urls import path

from xueji.web.trust import emergency, misses, permissions

urlpatterns = [
    path("permissions/", permissions.permissions, name="permissions"),
    path("look-ups/", misses.look_ups, name="look-ups"),
    path("look-ups/<slug:way>/<slug:counted>/<serial:subject>/", misses.lift, name="look-up-lift"),
    path("alarms/", misses.alarm_list, name="alarms"),
    path("alarms/<serial:alarm_id>/", misses.settle, name="alarm-settle"),
    path("emergency/", emergency.emergencies, name="emergencies"),
    path("emergency/new", emergency.new, name="emergency-new"),
    path("emergency/<uuid:access_id>/", emergency.emergency, name="emergency"),
    path("emergency/<uuid:access_id>/pupil/", emergency.pupil, name="emergency-pupil"),
    path("canaries/", misses.canaries, name="canaries"),
    path("canaries/<serial:canary_id>/retire", misses.retire, name="canary-retire"),
]

"""The app of the pages."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "xueji.web"
    label = "web"

"""The app that carries the command line's own commands and the start-up checks."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "xueji.config"
    label = "config"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from xueji.config import checks  # noqa: F401 - registers the checks

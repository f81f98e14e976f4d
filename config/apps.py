"""The application's name for Django: its commands start servers, and it brings the Celery app along."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """Wiring."""

    name = "config"

    def ready(self) -> None:
        """Let tasks and hints find their broker, in every process."""
        from config import celery  # noqa: F401, PLC0415  (its settings are read when everything is loaded)

"""The application's name for Django."""

from django.apps import AppConfig


class GovernanceConfig(AppConfig):
    """What we know."""

    name = "governance"
    default_auto_field = "django.db.models.BigAutoField"

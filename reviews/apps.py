"""The application's name for Django."""

from django.apps import AppConfig


class ReviewsConfig(AppConfig):
    """What we ask, decide, do and attest."""

    name = "reviews"
    default_auto_field = "django.db.models.BigAutoField"

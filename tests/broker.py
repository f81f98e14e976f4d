"""This process's own part of Redis, in which messages wait for workers."""

from config.celery import app


def empty() -> None:
    """Lose every key."""
    with app.connection_for_write() as broker:
        broker.default_channel.client.flushdb()  # type: ignore[attr-defined]  # Redis' has one

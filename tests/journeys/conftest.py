"""The fixtures of journeys."""

from tests.journeys.fixtures import airline, make_world, sealing, world

__all__ = ["airline", "make_world", "sealing", "world"]

"""The fixtures of journeys."""

from tests.journeys.fixtures import airline, make_world, sealing, target, world

__all__ = ["airline", "make_world", "sealing", "target", "world"]

"""Risk in words: four bands over a score of 0 to 100, and combinations (docs/reference/risk.md)."""

from django.db import models


class Band(models.TextChoices):
    """What a person reads; policy's windows hang on it. The order here is from least to most."""

    LOW = "low", "Low"
    MEDIUM = "medium", "Medium"
    HIGH = "high", "High"
    CRITICAL = "critical", "Critical"

    @classmethod
    def of(cls, score: int) -> "Band":
        """The band of a score of 0 to 100."""
        return next(band for floor, band in FLOORS if score >= floor)

    @property
    def rank(self) -> int:
        """0 for low to 3 for critical."""
        return list(Band).index(self)


FLOORS: list[tuple[int, Band]] = [(80, Band.CRITICAL), (60, Band.HIGH), (40, Band.MEDIUM), (0, Band.LOW)]


class Combination(models.TextChoices):
    """What an agent's grants add up to that none of them is by itself (docs/reference/risk.md)."""

    LETHAL_TRIFECTA = "lethal_trifecta", "Lethal trifecta"
    RULE_OF_TWO = "rule_of_two", "Rule of two"
    TAINTED_ACT = "tainted_act", "Outsiders' words, and code or money"
    TAINTED_ESCALATION = "tainted_escalation", "Outsiders' words, and wider access"
    DUTIES = "duties", "Both halves of two people's work"
    TAINTED_CHANGE = "tainted_change", "Outsiders' words, and a way to act"

"""Filters beside the lists of agents, grants and acts: where the numbers of governance's queue lead."""

from typing import Any

from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest

from governance import access, clock
from governance.admin.viewing import viewer
from governance.models import Account, Agent, Grant
from reviews.models.remediation import State

DIGITS = 19  # of a key


class Stands(SimpleListFilter):
    """Grants that are held now, and whether a person's decision about them is in force."""

    title = "standing"
    parameter_name = "stands"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> list[tuple[str, str]]:
        """What can be asked for."""
        return [("held", "Held now"), ("certified", "Validly certified"), ("not_certified", "Held, not certified")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Those that stand so."""
        certified = Grant.objects.certified(clock.now()).values("pk")
        match self.value():
            case "held":
                return queryset.filter(pk__in=Grant.objects.held().values("pk"))
            case "certified":
                return queryset.filter(pk__in=certified)
            case "not_certified":
                return queryset.filter(pk__in=Grant.objects.held().values("pk")).exclude(pk__in=certified)
            case _:
                return queryset


class HeldBy(SimpleListFilter):
    """Grants of one account, where an address names it: nobody chooses among thousands."""

    title = "holder"
    parameter_name = "holder"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> list[tuple[str, str]]:
        """The one that is asked for; by name if the viewer sees it."""
        given = request.GET.get(self.parameter_name, "")
        if not (given.isascii() and given.isdecimal() and len(given) < DIGITS):
            return []
        seen = access.visible(Account.objects.filter(pk=int(given)).select_related("system"), to=viewer(request))
        return [(given, next(map(str, seen), "one account"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Those that it holds."""
        return queryset.filter(account=self.value()) if self.value() else queryset


class Answered(SimpleListFilter):
    """Agents that nobody answers for."""

    title = "who answers"
    parameter_name = "answered"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> list[tuple[str, str]]:
        """What can be asked for."""
        return [("nobody", "Nobody who can act")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Those of them."""
        if self.value() == "nobody":
            return queryset.filter(pk__in=Agent.objects.unanswered(clock.now()).values("pk"))
        return queryset


class Held(SimpleListFilter):
    """Acts that wait in a hold."""

    title = "the brake"
    parameter_name = "held"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> list[tuple[str, str]]:
        """What can be asked for."""
        return [("yes", "Held by the brake")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Those of them."""
        return queryset.filter(state=State.PLANNED, hold__isnull=False) if self.value() == "yes" else queryset

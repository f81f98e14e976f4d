"""
Systems: how fresh we know each, what its credential may do there, and how far a read has come.

The configuration that is shown holds no secret; secrets have no page.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from connectors import catalog
from connectors.errors import ConfigInvalid
from governance import access, clock, probing, syncing
from governance.admin import connecting
from governance.admin.page import Page, Table
from governance.admin.site import site
from governance.admin.viewing import viewer
from governance.errors import Refusal
from governance.models import Grant, Person, Probe, SyncRun, System
from governance.syncing.staging import STREAMS

SHOWN_RUNS = 10
STREAM_NAMES = dict(zip(STREAMS, ("Accounts", "Entitlements", "Grants"), strict=True))
MORE_STREAMS = {"credentials": "Credentials"}  # of connectors that list them
# what a capability lets us do, as a verb
MAY = {
    "principals": "list accounts",
    "entitlements": "list",
    "grants": "list who holds it",
    "credentials": "list credentials",
    "usage": "see last use",
    "incremental": "read what changed",
    "revoke": "revoke",
    "replace": "narrow",
    "verify_effective": "say by which path",
    "restore": "give back",
    "dry_run": "try without doing",
    "forecast": "work out what is left",
    "cas": "write only what has not changed",
    "disable_principal": "shut out",
    "disable_credential": "disable and remove credentials",
    "rotate_credential": "renew credentials",
    "kill_sessions": "end sessions",
}
# a probe's trouble begins with one of these
WHAT_TO_DO = {
    "AuthFailed": "The system refuses the credential. Change the system and give another one.",
    "NotPermitted": "A right is missing. Grant it in the system, then check again.",
    "NotFound": "The system has no such thing. Correct the configuration, then check again.",
    "ConfigInvalid": "The configuration is wrong. Change the system.",
    "Invalid": "The secret is not to be had. Change the system, or ask who operates Countersign.",
    "Incomplete": "Less was shown than must be there. Grant what is missing, then check again.",
    "Transient": "It does not answer. Look whether it runs and can be reached from here, then check again.",
}


@dataclass(frozen=True, slots=True)
class Credential:
    """What the newest probe showed, for the page."""

    probe: Probe

    @property
    def trouble(self) -> str:
        """What the system, or the connector, said."""
        return self.probe.trouble.partition(": ")[2] or self.probe.trouble

    @property
    def what_to_do(self) -> str:
        """What cures it."""
        return WHAT_TO_DO.get(self.probe.trouble.partition(":")[0], "")

    def rows(self) -> list[tuple[str, str, str]]:
        """By types that are alike: what it may do, and what it may not that could be done."""
        alike: dict[tuple[str, str], list[str]] = {}
        for kind, could in catalog.spec_of(self.probe.system.kind).caps.items():
            may = self.probe.capabilities.get(kind, [])
            alike.setdefault((told(may), told(could - set(may))), []).append(kind.replace("_", " "))
        return [(", ".join(kinds), may, missing) for (may, missing), kinds in alike.items()]


def told(caps: Iterable[str]) -> str:
    """Capabilities in words, in the order of the list above."""
    given = set(caps)
    return ", ".join(word for cap, word in MAY.items() if cap in given)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a read has come, stream by stream."""

    run: SyncRun

    def rows(self) -> list[tuple[str, str, str, str]]:
        """Each stream: its name, pages, rows, and whether it was read to its end."""
        found = []
        more = {name: label for name, label in MORE_STREAMS.items() if name in self.run.streams}
        for name, label in (STREAM_NAMES | more).items():
            each = self.run.streams.get(name, {})
            state = "read" if each.get("complete") else ("reading" if each else "next")
            found.append((label, f"{each.get('pages', 0):,}", f"{each.get('rows', 0):,}", state))
        return found


@admin.register(System, site=site)
class SystemPage(Page):
    """Systems."""

    lead = "The connected places where agents hold entitlements, and when each was last read."
    empty = "No system that you may see is connected yet."
    list_before_template = "admin/system_list.html"
    record_template = "admin/system.html"
    list_display = ("name", "kind", "owner", "unit", "synced_at", "next_at", "trouble")
    list_select_related = ("owner", "unit")
    facts = ("kind", "owner", "unit", "enforced_by", "active", "first_synced_at", "config")

    def get_urls(self) -> list[URLPattern]:
        """A list and a record, and the forms by which a system is connected, changed, tried and read."""
        return [
            path("connect/", self.guarded(require_safe(connecting.kinds)), name="governance_system_connect"),
            path("connect/<str:kind>/", self.guarded(connecting.connect), name="governance_system_connect_kind"),
            path("<int:key>/edit/", self.guarded(self.edit), name="governance_system_edit"),
            path("<int:key>/probe/", self.guarded(require_POST(self.probe)), name="governance_system_probe"),
            path("<int:key>/read/", self.guarded(require_POST(self.read)), name="governance_system_read"),
            *super().get_urls(),
        ]

    def guarded(self, view: Callable[..., Any]) -> Callable[..., Any]:
        """For people who may open the admin."""
        inside: Callable[..., Any] = self.admin_site.admin_view(view)
        return inside

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list, with the way to connect another one for who may."""
        may_connect = access.governed_by(viewer(request)).exists()
        answer: HttpResponse = super().changelist_view(request, {**(extra_context or {}), "may_connect": may_connect})
        return answer

    def record(self, request: HttpRequest, key: int) -> HttpResponse:
        """One system, and what can be done with it by this person."""
        response = super().record(request, key)
        if isinstance(response, TemplateResponse) and response.context_data is not None:
            response.context_data |= standing(response.context_data["original"], viewer(request))
        return response

    def words(self, row: System, person: Person) -> str:
        """How much is held there, and how fresh we know it."""
        held = access.visible(Grant.objects.of_system(row.pk).open(), to=person).count()
        accounts = access.visible(row.accounts.filter(seen="present"), to=person).count()
        if row.synced_at is None:
            return f"{row.name} has not been read completely yet."
        hold = "holds" if accounts == 1 else "hold"
        return f"{row.name}: {counted(accounts, 'account')} {hold} {counted(held, 'grant')} directly."

    def tables(self, row: System, person: Person) -> Iterable[Table]:
        """The last reads."""
        runs = access.visible(row.sync_runs.order_by("-pk"), to=person)[:SHOWN_RUNS]
        yield Table(
            "Last reads",
            ("Read", "State", "Started", "Ended", "Trouble"),
            [(run, run.get_state_display(), run.started_at, run.ended_at, run.trouble) for run in runs],
            empty="It has not been read yet.",
        )

    def seen(self, request: HttpRequest, key: int) -> System:
        """A system that the viewer may see; Http404 for any other."""
        system: System = get_object_or_404(self.get_queryset(request).select_related("unit", "owner"), pk=key)
        return system

    def edit(self, request: HttpRequest, key: int) -> HttpResponse:
        """Change what is known of it."""
        return sensitive_post_parameters()(require_http_methods(["GET", "HEAD", "POST"])(connecting.change))(
            request, self.seen(request, key)
        )

    def probe(self, request: HttpRequest, key: int) -> HttpResponse:
        """Have its credential tried."""
        system = self.seen(request, key)
        return self.asked(request, system, lambda by: probing.ask(system=system, by=by, at=clock.now()))

    def read(self, request: HttpRequest, key: int) -> HttpResponse:
        """Have it read."""
        system = self.seen(request, key)
        return self.asked(request, system, lambda by: syncing.ask(system=system, by=by))

    def asked(self, request: HttpRequest, system: System, verb: Callable[[Person], object]) -> HttpResponse:
        """Call a verb; go back to the system's page, which shows what becomes of it."""
        try:
            verb(viewer(request))
        except Refusal as refusal:
            messages.error(request, str(refusal))
        return HttpResponseRedirect(reverse("admin:governance_system_change", args=[system.pk]))


def standing(system: System, person: Person) -> dict[str, Any]:
    """What the system's own template shows beside its facts."""
    now = clock.now()
    run = system.sync_runs.order_by("-pk").first()
    reading = run is not None and run.state == SyncRun.State.READING
    probe = system.probes.order_by("-pk").select_related("system", "asked_by").first()
    ended = probe if probe is None or probe.ended_at else system.probes.exclude(ended_at=None).order_by("-pk").first()
    # a first read may have begun, or ended, since the system was looked at
    first = system.active and system.synced_at is None and (run is None or run.state == SyncRun.State.COMPLETE)
    return {
        "progress": Progress(run) if run and reading else None,
        "credential": Credential(ended) if ended else None,
        "probing": probe if probe and not probe.ended_at else None,
        "waiting": reading or first or bool(probe and not probe.ended_at),
        "late": System.objects.stale(now).filter(pk=system.pk).first(),
        "spec": spec_of(system),
        "may_change": access.may_govern(person, system.unit),
        "may_steer": access.may_steer(person, system),
    }


def spec_of(system: System) -> Any:
    """What its connector needs; None where this installation has no such connector."""
    try:
        return catalog.spec_of(system.kind)
    except ConfigInvalid:
        return None


def counted(number: int, noun: str) -> str:
    """A number and its noun."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"

"""
Set an installation up: organisation, first policy, first administrator, and the keys that its environment needs.

Asks at a terminal for what is missing, takes options otherwise. Safe to run twice: what is there stays, and is said.
"""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from getpass import getpass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import ProgrammingError, connection, transaction
from django.db.models import Model

from config.environment import KEY_FILE, ORIGIN, SECRET_KEY, VKEY, Environment, lines_of, named_origin
from governance import clock, registering, vetting
from governance.errors import Invalid
from governance.ledger import Actor
from governance.models import Organisation, Person, Policy
from reviews.web.welcoming import link_for

ACTOR = Actor.operator("setup")
LEDGER_KEY = "ledger.key"
DAY = 86400


def name_of(model: type[Model], text: str) -> None:
    """Raise Invalid for what is no name."""
    if not text:
        raise Invalid("it may not be empty")
    vetting.fitting(model, name=text)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked at a terminal, what an answer must be, and what is meant where nobody says anything."""

    words: str
    check: Callable[[str], object]
    usual: str = ""


QUESTIONS = {
    "organisation": Question("The organisation's name", partial(name_of, Organisation)),
    "zone": Question("Its time zone", registering.zone, "UTC"),
    "days": Question("Its working days", registering.days_called, "mon-fri"),
    "admin": Question("The administrator's e-mail address", registering.address),
    "admin_name": Question("The administrator's name", partial(name_of, Person)),
    "origin": Question("The ledger's name, for ever, such as access.example.org/ledger", named_origin),
}


class Command(BaseCommand):
    """What the database holds is made in one transaction; keys are made only where they are missing."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Say what can be given; at a terminal the rest is asked."""
        parser.add_argument("--organisation", metavar="NAME", help="its name for people")
        parser.add_argument("--zone", help="in which its days begin, such as Europe/Copenhagen (at first: UTC)")
        parser.add_argument("--days", help="its working days, such as mon-fri or sun,mon,tue (at first: mon-fri)")
        parser.add_argument("--admin", metavar="EMAIL", help="an administrator, who governs the whole of it")
        parser.add_argument("--admin-name", metavar="NAME", help="their name, where we don't know them yet")
        parser.add_argument(
            "--unit", metavar="NAME", help="the unit that they govern (at first: the organisation's name)"
        )
        parser.add_argument("--origin", help="the ledger's name, yours and for ever, such as access.example.org/ledger")
        parser.add_argument("--env", type=Path, metavar="FILE", help="keep the keys here, readable by you alone")
        parser.add_argument("--ledger-key", type=Path, metavar="FILE", help=f"(at first: {LEDGER_KEY} beside --env)")

    def handle(self, **options: Any) -> None:
        """Set up. Whatever is refused is said, with the option that cures it."""
        self.options = options
        self.asks = sys.stdin.isatty()
        try:
            self.set_up()
        except Invalid as refusal:
            raise CommandError(f"Not set up: {refusal}") from refusal
        except (EOFError, KeyboardInterrupt) as end:
            raise CommandError("Stopped. Run it again to go on.") from end
        except ProgrammingError as error:
            raise CommandError("The database has no tables yet: manage.py migrate, with the owner's log-in.") from error

    def set_up(self) -> None:
        """Ask for all of it first; then do it, one after another where several do, and say what is there."""
        self.answers(self.known(Environment.read(self.options["env"])))
        with transaction.atomic():
            wait_for_others()
            environment = Environment.read(self.options["env"])
            wanted = self.answers(self.known(environment))
            said = [settle_organisation(wanted), settle_policy()]
            person, sentence = settle_administrator(wanted, self.options["unit"])
            self.make_keys(environment, wanted["origin"])
        self.stdout.write("\n".join([*said, sentence, *kept(environment)]))
        if not person.has_usable_password():
            self.welcome(person, environment)

    def make_keys(self, environment: Environment, origin: str) -> None:
        """Make the keys that are missing, and keep them. Raises Invalid, and has made none then."""
        path = Path(self.options["ledger_key"] or environment.get(KEY_FILE) or self.beside())
        environment.make_keys()
        new = environment.make_ledger_key(origin=origin, path=path)
        try:
            environment.keep()
        except Invalid:
            if new:
                path.unlink()
            raise

    def known(self, environment: Environment) -> dict[str, str]:
        """What is there already, by the question that needs not be asked."""
        row, there = Organisation.objects.first(), registering.administrators().first()
        given = self.options["admin"] or ""
        admin = Person.objects.called(given) if given else there
        return {
            "organisation": row.name if row else "",
            "zone": row.time_zone if row else "",
            "days": registering.days_in_words(row.working_days) if row else "",
            "admin": admin.email if admin else "",
            "admin_name": admin.name if admin else "",
            "origin": environment.get(ORIGIN),
        }

    def answers(self, there: dict[str, str]) -> dict[str, str]:
        """An answer to every question: the option's, else what is there, else what is said. Raises Invalid."""
        given = {name: (self.options[name] or there[name]).strip() for name in QUESTIONS}
        if not self.asks:
            given = {name: text or QUESTIONS[name].usual for name, text in given.items()}
            if missing := [f"--{name.replace('_', '-')}" for name, text in given.items() if not text]:
                raise Invalid(f"{', '.join(missing)} must be given where nobody can be asked.")
        return {name: self.checked(name, text) if text else self.asked(name) for name, text in given.items()}

    def checked(self, name: str, text: str) -> str:
        """What was given. Raises Invalid naming the option."""
        try:
            QUESTIONS[name].check(text)
        except Invalid as refusal:
            raise Invalid(f"--{name.replace('_', '-')}: {refusal}") from refusal
        return text

    def asked(self, name: str) -> str:
        """What is said at the terminal; asked again until it can be, and then never more."""
        question = QUESTIONS[name]
        while True:
            suggested = f" [{question.usual}]" if question.usual else ""
            text = input(f"{question.words}{suggested}: ").strip() or question.usual
            try:
                question.check(text)
            except Invalid as refusal:
                self.stdout.write(f"  {refusal}")
            else:
                self.options[name] = text
                return text

    def beside(self) -> Path:
        """Where the ledger's key is made unless something is said."""
        return (self.options["env"].parent if self.options["env"] else Path()) / LEDGER_KEY

    def welcome(self, person: Person, environment: Environment) -> None:
        """Let somebody without a password set one: at the terminal, else by a link that works once."""
        while self.asks and (word := getpass("A password for them (empty: a link by which they set it): ")):
            if trouble := set_password(person, word):
                self.stdout.write(f"  {trouble}")
                continue
            self.stdout.write(f"They can log in at {settings.BASE_URL}/ with it.")
            return
        link = link_for(person, secret=environment.get(SECRET_KEY))
        days = settings.PASSWORD_RESET_TIMEOUT // DAY
        self.stdout.write(f"They set their password here, once, within {days} days:\n{settings.BASE_URL}{link}")


def set_password(person: Person, word: str) -> str:
    """Set it when it was typed twice; return why not, or nothing."""
    if getpass("Once more: ") != word:
        return "These two are not the same."
    try:
        registering.set_password(person=person, password=word, actor=ACTOR)
    except Invalid as refusal:
        return str(refusal)
    return ""


def wait_for_others() -> None:
    """Let whoever else sets this installation up come to an end first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('countersign setup'))")


def settle_organisation(wanted: dict[str, str]) -> str:
    """Make the organisation what it is to be."""
    stated = {"name": wanted["organisation"], "time_zone": wanted["zone"]}
    days = registering.days_called(wanted["days"])
    there = Organisation.objects.filter(**stated, working_days=days).exists()
    registering.set_organisation(**stated, working_days=days, actor=ACTOR)
    return f"{wanted['organisation']}, in {wanted['zone']}, works {wanted['days']}{already(there)}."


def settle_policy() -> str:
    """Put the defaults in force where nothing is."""
    at = clock.now()
    there = Policy.objects.filter(in_force_from__lte=at).exists()
    policy = Policy.objects.in_force(at) if there else registering.set_policy(parameters={}, at=at, actor=ACTOR)
    return f"Policy {policy.number} is in force{already(there)}."


def settle_administrator(wanted: dict[str, str], unit: str | None) -> tuple[Person, str]:
    """Make the administrator; one who is there already stays as they are."""
    there = registering.administrators().filter(email__iexact=wanted["admin"]).first()
    if there is not None and not unit:
        return there, f"{there} may open the admin: there already."
    governed = registering.uppermost(named=unit or "", usual=wanted["organisation"], actor=ACTOR)
    person = registering.make_administrator(
        email=wanted["admin"], name=wanted["admin_name"], unit=governed, time_zone=wanted["zone"], actor=ACTOR
    )
    return person, f"{person} may open the admin, and governs {governed} and all below it."


def kept(environment: Environment) -> Iterator[str]:
    """Say which keys are there, and what to do with those that were made."""
    if not environment.made:
        yield "The keys are there already."
    elif environment.file:
        yield f"Made, and written into {environment.file} for you alone to read: {', '.join(environment.made)}."
    else:
        yield "Put these into the environment of every process. They are shown this once and kept nowhere:"
        yield from lines_of(environment.made)
    if VKEY in environment.made:
        yield f"The sequencer alone may read {environment.get(KEY_FILE)}. Publish the key that auditors pin:"
        yield environment.made[VKEY]


def already(there: bool) -> str:
    """The end of a sentence about what was there."""
    return ": there already" if there else ""

"""The page, the text and the object, of a system whose names try to be something else, and that has no adviser."""

import json
import re
from html.parser import HTMLParser

import pytest

from connectors.advising import Address
from connectors.base import Entitlement, HolderKind, Ref
from governance.scanning import Order, scan
from governance.scanning.page import OF_A_KIND, page
from governance.scanning.plain import plain
from governance.scanning.reaching import THINGS
from governance.scanning.rows import FIRST, cards
from governance.scanning.terminal import WIDTH, text
from governance.vetting import seen
from tests.connectors.fake import FakeSystem, function, grant, principal
from tests.governance.scanning.estate import LINES, LONG, MARKUP, QUOTES, TURNED

NAMES = (MARKUP, TURNED, LINES, QUOTES, LONG, "bell\a\x1b[2J", "half\ud800")
ADDRESS = Address("fake", {}, "air & sea", "fake://air")


@pytest.fixture
def hostile():
    """Everyone holds a function, and a log-in holds one, for each of the names."""
    system = FakeSystem(page_rows=100)
    everyone = principal("PUBLIC", HolderKind.EVERYONE)
    system.principals = [everyone, *(principal(name) for name in NAMES)]
    system.entitlements = [function(name) for name in NAMES]
    for who, what in zip(system.principals[1:], system.entitlements, strict=True):
        system.grants += [grant(everyone, what), grant(who, what, native={"grantable": True, "grantor": who.name})]
    return scan(Order(ADDRESS), system)


class Elements(HTMLParser):
    """What a browser would make of it: elements with their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs) -> None:
        self.found.append((tag, dict(attrs)))


def test_no_name_becomes_an_element(hostile):
    found = Elements(page(hostile)).found
    assert [tag for tag, _ in found].count("script") == 1
    assert [tag for tag, _ in found].count("style") == 1
    assert not [attrs for _, attrs in found if any(name.startswith("on") or name == "style" for name in attrs)]


def test_nothing_is_fetched_from_anywhere(hostile):
    found = Elements(page(hostile)).found
    assert not {"link", "img", "iframe", "object", "embed", "base"} & {tag for tag, _ in found}
    assert not [attrs for _, attrs in found if "src" in attrs]
    assert {attrs["href"][0] for _, attrs in found if "href" in attrs} == {"#"}
    (policy,) = [attrs["content"] for _, attrs in found if attrs.get("http-equiv") == "Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy


def test_no_sign_that_hides_or_turns_comes_through(hostile):
    for made in (page(hostile), text(hostile)):
        assert made == seen(made)
        assert "evil\\u202egnp.exe" in made
        assert "\x1b" not in made


def test_the_text_fits_a_terminal(hostile):
    assert max(map(len, text(hostile).splitlines())) <= WIDTH


def test_the_object_has_the_names_as_they_are(hostile):
    told = plain(hostile)
    assert told.isascii()
    assert {row["holder"] for row in json.loads(told)["rows"]} >= {TURNED, LINES, QUOTES, MARKUP}


def test_without_an_adviser_no_fix_is_made_up(hostile):
    assert {row.remedy for row in hostile.rows} == {None}
    assert "No statement is known for it." in page(hostile)


def test_all_is_listed_or_it_is_said_what_is_not(hostile):
    assert page(hostile).count("<tr data-r=") == 2 * len(NAMES)
    few = page(hostile, most=5)
    assert few.count("<tr data-r=") == 5
    assert f"The 5 riskiest are listed; the other {2 * len(NAMES) - 5} can be listed with --rows." in few


@pytest.fixture(scope="module")
def many():
    """Everyone holds more than is written out; and a bot reaches a role with more than is listed, over another."""
    everyone, bot, boss = principal("PUBLIC", HolderKind.EVERYONE), principal("bot"), principal("boss")
    team, tools = principal("team", HolderKind.ROLE), principal("tools", HolderKind.ROLE)
    system = FakeSystem([everyone, bot, boss, team, tools], page_rows=1000)
    functions = [function(f"f{number}") for number in range(OF_A_KIND + 20)]
    in_team, in_tools = (
        Entitlement(Ref("membership", each.name), f"member of {each.name}", each.name, confers=each.ref)
        for each in (team, tools)
    )
    system.entitlements = [*functions, in_team, in_tools]
    system.grants = [grant(everyone, each) for each in functions]
    system.grants += [grant(tools, each) for each in functions[: THINGS + 5]]
    system.grants += [grant(bot, in_team), grant(team, in_tools, native={"inherit": False})]
    return scan(Order(ADDRESS), system)


def words(html: str) -> str:
    """Return what a person reads, on one line."""
    return " ".join(re.sub("<[^>]+>", " ", html).split())


class TestAllOfIt:
    """What is not among the first stands below, folded; and what is cut is counted."""

    def test_every_finding_is_there(self, hostile):
        (others,) = re.findall(r'<section id="others">.*?</section>', page(hostile), re.DOTALL)
        left = len(hostile.rows) - len(hostile.cards[:FIRST])
        assert others.count("<h3>") == left
        assert words(others).startswith(f"The other {left} ")

    def test_of_one_kind_so_many_are_written_out(self, many):
        (others,) = re.findall(r'<section id="others">.*?</section>', page(many), re.DOTALL)
        assert "And 19 more, which the output of --json has." in words(others)
        assert others.count("Anyone who can sign in holds ") == OF_A_KIND

    def test_what_roles_add_is_listed_with_the_way(self, many):
        (reach,) = re.findall(r'<section id="reach">.*?</section>', page(many), re.DOTALL)
        assert f"bot {THINGS + 5} things over 2 roles bot log-in team role tools only by becoming it" in words(reach)
        assert reach.count("Medium") == THINGS
        assert "and 5 more, in the table below" in words(reach)
        assert "boss" not in reach, "it has no roles"


def test_what_is_alike_shares_a_card(hostile):
    of_everyone = [each for each in hostile.cards if each.row.check == "granted_to_everyone"]
    assert [each.others for each in of_everyone] == [len(NAMES) - 1]
    assert len(cards(hostile.rows)) < len(hostile.rows)


def test_a_system_that_shows_less_than_all_is_said_to():
    system = FakeSystem(principals=[principal("agent")], truncated={"grants"})
    found = scan(Order(ADDRESS), system)
    assert not json.loads(plain(found))["coverage"]["complete"]
    made = " ".join(re.sub("<[^>]+>", " ", page(found)).split())
    assert "It did not show all of: who holds it" in made
    assert "Not everything that reader may read" in made
    assert made.index("Part of the system") < made.index("Nothing remarkable")


def test_an_empty_system_says_so():
    found = scan(Order(ADDRESS), FakeSystem())
    assert "Nothing remarkable" in page(found)
    assert "NOTHING REMARKABLE" in text(found)

"""The decisions are numbered, whole and listed; every link in the documentation leads to a file."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

ROOT = Path(__file__).resolve().parents[2]
ADR = ROOT / "docs" / "adr"
PAGES = sorted(ADR.glob("[0-9]*.md"))
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])

FILE_NAME = re.compile(r"(?P<number>\d{4})-[a-z0-9]+(-[a-z0-9]+)*\.md")
TITLE = re.compile(r"# (?P<number>[1-9]\d*)\. (?P<title>\S.*)")
STATUS = re.compile(r"Status: (?P<status>proposed|accepted|replaced by [1-9]\d*), \d{4}-\d{2}-\d{2}")
INDEX_ROW = re.compile(r"\| (?P<number>\d+) \| \[(?P<title>.+)\]\((?P<file>[^)]+)\) \| (?P<status>[^|]+) \|")
SECTIONS = ["Context", "Decision", "Consequences"]

CODE = re.compile(r"^(?P<fence>```+|~~~+).*?^(?P=fence)|`[^`\n]+`", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(<?(?P<inline>[^)\s>]+)[^)]*\)|^\[[^\]]+\]:\s*(?P<reference>\S+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Entry:
    """What the index says about one decision."""

    number: int
    title: str
    file: str
    status: str


def index() -> list[Entry]:
    text = (ADR / "README.md").read_text(encoding="utf-8")
    return [Entry(int(row["number"]), row["title"], row["file"], row["status"]) for row in INDEX_ROW.finditer(text)]


def described(page: Path) -> Entry:
    """What the page itself says, in the form of the index."""
    title, _, status = page.read_text(encoding="utf-8").splitlines()[:3]
    head, state = TITLE.fullmatch(title), STATUS.fullmatch(status)
    assert head, f"{page.name}: the first line is not '# N. Title' but {title!r}"
    assert state, f"{page.name}: the third line is not 'Status: …, YYYY-MM-DD' but {status!r}"
    return Entry(int(head["number"]), head["title"], page.name, state["status"])


def sections(page: Path) -> dict[str, str]:
    """Heading of the second level to the text below it, in the order of the page."""
    _, *parts = re.split(r"^## ", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {heading: body.strip() for heading, _, body in (part.partition("\n") for part in parts)}


def links(document: Path) -> Iterator[str]:
    """Targets of links and images, but for what stands in code."""
    text = CODE.sub("", document.read_text(encoding="utf-8"))
    return (found["inline"] or found["reference"] for found in LINK.finditer(text))


def leads_nowhere(target: str, *, start: Path) -> bool:
    """Whether a relative target names no file. Addresses and places in the same page pass."""
    parts = urlsplit(target)
    if parts.scheme or parts.netloc or not parts.path:
        return False
    if parts.path.startswith("/"):
        return True
    return not (start.parent / unquote(parts.path)).is_file()


def test_there_are_decisions_and_all_are_named_by_number() -> None:
    assert PAGES
    strangers = {path.name for path in ADR.iterdir()} - {page.name for page in PAGES}
    assert strangers == {"README.md"}
    assert [page.name for page in PAGES if not FILE_NAME.fullmatch(page.name)] == []


def test_they_are_numbered_without_gaps() -> None:
    numbers = [int(page.name[:4]) for page in PAGES]
    assert numbers == list(range(1, len(PAGES) + 1))


def test_the_index_says_of_each_what_the_page_says() -> None:
    assert index() == [described(page) for page in PAGES]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_title_carries_the_number_of_the_file(page: Path) -> None:
    assert described(page).number == int(page.name[:4])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_it_has_its_three_sections_and_none_is_empty(page: Path) -> None:
    found = sections(page)
    assert list(found) == SECTIONS
    assert [heading for heading, body in found.items() if not body] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_it_fits_a_page(page: Path) -> None:
    assert len(page.read_text(encoding="utf-8").splitlines()) <= 60


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_relative_link_leads_to_a_file(document: Path) -> None:
    broken = [target for target in links(document) if leads_nowhere(target, start=document)]
    assert broken == []


def test_a_link_to_a_missing_file_is_noticed(tmp_path: Path) -> None:
    document = tmp_path / "page.md"
    document.write_text(
        "[there](page.md#top) [gone](gone.md) ![picture](a/b.png) [out](https://example.org/x)\n"
        "[here](#here) `[code](code.md)`\n```\n[fenced](fenced.md)\n```\n[ref]: lost.md\n",
        encoding="utf-8",
    )
    broken = [target for target in links(document) if leads_nowhere(target, start=document)]
    assert broken == ["gone.md", "a/b.png", "lost.md"]

"""Reads pages as a person does: text, links by their words, forms by their fields."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from django.test import Client

EMPTY = {"meta", "link", "input", "br", "hr", "use", "path", "circle", "ellipse"}


class Page(HTMLParser):
    """One page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.links: dict[str, str] = {}
        self.fields: dict[str, str] = {}
        self.words: list[str] = []
        self.open: list[tuple[str, dict[str, str | None], list[str]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in {"input", "textarea", "select"} and given.get("type") != "radio" and given.get("name"):
            self.fields[str(given["name"])] = given.get("value") or ""
        if tag not in EMPTY:
            self.open.append((tag, given, []))

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        for _, _, words in self.open:
            words.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag in EMPTY:
            return
        name, given, words = self.open.pop()
        assert name == tag, f"</{tag}> closes <{name}>"
        if tag == "a":
            self.links[squeezed("".join(words))] = str(given.get("href"))

    @property
    def text(self) -> str:
        return squeezed("".join(self.words))


@dataclass
class Reader:
    """Somebody's browser."""

    client: Client = field(default_factory=Client)

    def get(self, address: str) -> Page:
        return self.page(self.client.get(address, follow=True))

    def follow(self, address: str, words: str) -> tuple[str, Page]:
        """Open a page, and press the link with these words on it."""
        there = self.get(address).links[words]
        return there, self.get(there)

    def send(self, address: str, **given: Any) -> Page:
        """Send a page's form, and read where it leads."""
        return self.page(self.client.post(address, given, follow=True))

    def page(self, response: Any) -> Page:
        assert response.status_code == 200, (response.status_code, response.content.decode()[:500])
        return Page(response.content.decode())


def squeezed(text: str) -> str:
    return " ".join(text.split())

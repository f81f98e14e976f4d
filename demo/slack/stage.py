"""Views: for each person a stack of up to three modals, and one App Home."""

import secrets
import threading
from dataclasses import dataclass, field, replace
from typing import Any

from demo.slack.blocks import completed
from demo.slack.records import View

Json = dict[str, Any]
STACK = 3


class ViewRefused(Exception):
    """The view cannot be shown; the argument is Slack's word for it."""


@dataclass(slots=True, kw_only=True)
class Stage:
    """What is open on people's screens. Safe between threads."""

    views: dict[str, View] = field(default_factory=dict)
    stacks: dict[str, list[str]] = field(default_factory=dict)
    homes: dict[str, str] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def top(self, user_id: str) -> View | None:
        """Return the modal in front, if one is open."""
        with self._lock:
            stack = self.stacks.get(user_id)
            return self.views[stack[-1]] if stack else None

    def home(self, user_id: str) -> View | None:
        """Return a person's App Home, if it was published."""
        with self._lock:
            view_id = self.homes.get(user_id)
            return self.views[view_id] if view_id else None

    def push(self, *, user_id: str, content: Json) -> View:
        """Open a modal, above those that are open. Raises ViewRefused: there are three already."""
        with self._lock:
            stack = self.stacks.setdefault(user_id, [])
            if len(stack) >= STACK:
                raise ViewRefused("push_limit_reached")
            view = new(user_id=user_id, content=content)
            view = replace(view, previous_id=stack[-1] if stack else "", root_id=stack[0] if stack else view.id)
            self.views[view.id] = view
            stack.append(view.id)
            return view

    def restart(self, *, user_id: str, content: Json) -> View:
        """Open a first modal in place of whatever was open."""
        with self._lock:
            self.clear(user_id)
            return self.push(user_id=user_id, content=content)

    def change(self, *, view: View, content: Json, expected_hash: str = "") -> View:
        """Show a view anew; what was typed into blocks that keep their id stays. Raises ViewRefused."""
        with self._lock:
            current = self.views.get(view.id)
            if current is None:
                raise ViewRefused("not_found")
            if expected_hash and expected_hash != current.hash:
                raise ViewRefused("hash_conflict")
            fresh = new(user_id=view.user_id, content=content)
            kept = {block["block_id"] for block in fresh.blocks} & current.typed.keys()
            changed = replace(
                current,
                hash=fresh.hash,
                content=fresh.content,
                typed={block_id: current.typed[block_id] for block_id in kept},
                errors={},
                trouble="",
            )
            self.views[view.id] = changed
            return changed

    def publish(self, *, user_id: str, content: Json, expected_hash: str = "") -> View:
        """Show an App Home. Raises ViewRefused."""
        with self._lock:
            current = self.home(user_id)
            if current is not None:
                return self.change(view=current, content=content, expected_hash=expected_hash)
            view = new(user_id=user_id, content=content)
            self.views[view.id] = view
            self.homes[user_id] = view.id
            return view

    def keep(self, view: View) -> None:
        """Store what was typed into a view, and what is wrong with it, while it is still open."""
        with self._lock:
            if view.id in self.views:
                self.views[view.id] = view

    def pop(self, view: View) -> None:
        """Close one modal and show the one beneath."""
        with self._lock:
            stack = self.stacks.get(view.user_id, [])
            if view.id in stack:
                stack.remove(view.id)
                del self.views[view.id]

    def clear(self, user_id: str) -> None:
        """Close every modal of a person."""
        with self._lock:
            for view_id in self.stacks.pop(user_id, []):
                del self.views[view_id]

    def by_external(self, external_id: str) -> View | None:
        """Return the view that the app calls by this name."""
        with self._lock:
            return next((one for one in self.views.values() if one.content.get("external_id") == external_id), None)


def new(*, user_id: str, content: Json) -> View:
    """Return a view with its ids and its hash."""
    view_id = f"V{secrets.token_hex(5).upper()}"
    full = {**content, "blocks": completed(content["blocks"])}
    return View(id=view_id, user_id=user_id, hash=secrets.token_hex(8), content=full, root_id=view_id)

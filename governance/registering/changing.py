"""How a row changes here: only what differs is written, and who writes knows what it was."""

from typing import Any

from django.db.models import Model

from governance import vetting


def change(row: Model, **wanted: Any) -> list[str]:
    """Write the fields that differ; return their names, none if all was so already. Raises Invalid."""
    changed = [name for name, value in wanted.items() if getattr(row, name) != value]
    if changed:
        vetting.fitting(type(row), **{name: wanted[name] for name in changed})
        for name in changed:
            setattr(row, name, wanted[name])
        row.save(update_fields=changed)
    return changed

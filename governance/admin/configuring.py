"""
A connector's configuration as a form: its JSON Schema read into fields, and what was filled in read back.

Known are texts, numbers, yes and no, choices, lists of texts, and objects of these; anything else is JSON in a box. A
secret (`writeOnly`) is taken and never shown again: its box comes back empty, whatever stood in it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms

from governance import sealing

PREFIX = "config"
NUMBERS: Mapping[str, type[forms.IntegerField]] = {"integer": forms.IntegerField, "number": forms.FloatField}
Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """One thing to fill in: where it stands in the configuration, what it is, and whether it must be given."""

    path: tuple[str, ...]
    schema: Schema
    required: bool

    @property
    def name(self) -> str:
        """What its field is called."""
        return ".".join((PREFIX, *self.path))

    @property
    def label(self) -> str:
        """What people read."""
        words = self.schema.get("title") or self.path[-1].replace("_", " ")
        whole = f"{self.path[0].replace('_', ' ')}: {words}" if len(self.path) > 1 else words
        return whole[:1].upper() + whole[1:]

    @property
    def default(self) -> Any:
        """What the connector takes where nothing is said."""
        return self.schema.get("default", False if self.schema.get("type") == "boolean" else None)

    @property
    def secret(self) -> bool:
        """Whether it is never shown."""
        return bool(self.schema.get("writeOnly"))


class Lines(forms.CharField):
    """A list of texts, one a line; what is empty is no line."""

    widget = forms.Textarea

    def prepare_value(self, value: Any) -> Any:
        """As lines."""
        return "\n".join(map(str, value)) if isinstance(value, (list, tuple)) else value

    def clean(self, value: Any) -> Any:
        """As a list."""
        return [line.strip() for line in super().clean(value).splitlines() if line.strip()]


def parts_of(schema: Schema, above: tuple[str, ...] = (), *, needed: bool = True) -> Iterator[Part]:
    """All parts of a configuration, in their order; those of an object one by one."""
    for name, each in schema.get("properties", {}).items():
        required = needed and name in schema.get("required", ())
        if each.get("properties"):
            about = {"description": each.get("description", "")}
            inside = {key: about | part for key, part in each["properties"].items()}
            yield from parts_of({**each, "properties": inside}, (*above, name), needed=required)
        else:
            yield Part((*above, name), each, required)


def field_of(part: Part, stored: Mapping[str, str]) -> forms.Field:
    """A part's field; `stored` says of each secret that there is where it lies."""
    shared = {"label": part.label, "help_text": hint(part, stored), "required": part.required and not part.secret}
    field = bare(part.schema, shared) if not part.secret else secret_box(part, stored, shared)
    field.error_messages["required"] = f"{part.label} is missing."
    return field


def bare(schema: Schema, shared: dict[str, Any]) -> forms.Field:
    """A field for what is no secret, by its type."""
    kind = str(schema.get("type"))
    if "enum" in schema:
        nothing = [] if shared["required"] else [("", "as it is by default")]
        return forms.ChoiceField(choices=[*nothing, *((each, each) for each in schema["enum"])], **shared)
    if kind == "boolean":
        return forms.BooleanField(**shared | {"required": False})
    if kind in NUMBERS:
        return NUMBERS[kind](**shared, min_value=schema.get("minimum"), max_value=schema.get("maximum"))
    if kind == "string":
        return forms.CharField(**shared, max_length=schema.get("maxLength", 1000))
    of_texts = kind == "array" and schema.get("items", {}).get("type") == "string"
    return (Lines if of_texts else forms.JSONField)(**shared, widget=forms.Textarea(attrs={"rows": 3}))


def secret_box(part: Part, stored: Mapping[str, str], shared: dict[str, Any]) -> forms.CharField:
    """A box that shows nothing of what is typed, and nothing of what is stored."""
    there = stored.get(part.path[-1], "")
    shown = "" if not there else (there if sealing.named(there) else "stored, not shown")
    attributes = {"autocomplete": "new-password", "placeholder": shown}
    return forms.CharField(**shared, max_length=10_000, strip=False, widget=forms.PasswordInput(attrs=attributes))


def hint(part: Part, stored: Mapping[str, str]) -> str:
    """What stands below a field."""
    said = [str(part.schema.get("description", ""))]
    if part.secret:
        there = stored.get(part.path[-1], "")
        said.append("Empty: it stays as it is." if there else "It is sealed, and never shown again.")
    elif part.schema.get("type") == "array":
        said.append("One a line.")
    elif part.default not in {None, False, ""}:
        said.append(f"Unless given: {part.default}.")
    return " ".join(each[:1].upper() + each[1:] + ("" if each.endswith(".") else ".") for each in said if each)


def shown(part: Part, config: Schema) -> Any:
    """What a field begins with: what is configured, else the default; never a secret."""
    value: Any = None if part.secret else config
    for name in part.path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return part.default if value is None and not part.secret else value


def read_back(parts: list[Part], filled: Mapping[str, Any], before: Schema) -> dict[str, Any]:
    """
    The configuration that was filled in, without secrets.

    What was left empty is not in it; nor is a default that was not there before: it stays what the connector takes.
    """
    config: dict[str, Any] = {}
    for part in parts:
        value = filled.get(part.name)
        silent = value in ("", None, []) or value == part.default
        if part.secret or (silent and not configured(part, before, value)):
            continue
        place = config
        for name in part.path[:-1]:
            place = place.setdefault(name, {})
        place[part.path[-1]] = value
    return config


def configured(part: Part, before: Schema, value: Any) -> bool:
    """Whether exactly this was configured before."""
    there: Any = before
    for name in part.path:
        there = there.get(name) if isinstance(there, Mapping) else None
    return there is not None and there == value


def half_filled(parts: list[Part], schema: Schema, config: Schema) -> Iterator[Part]:
    """Parts that an object lacks of which others were filled in."""
    for part in parts:
        outer = schema["properties"][part.path[0]]
        inside = config.get(part.path[0])
        if len(part.path) > 1 and inside and part.path[1] in outer.get("required", ()) and part.path[1] not in inside:
            yield part

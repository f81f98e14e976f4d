"""A form of the admin: what a verb refuses stands at the field that it names, and what was typed stays."""

from django import forms

from governance.admin.configuring import PREFIX
from governance.errors import Invalid, Refusal


class Filled(forms.Form):
    """A form whose fields are checked by a verb."""

    use_required_attribute = False  # what is missing is said in our words

    def refuse(self, refusal: Refusal) -> None:
        """Let what is wrong stand at its field; above the form where it is of no field, or of several."""
        named = refusal.field if isinstance(refusal, Invalid) else ""
        asked = [name for name in self.fields if name in {named, f"{PREFIX}.{named}"}]
        inside = [name for name in self.fields if named and name.startswith(f"{PREFIX}.{named}.")]
        self.add_error(next(iter(asked + inside), None), str(refusal).removeprefix(f"{PREFIX}: "))

    def focus(self) -> None:
        """Begin at the first field with which something is wrong."""
        for name in self.fields:
            if name in self.errors:
                self.fields[name].widget.attrs["autofocus"] = True
                return

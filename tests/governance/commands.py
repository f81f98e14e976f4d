"""Commands as an operator runs them: the exit code and the words."""

import io

from django.core.management import call_command


def run(name, /, *arguments, **options):
    """Run a command; return its exit code and all that it said."""
    out = io.StringIO()
    try:
        call_command(name, *map(str, arguments), stdout=out, stderr=out, **options)
    except SystemExit as end:
        return int(end.code or 0), out.getvalue()
    return 0, out.getvalue()


def written(folder, *lines, name="file.csv"):
    """Write lines into a file."""
    path = folder / name
    path.write_text("".join(f"{line}\n" for line in lines))
    return path

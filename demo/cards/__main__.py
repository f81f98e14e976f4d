"""`make cards`: print every surface as a JSON line, `{"kind": "message"|"modal"|"home", "payload": {…}}`."""

import json
import os
import signal
import sys
from io import TextIOWrapper

import django


def main() -> None:
    """Print them: the usual ones first, then forty and more hostile texts everywhere. No database is asked."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `make cards | head` ends in silence
    django.setup()
    from demo.cards import examples, surfaces  # noqa: PLC0415  (models are there only now)

    for surface in surfaces.every(examples.HOSTILE):
        print(json.dumps(surface.line(), ensure_ascii=False))


main()

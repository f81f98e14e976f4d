"""A strange or missing setting of e-mail stops the start, and says which."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings


def start(**environment):
    """Start under these variables, as in production; return what it said where it refused."""
    names = {"COUNTERSIGN_DEMO", "EMAIL_URL", "COUNTERSIGN_FROM_EMAIL", "DJANGO_SETTINGS_MODULE"}
    own = {name: value for name, value in os.environ.items() if name not in names}
    command = [sys.executable, "-c", "import config.settings as s; print(s.EMAIL_BACKEND, s.EMAIL_HOST, s.EMAIL_PORT)"]
    done = subprocess.run(
        command, env=own | environment, cwd=Path(settings.BASE_DIR), capture_output=True, text=True, check=False
    )
    return done.stdout.strip() if done.returncode == 0 else done.stderr.strip().splitlines()[-1]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("submission://u:p%40@mail.example", "smtp.EmailBackend mail.example 587"),
        ("smtp://mail.example:465/?ssl=true", "smtp.EmailBackend mail.example 465"),
        ("console:", "console.EmailBackend None None"),
    ],
)
def test_a_mail_server_is_named_by_a_url(url, said):
    assert start(EMAIL_URL=url, COUNTERSIGN_FROM_EMAIL="a@b.example").endswith(said)


def test_a_strange_url_is_refused_without_saying_its_password():
    said = start(EMAIL_URL="pigeon://u:secret@mail.example", COUNTERSIGN_FROM_EMAIL="a@b.example")
    assert "EMAIL_URL begins with smtp:, submission:" in said
    assert "secret" not in said


def test_whoever_sends_says_who_it_is_from():
    assert "set COUNTERSIGN_FROM_EMAIL too" in start(EMAIL_URL="smtp://mail.example")

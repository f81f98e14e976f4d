"""Folders for the servers and processes of these tests."""

import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def short_folder():
    """A folder short enough for sockets, whose every part root's PostgreSQL (nobody) may enter."""
    root = Path(tempfile.mkdtemp(prefix="cs-", dir="/tmp"))
    yield root
    shutil.rmtree(root, ignore_errors=True)


@pytest.fixture
def state_root():
    with short_folder() as root:
        yield root


@pytest.fixture(scope="module")
def kept_root():
    """One for all tests of whole runs: what a run leaves is what the next one finds."""
    with short_folder() as root:
        yield root

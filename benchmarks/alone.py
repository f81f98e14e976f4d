"""One benchmark in a process of its own: set Django up, and only then import what knows models."""

import importlib
import sys

import django

from benchmarks import tell

if __name__ == "__main__":
    django.setup()
    sys.exit(tell(importlib.import_module(f"benchmarks.{sys.argv[1]}").run))

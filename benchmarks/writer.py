"""A writer of the benchmark `ledger`, as a process: `python -m benchmarks.writer WHAT SECONDS`."""

import sys

import django

django.setup()

from benchmarks.ledger import write  # noqa: E402  (its models want Django set up)

print(write(sys.argv[1], float(sys.argv[2])))

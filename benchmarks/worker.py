"""A worker of the benchmark `posts`, as a process: `python -m benchmarks.worker UNTIL`, on the monotonic clock."""

import sys

import django

django.setup()

from benchmarks.posts import work  # noqa: E402  (its models want Django set up)

work(float(sys.argv[1]))

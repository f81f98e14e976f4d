"""Every benchmark that is named can be run: whoever measures calls `run(n)`."""

import importlib
import inspect

import pytest

from benchmarks.__main__ import BENCHMARKS


@pytest.mark.parametrize("name", BENCHMARKS)
def test_it_takes_how_many_and_yields_what_it_measured(name):
    run = importlib.import_module(f"benchmarks.{name}").run
    assert inspect.isgeneratorfunction(run)
    assert len(inspect.signature(run).parameters) == 1

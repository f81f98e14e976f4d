import socket
from argparse import ArgumentTypeError

import pytest

from config.embedded import ports


def test_a_free_port_is_used_silently():
    said = []
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert ports.next_free(port, say=said.append) == port
    assert said == []


def test_a_taken_port_is_named_and_the_next_one_used():
    said = []
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        chosen = ports.next_free(port, say=said.append)
    assert chosen > port
    assert said == [f"Port {port} is taken; using {chosen}."]


def test_a_port_that_is_spoken_for_is_passed_over():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert ports.next_free(port, besides=[port], say=str) > port


@pytest.mark.parametrize("text", ["1024", "8000", "65534"])
def test_a_port_is_a_number_that_leaves_one_above_it(text):
    assert ports.number(text) == int(text)


@pytest.mark.parametrize("text", ["1023", "65535", "-8000", "eight", "8000.5", "", "8e3"])
def test_what_is_no_port_is_refused_saying_what_is_allowed(text):
    with pytest.raises(
        ArgumentTypeError, match=f"{text!r} is no port for this; give a whole number from 1024 to 65534"
    ):
        ports.number(text)

import socket

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

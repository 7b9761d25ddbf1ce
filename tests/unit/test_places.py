"""Where the parts of one start listen."""

import socket

from embedded import LOOPBACK, free_port
from supervisor.places import ABOVE, Ports


def test_no_two_parts_are_given_the_same_port() -> None:
    temporal = free_port()

    for web in (temporal, temporal + ABOVE):
        ports = Ports.choose(LOOPBACK, web, temporal, {})
        assert ports.temporal == temporal
        assert len({ports.web, ports.temporal, ports.temporal_ui}) == 3


def test_the_wanted_port_of_the_pages_is_taken_while_it_is_free_and_else_the_next() -> None:
    wanted = free_port()
    assert Ports.choose(LOOPBACK, wanted, None, {}).web == wanted

    with socket.socket() as other:
        other.bind((LOOPBACK, wanted))
        other.listen()
        assert wanted < Ports.choose(LOOPBACK, wanted, None, {}).web <= wanted + 20

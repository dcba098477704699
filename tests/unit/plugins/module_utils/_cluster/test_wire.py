# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The socket below an exec: no wait outlives the deadline, and sending does not keep from reading."""

from __future__ import annotations

import random
import threading
import time

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster import exec as exec_
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster import wire

OK = {"metadata": {}, "status": "Success"}


def run(server, **more):
    return exec_.run(server.connection(), "shop", "web-1", "web", ["prog"], **{"deadline": 60.0, **more})


def dribble(peer):
    """A byte at a time, so that no single wait is long."""
    for _byte in range(1200):
        peer.socket.sendall(b"H")
        time.sleep(0.05)


def dribble_a_frame(peer):
    peer.upgrade()
    peer.socket.sendall(b"\x82\x7e\xff\xff\x01")
    dribble(peer)


def flood(peer):
    peer.upgrade()
    while True:
        peer.send(1, b"x" * 1024)


@pytest.mark.parametrize("script", [dribble, dribble_a_frame, flood])
def test_a_server_that_never_pauses_ends_at_the_deadline(bad_server, script):
    start = time.monotonic()
    result = run(bad_server(script), deadline=0.5, limit=10)
    assert time.monotonic() - start < 30  # without the deadline it never ends
    assert (result.exit_class, result.rc) == ("deadline", None)


def test_a_silent_stream_is_pinged(bad_server, monkeypatch):
    monkeypatch.setattr(wire, "_PING_S", 0.1)
    got = threading.Event()

    def script(peer):
        peer.upgrade()
        if peer.file.read(1) == b"\x89":
            got.set()
        peer.status(**OK)

    assert run(bad_server(script)).rc == 0
    assert got.is_set()


def test_the_credentials_do_not_follow_a_redirect(bad_server):
    other = bad_server(lambda peer: peer.answer(404, b""))
    server = bad_server(lambda peer: peer.answer(302, b"", f"Location: {other.url}/"))
    assert run(server).exit_class == "lost"
    assert not other.peers


@pytest.mark.parametrize("upgraded", [False, True])
def test_noise_in_place_of_an_answer_is_a_class(bad_server, upgraded):
    seeded = random.Random(7)
    noises = [seeded.randbytes(seeded.randrange(1, 200)) for _noise in range(40)]
    noises += [b"\r\n\r\n", b"HTTP/1.1\r\n\r\n", b"HTTP/1.1 x\r\n\r\n", b"\xff\xfe\r\n\r\n", b"HTTP/1.1 101 \r\n\r\n"]

    def script(peer):
        if upgraded:
            peer.upgrade()
        peer.socket.sendall(noises.pop())

    server = bad_server(script)
    while noises:
        result = run(server)
        assert (result.exit_class, result.rc) == ("lost", None)
        assert result.message


def test_a_large_stdin_and_its_echo_do_not_block_each_other(bad_server):
    """What cat does: more than all buffers between us hold, in both directions at once."""
    size = 8 << 20

    def script(peer):
        peer.upgrade()
        left = size
        while left:
            piece = peer.receive()[1:]
            left -= len(piece)
            peer.send(1, piece)
        peer.receive()
        peer.status(**OK)
        peer.close()

    result = run(bad_server(script), stdin=b"x" * size, deadline=30, limit=2 * size)
    assert (result.rc, len(result.stdout)) == (0, size)


def test_the_status_is_read_though_the_server_takes_no_stdin(bad_server):
    def script(peer):
        peer.upgrade()
        peer.receive()
        peer.status(status="Failure", message='exec: "sh": executable file not found in $PATH')
        peer.close()

    assert run(bad_server(script), stdin=b"x" * 10_000_000).exit_class == "not_found"

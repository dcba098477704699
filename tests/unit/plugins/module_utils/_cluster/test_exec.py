# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The exec transport against a server that misbehaves."""

from __future__ import annotations

import json
import threading
import time

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster import exec as exec_

OK = {"metadata": {}, "status": "Success"}


def failure(code: str) -> dict[str, object]:
    causes = [{"reason": "ExitCode", "message": code}]
    return {"status": "Failure", "reason": "NonZeroExitCode", "message": "ended", "details": {"causes": causes}}


def run(server, **more):
    return exec_.run(server.connection(), "shop", "web-1", "web", ["sh", "-c", "a b; $c"], **{"deadline": 2.0, **more})


def test_streams_apart_and_code_true(bad_server):
    def script(peer):
        peer.upgrade()
        peer.send(1, b"out\x00\xff")
        peer.send(2, b"err")
        peer.send(1, b"more")
        peer.status(**failure("7"))
        peer.close()

    result = run(bad_server(script))
    assert (result.exit_class, result.rc) == ("exited", 7)
    assert (result.stdout, result.stderr, result.protocol) == (b"out\x00\xffmore", b"err", "v5.channel.k8s.io")


@pytest.mark.parametrize(
    ("status", "exit_class", "rc"),
    [
        (OK, "exited", 0),
        (failure("1"), "exited", 1),
        (failure("126"), "exited", 126),
        (failure("137"), "signalled", 137),
        (failure("x"), "lost", None),
        (
            {"status": "Failure", "message": 'exec: "sh": executable file not found in $PATH: unknown'},
            "not_found",
            None,
        ),
        ({"status": "Failure", "message": 'exec: "/data": permission denied: unknown'}, "not_executable", None),
        ({"status": "Failure", "message": 'container not found ("web")'}, "no_container", None),
        ({"status": "Failure"}, "lost", None),
        ({}, "lost", None),
    ],
)
def test_exit_classes(bad_server, status, exit_class, rc):
    def script(peer):
        peer.upgrade()
        peer.status(**status)
        peer.close()

    result = run(bad_server(script))
    assert (result.exit_class, result.rc) == (exit_class, rc)
    assert bool(result.message) is (rc is None)


@pytest.mark.parametrize(
    "end",
    [lambda peer: None, lambda peer: peer.close(), lambda peer: peer.send(3, b""), lambda peer: peer.send(3, b"{")],
)
def test_lost_status_is_never_success(bad_server, end):
    def script(peer):
        peer.upgrade()
        peer.send(1, b"half")
        end(peer)

    result = run(bad_server(script))
    assert (result.exit_class, result.rc, result.stdout) == ("lost", None, b"half")
    assert result.message


def test_silent_server_ends_at_the_deadline(bad_server):
    silent = bad_server(lambda peer: time.sleep(5))
    start = time.monotonic()
    result = run(silent, deadline=0.5)
    assert result.exit_class == "deadline"
    assert time.monotonic() - start < 2


def test_silent_stream_keeps_what_came(bad_server):
    def script(peer):
        peer.upgrade()
        peer.send(1, b"first")
        time.sleep(5)

    result = run(bad_server(script), deadline=0.5)
    assert (result.exit_class, result.stdout) == ("deadline", b"first")


def test_server_that_lingers_after_the_status_costs_half_a_second(bad_server):
    def script(peer):
        peer.upgrade()
        peer.status(**OK)
        time.sleep(5)

    start = time.monotonic()
    result = run(bad_server(script), deadline=10)
    assert result.exit_class == "exited"
    assert time.monotonic() - start < 2


def test_output_beyond_the_limit_is_dropped_and_said(bad_server):
    def script(peer):
        peer.upgrade()
        for _chunk in range(64):
            peer.send(1, b"x" * 1024)
        peer.status(**OK)
        peer.close()

    result = run(bad_server(script), limit=10_000)
    assert (len(result.stdout), result.truncated, result.rc) == (10_000, True, 0)


@pytest.mark.parametrize("protocol", exec_.PROTOCOLS)
def test_stdin_is_closed_only_where_the_protocol_can(bad_server, protocol):
    got, enough = [], threading.Event()

    def script(peer):
        peer.upgrade(protocol)
        got.append(peer.receive())
        if protocol == exec_.PROTOCOLS[0]:
            got.append(peer.receive())
        enough.set()
        peer.status(**OK)
        peer.close()

    result = run(bad_server(script), stdin=b"in")
    assert enough.wait(2)
    assert result.rc == 0
    assert got == ([b"\x00in", b"\xff\x00"] if protocol == exec_.PROTOCOLS[0] else [b"\x00in"])


def test_stdin_can_wait_until_the_process_speaks(bad_server):
    """A process that cannot start says nothing, so nothing is written and its status arrives."""
    got = []

    def speaks(peer):
        peer.upgrade()
        peer.send(1, b"ready\n")
        got.append(peer.receive())
        peer.status(**OK)

    def cannot_start(peer):
        peer.upgrade()
        peer.status(status="Failure", message='exec: "sh": executable file not found in $PATH')
        peer.close()

    assert run(bad_server(speaks), stdin=b"in", stdin_after_output=True).rc == 0
    assert got == [b"\x00in"]
    assert run(bad_server(cannot_start), stdin=b"x" * 100_000, stdin_after_output=True).exit_class == "not_found"


def test_impersonation_and_argv_travel_untouched(bad_server):
    def script(peer):
        peer.upgrade()
        peer.status(**OK)
        peer.close()

    server = bad_server(script)
    connection = server.connection(impersonate_user="jane", impersonate_groups=["dev", "ops"])
    exec_.run(connection, "shop", "web-1", "web", ["sh", "-c", "a b; $c&d"])
    (peer,) = server.peers
    assert ("Impersonate-User", "jane") in peer.headers
    assert [value for key, value in peer.headers if key == "Impersonate-Group"] == ["dev", "ops"]
    assert peer.header("Authorization") == "Bearer secret-token"
    assert "command=sh&command=-c&command=a+b%3B+%24c%26d" in peer.request


@pytest.mark.parametrize(
    ("status", "message", "exit_class"),
    [
        (403, 'pods "web-1" is forbidden: User "jane" cannot create resource "pods/exec"', "forbidden"),
        (401, "Unauthorized", "forbidden"),
        (404, 'pods "web-1" not found', "no_container"),
        (400, "container web is not valid for pod web-1", "no_container"),
        (500, 'container not found ("web")', "no_container"),
        (500, "error dialing backend: dial tcp 198.18.0.12:10250: connect: no route to host", "lost"),
    ],
)
def test_refused_handshakes(bad_server, status, message, exit_class):
    body = json.dumps({"kind": "Status", "status": "Failure", "message": message}).encode()
    result = run(bad_server(lambda peer: peer.answer(status, body)))
    assert result.exit_class == exit_class
    assert message in result.message


def test_nobody_listens(bad_server):
    server = bad_server(lambda peer: None)
    server.close()
    result = run(server)
    assert result.exit_class == "lost"
    assert "could not be opened" in result.message

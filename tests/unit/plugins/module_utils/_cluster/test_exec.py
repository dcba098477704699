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
    return exec_.run(server.connection(), "shop", "web-1", "web", ["sh", "-c", "a b; $c"], **{"deadline": 60.0, **more})


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
        (failure("127"), "exited", 127),
        (failure("128"), "exited", 128),
        (failure("137"), "signalled", 137),
        (failure("255"), "exited", 255),
        (failure("256"), "lost", None),
        (failure("x"), "lost", None),
        (
            {"status": "Failure", "message": 'exec: "sh": executable file not found in $PATH: unknown'},
            "not_found",
            None,
        ),
        ({"status": "Failure", "message": 'exec: "/data": permission denied: unknown'}, "not_executable", None),
        ({"status": "Failure", "message": 'container not found ("web")'}, "no_container", None),
        (
            {
                "status": "Failure",
                "message": "crun: executable file `sh` not found in $PATH: No such file or directory",
            },
            "not_found",
            None,
        ),
        ({"status": "Failure", "message": "crun: open executable: Permission denied"}, "not_executable", None),
        (
            {"status": "Failure", "message": 'exec: "/permission denied": executable file not found in $PATH'},
            "not_found",
            None,
        ),
        ({"status": "Failure", "message": 'exec: "/container not found": permission denied'}, "not_executable", None),
        ({"status": "Failure"}, "lost", None),
        ({}, "lost", None),
        ({"status": "Failure", "reason": "NonZeroExitCode"}, "lost", None),
        ({"status": "Failure", "reason": "NonZeroExitCode", "details": ["x"]}, "lost", None),
        ({"status": "Failure", "reason": "NonZeroExitCode", "details": {"causes": ["x", 5, {}]}}, "lost", None),
        ({"status": "Failure", "reason": "NonZeroExitCode", "details": {"causes": 5}}, "lost", None),
        ({"status": ["Success"]}, "lost", None),
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


def test_the_message_is_the_runtimes_own_words(bad_server):
    words = 'OCI runtime exec failed: exec: "sh": executable file not found in $PATH'
    wrapped = f'Internal error occurred: error executing command in container: failed to start exec "0f3c": {words}'

    def script(peer):
        peer.upgrade()
        peer.status(status="Failure", reason="InternalError", message=wrapped)
        peer.close()

    assert run(bad_server(script)).message == words


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
    silent = bad_server(lambda peer: time.sleep(60))
    start = time.monotonic()
    result = run(silent, deadline=0.5)
    assert result.exit_class == "deadline"
    assert time.monotonic() - start < 30


def test_silent_stream_keeps_what_came(bad_server):
    def script(peer):
        peer.upgrade()
        peer.send(1, b"first")
        time.sleep(60)

    result = run(bad_server(script), deadline=3)
    assert (result.exit_class, result.stdout) == ("deadline", b"first")


@pytest.mark.parametrize("closes", [True, False])
def test_server_that_lingers_after_the_end_is_not_waited_for(bad_server, closes):
    ended = []

    def script(peer):
        peer.upgrade()
        peer.status(**OK)
        ended.append(time.monotonic())
        if closes:
            peer.close()
        time.sleep(60)

    result = run(bad_server(script), deadline=60)
    assert time.monotonic() - ended[0] < 20
    assert result.exit_class == "exited"


def test_output_that_comes_after_the_status_is_kept(bad_server, monkeypatch):
    """Each piece of it gives the server as long again."""
    monkeypatch.setattr(exec_, "_CLOSE_GRACE_S", 4.0)

    def script(peer):
        peer.upgrade()
        peer.status(**OK)
        for _piece in range(5):
            time.sleep(1)
            peer.send(1, b"x")
        peer.close()

    result = run(bad_server(script), deadline=60)
    assert (result.exit_class, result.rc, result.stdout) == ("exited", 0, b"xxxxx")


def test_output_beyond_the_limit_is_dropped_and_said(bad_server):
    def script(peer):
        peer.upgrade()
        for _chunk in range(64):
            peer.send(1, b"x" * 1024)
        peer.status(**OK)
        peer.close()

    result = run(bad_server(script), limit=10_000)
    assert (len(result.stdout), result.truncated, result.rc) == (10_000, True, 0)
    assert (result.stdout_size, result.stderr_size) == (64 * 1024, 0)


def test_a_sink_takes_output_in_place_of_the_result(bad_server):
    def script(peer):
        peer.upgrade()
        for _chunk in range(64):
            peer.send(1, b"x" * 1024)
            peer.send(2, b"y")
        peer.status(**OK)
        peer.close()

    pieces = []
    result = run(bad_server(script), limit=10_000, stdout=pieces.append)
    assert b"".join(pieces) == b"x" * 10_000
    assert (result.stdout, result.stdout_size, result.truncated) == (b"", 64 * 1024, True)
    assert (result.stderr, result.stderr_size) == (b"y" * 64, 64)


def test_what_a_sink_raises_is_the_callers_own(bad_server):
    def script(peer):
        peer.upgrade()
        peer.send(1, b"x")

    def full(_data):
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        run(bad_server(script), stdout=full)


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
    assert enough.wait(60)
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


@pytest.mark.parametrize("speaks", [True, False])
def test_a_large_stdin_waits_for_a_sign_of_life(bad_server, monkeypatch, speaks):
    """A server that could not start the process resets a connection that is written to, and its status is gone."""
    monkeypatch.setattr(exec_, "_STDIN_HOLD_S", 50.0 if speaks else 1.0)
    times = []

    def script(peer):
        peer.upgrade()
        size = len(peer.receive()) - 1
        times.append(time.monotonic())
        if speaks:
            peer.send(1, b"!")
        while size < 100_000:
            size += len(peer.receive()) - 1
        times.append(time.monotonic())
        peer.receive()
        peer.status(**OK)

    assert run(bad_server(script), stdin=b"x" * 100_000).rc == 0
    waited = times[1] - times[0]
    assert waited < 30 if speaks else waited > 0.9


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
        (400, "pod web-1 does not have a host assigned", "no_container"),
        (400, "unable to negotiate protocol", "refused"),
        (500, 'container not found ("web")', "no_container"),
        (500, "error dialing backend: dial tcp 198.18.0.12:10250: connect: no route to host", "kubelet_unreachable"),
    ],
)
def test_refused_handshakes(bad_server, status, message, exit_class):
    body = json.dumps({"kind": "Status", "status": "Failure", "message": message}).encode()
    result = run(bad_server(lambda peer: peer.answer(status, body)))
    assert result.exit_class == exit_class
    assert message.rpartition(": ")[2] in result.message


def test_nobody_listens(bad_server):
    server = bad_server(lambda peer: None)
    server.close()
    result = run(server)
    assert result.exit_class == "unreachable"
    assert "cannot exec into Pod shop/web-1: the API server" in result.message
    assert "check host" in result.remedy

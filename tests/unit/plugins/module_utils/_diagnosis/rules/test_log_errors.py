# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors of the operating system in logs."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rules.log_errors import (
    is_not_reached,
    last_error,
)


@pytest.mark.parametrize(
    ("line", "name", "paths"),
    [
        ("sh: 1: cannot create /data/state: Permission denied", "EACCES", ("/data/state",)),
        ('nginx: open() "/var/cache/nginx/a" failed (13: Permission denied)', "EACCES", ("/var/cache/nginx/a",)),
        ("Error: EROFS: read-only file system, open '/app/x.log'", "EROFS", ("/app/x.log",)),
        ("write /cache/a: no space left on device", "ENOSPC", ("/cache/a",)),
        ("java.net.BindException: Address already in use", "EADDRINUSE", ()),
        ("accept4: too many open files; see http://example.com/files", "EMFILE", ()),
    ],
)
def test_an_error(line: str, name: str, paths: tuple[str, ...]):
    found = last_error(["starting", line, "bye"])
    assert found is not None
    assert (found.name, found.paths, found.line) == (name, paths, line)


def test_the_last_one_counts_of_those_that_are_asked_for():
    lines = ["a: permission denied", "b: no space left on device"]
    assert last_error(lines).name == "ENOSPC"  # type: ignore[union-attr]
    assert last_error(lines, "EACCES").name == "EACCES"  # type: ignore[union-attr]
    assert last_error(["well"]) is None


@pytest.mark.parametrize(
    ("lines", "is_so"),
    [
        (("dial tcp 10.96.0.5:5432: connect: connection refused",), True),
        (("Error: connect ECONNREFUSED 10.96.0.5:5432", "    at TCPConnectWrap"), True),
        (("java.net.UnknownHostException: db", "\tat a.b.C"), True),
        (("connection refused, trying again", *["connected"] * 5, "KeyError: 'HOME'"), False),
        (("PermissionError: [Errno 13] Permission denied",), False),
        ((), False),
    ],
)
def test_a_log_that_ends_with_somebody_who_could_not_be_reached(lines: tuple[str, ...], is_so: bool):
    assert is_not_reached(lines) is is_so

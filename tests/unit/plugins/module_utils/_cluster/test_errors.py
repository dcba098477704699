# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an API server refuses becomes one error: a reason, its words and the remedy."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.rest import Api


def status(code, message):
    return {"kind": "Status", "status": "Failure", "message": message, "code": code}


def refused(server, call=lambda api: api.get("/version"), timeout=20.0):
    with pytest.raises(ClusterError) as caught:
        call(Api(server.connection(), timeout))
    return caught.value


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (401, "unauthorized"),
        (403, "forbidden"),
        (404, "not_found"),
        (409, "conflict"),
        (422, "refused"),
        (500, "server_error"),
    ],
)
def test_each_refusal_says_what_and_why(bad_server, code, reason):
    error = refused(bad_server(lambda peer: peer.answer(code, status(code, "because"))))
    assert (error.reason, error.status) == (reason, code)
    assert str(error).startswith("cannot read /version: ")
    assert "because" in str(error)


@pytest.mark.parametrize(
    "body",
    [b'{"message": ' + b"[" * 5000, {"message": 7}, {"message": ["x"], "details": 7}, {"details": {"causes": 1}}],
)
def test_a_status_that_is_none_is_still_one_error(bad_server, body):
    error = refused(bad_server(lambda peer: peer.answer(500, body)))
    assert (error.reason, error.status) == ("server_error", 500)
    assert all(isinstance(cause, dict) for cause in error.said.get("details", {}).get("causes", []))


def test_a_message_without_end_is_cut(bad_server):
    assert len(str(refused(bad_server(lambda peer: peer.answer(403, status(403, "x" * 1_000_000)))))) < 11_000


def test_a_refusal_keeps_the_status(bad_server):
    error = refused(bad_server(lambda peer: peer.answer(422, status(422, "no"))))
    assert error.said["code"] == 422

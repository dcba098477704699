# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""debug_exec as Ansible runs it: answers of an interrupted task are kept, and no secret is shown."""

from __future__ import annotations

import pathlib
import threading
import time
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils.conftest import BadServer, Peer
from ansible_collections.kubewire.netdebug.tests.unit.plugins.modules import secret_options
from ansible_collections.kubewire.netdebug.tests.unit.plugins.modules.interrupted import SIGNALS, Module

ARGV = [["true"], ["sleep", "999"], ["never"]]


@pytest.fixture
def asked() -> threading.Event:
    return threading.Event()


@pytest.fixture
def api(asked: threading.Event) -> t.Iterator[BadServer]:
    """Has one Pod; the first command there ends well, and the next one does not end."""

    def script(peer: Peer) -> None:
        if "/exec?" not in peer.request:
            metadata = {"name": "web-1", "namespace": "shop", "uid": "1"}
            body = {"metadata": metadata, "spec": {"containers": [{"name": "web"}]}, "status": {"phase": "Running"}}
            peer.answer(200, body)
            return
        peer.upgrade()
        peer.send(1, b"said")
        if "command=true" in peer.request:
            peer.status(status="Success")
            peer.close()
            return
        asked.set()
        time.sleep(300)

    server = BadServer(script)
    yield server
    server.close()


@pytest.mark.parametrize("number", SIGNALS)
def test_answers_of_commands_are_kept(tmp_path, api, asked, number):
    auth = {"host": api.url, "api_key": "secret-token", "namespace": "shop", "name": "web-1"}
    module = Module("debug_exec", tmp_path, **auth, commands=[{"argv": argv} for argv in ARGV], deadline=200)
    assert asked.wait(60)
    result = module.end_by(number)
    assert (result["failed"], result["reason"]) == (True, "interrupted")
    assert result["msg"] == f"interrupted by {number.name}; what was found out until then is in the result"
    answers = [(answer["argv"][0], answer["exit_class"], answer["stdout"]) for answer in result["answers"]]
    assert answers[0] == ("true", "exited", "said")
    assert answers[1] in [("sleep", "lost", "said"), ("sleep", "lost", "")]  # it may be on its way yet
    assert [answer[1] for answer in answers[2:]] in ([], ["lost"]), "nothing is started any more"
    assert sum("/exec?" in peer.request for peer in api.peers) == 2
    assert "web-1/web" in [left["name"] for left in result["left"]]


def test_no_secret_is_shown_and_no_sentence_is_blotted_out(tmp_path: pathlib.Path) -> None:
    secret_options.assert_hidden("debug_exec", tmp_path)

# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module that is told to end says so in one line, and returns what it knows by then."""

from __future__ import annotations

import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import threading
import time
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.modules import net_probe
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils.conftest import BadServer, Peer

ROOT = pathlib.Path(net_probe.__file__).parents[5]
MODULES = "ansible_collections.kubewire.netdebug.plugins.modules"
SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
ARGV = [["true"], ["sleep", "999"], ["never"]]


def heed() -> None:
    """Undo what nohup or a shell in the background had tests ignore."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_DFL)


class Module:
    """A module that runs until it is told to end, or by itself."""

    def __init__(self, module: str, folder: pathlib.Path, **params: t.Any) -> None:
        arguments = folder / "arguments.json"
        arguments.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": params}))
        words = [sys.executable, "-m", f"{MODULES}.{module}", str(arguments)]
        environ = {**os.environ, "PYTHONPATH": str(ROOT)}
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(words, stdout=pipe, stderr=pipe, text=True, env=environ, preexec_fn=heed)  # noqa: PLW1509 - no thread yet

    def end_by(self, number: int) -> dict[str, t.Any]:
        self.process.send_signal(number)
        stdout, stderr = self.process.communicate(timeout=60)
        assert "Traceback" not in stderr, stderr
        assert stdout, stderr
        return dict(json.loads(stdout))


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


def test_answers_of_probes_are_kept_and_the_others_are_unknown(tmp_path):
    snapshot = tmp_path / "snapshot.json"
    snapshot.write_text(json.dumps(cluster.snapshot().to_dict()))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        hosts = [{"host": "127.0.0.1", "port": each, "protocol": "http"} for each in (9, port)]
        folder = tmp_path / "run"
        outside = {"sources": [{"outside": True}], "outside": [{"name": "office"}]}
        limits = {"probe_timeout": 60, "deadline": 200}
        files = {"snapshot": str(snapshot), "dest": str(folder)}
        module = Module("net_probe", tmp_path, **files, **outside, **limits, targets=hosts)
        silent.settimeout(60)
        with silent.accept()[0]:
            result = module.end_by(signal.SIGTERM)
    assert (result["failed"], result["reason"], result["summary"]["cells"]) == (True, "interrupted", 2)
    assert result["summary"]["unknown"] >= 1
    report = json.loads((folder / "report.json").read_text())
    assert report["summary"] == result["summary"]
    assert "fail" not in {cell["verdict"] for cell in report["cells"] if str(port) in cell["asked"]}

# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever is in an option: a result, or one error that names it; never a traceback, and never without end."""

from __future__ import annotations

import json
import os
import pathlib
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._ansible.auth import AUTH_SPEC
from ansible_collections.kubewire.netdebug.tests.fuzz import files, harness, inputs, server
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._host.fake import Fake

Json = dict[str, t.Any]

SPECS = {name: inputs.spec_of(name) for name in harness.NAMES}
MIXED = 10  #: inputs for each module that are wrong in several options
SECONDS = {"request_timeout": 5}
COMMAND = {"argv": ["id"], "deadline": 5}
CERTIFICATES = ("ca_cert", "client_cert", "client_key", "validate_certs")


class Given:
    """What each module needs to come to its end."""

    def __init__(self, folder: pathlib.Path, kube: server.Kube, url: str) -> None:
        self.kube = kube
        run = files.write(folder)
        api = {"host": url, "api_key": "secret-token", **SECONDS}
        pod = {**api, **COMMAND, "namespace": "shop"}
        self.asking: Json = {**api, "snapshot": str(run.snapshot)}
        self.kubeconfig: Json = {**SECONDS, "kubeconfig": str(files.kubeconfig(folder, url))}
        self.closed = server.Closed()
        self.secure: Json = {**api, "host": self.closed.url}
        self.params: dict[str, Json] = {
            "net_info": api,
            "net_probe": {**self.asking, "replay": str(run.answers)},
            "net_diagnose": {"snapshot": str(run.snapshot), "report": str(run.report)},
            "net_bundle": {"run_dir": str(folder), "dest": str(folder / "bundle.tar.gz")},
            "net_report": {"src": str(run.report), "dest": str(folder / "report"), "formats": ["text", "html"]},
            "debug_exec": {**pod, "name": "web-1"},
            "debug_pod": {**pod, "image": "x:1"},
            "debug_sweep": api,
            "ephemeral_attach": {**pod, "name": "web-1", "image": "x:1"},
            "host_debug": {**COMMAND, "image": "x:1", "engine": "podman"},
        }

    def run(self, name: str, path: inputs.Path, value: t.Any, check: bool) -> None:
        """Run a module with a value; nothing is started on this machine."""
        base = self.params[name]
        if name == "net_info" and path[0] in ("kubeconfig", "context"):
            base = self.kubeconfig
        elif name == "net_info" and path[0] in CERTIFICATES:
            base = self.secure
        elif name == "net_probe" and check:
            base = self.asking
        self.end(name, inputs.nested(SPECS[name], path, value, base), check or name == "host_debug", path)

    def end(self, name: str, params: Json, check: bool, path: inputs.Path = ()) -> None:
        """It does what it is for, or says in one sentence what is wrong with which option."""
        self.kube.forget()
        result = harness.run(name, params, check)
        json.dumps(result).encode()
        if result.get("failed"):
            assert result["msg"]
            if path and result.get("reason") in ("bad_input", "file"):
                assert any(name in result["msg"] for name in (path[0], path[-1], "commands")), result["msg"]


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory, serve: t.Any) -> t.Iterator[Given]:
    """A folder with what the paths of inputs.py name."""
    folder, kube = tmp_path_factory.mktemp("options"), server.Kube()
    engine = Fake(folder, "podman")
    engine.answers(["image", "inspect"], out="sha256:1234\n")
    (folder / "folder").mkdir()
    os.mkfifo(folder / "fifo")
    (folder / "binary").write_bytes(bytes(range(256)))
    (folder / "empty").write_bytes(b"")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("PATH", f"{folder}:/usr/bin:/bin")
        patch.setenv("KUBECONFIG", str(folder / "none"))
        ready = Given(folder, kube, serve(kube).url)
        yield ready
        ready.closed.listener.close()


def own(name: str) -> t.Iterator[tuple[inputs.Path, inputs.Spec]]:
    """The options of a module; those of the connection are the same for all, and one module stands for them."""
    for path, spec in inputs.options(SPECS[name]):
        if path[0] not in AUTH_SPEC or name == "net_info":
            yield path, spec


@pytest.mark.parametrize("name", SPECS)
def test_each_option(name: str, given: Given) -> None:
    failures = harness.Failures()
    for path, spec in own(name):
        for number, value in enumerate(harness.some(f"{name} {path}", inputs.values(spec))):
            with failures.of((".".join(path), value)):
                given.run(name, path, value, number % 2 == 0)
    failures.check()


@pytest.mark.parametrize("name", SPECS)
def test_several_options_at_once(name: str, given: Given) -> None:
    failures = harness.Failures()
    for number in range(MIXED):
        params = inputs.mixed(SPECS[name], given.params[name], f"{name} {number}")
        with failures.of(params):
            given.end(name, params, name == "host_debug" or number % 2 == 0)
    failures.check()

# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever a file holds: a result, or one error that names the option, the file and what is wrong with it."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import retry
from ansible_collections.kubewire.netdebug.plugins.module_utils._report import document
from ansible_collections.kubewire.netdebug.tests.fuzz import damages, files, harness, server

Json = dict[str, t.Any]

FORMATS = ["html", "text", "markdown", "junit", "prometheus"]
OF_BYTES, OF_FIELDS = 15, 30  #: files of a sort for each option
OPTIONS = ("snapshot", "replay", "rerun_failed", "outside", "src", "compare", "kubeconfig")


class Readers:
    """Who reads a file: for each option the file that it is for, the module, and all its options."""

    def __init__(self, folder: pathlib.Path, url: str) -> None:
        run = files.write(folder)
        config = files.kubeconfig(folder, url)
        self.path = folder / "damaged.json"
        path, snapshot, answers, report = map(str, (self.path, run.snapshot, run.answers, run.report))
        self.out = folder / "out"
        bundle = folder / "bundle.tar.gz"
        harness.run("net_bundle", {"run_dir": str(folder), "dest": str(bundle)})
        dest = {"dest": str(self.out)}
        replay = {"snapshot": snapshot, "replay": answers, **dest}
        host = {"sources": [{"outside": True}], "outside": [{"name": "controller", "answers": path}]}
        self.of: dict[str, tuple[pathlib.Path, str, Json]] = {
            "snapshot": (run.snapshot, "net_probe", {**replay, "snapshot": path}),
            "replay": (run.answers, "net_probe", {**replay, "replay": path}),
            "rerun_failed": (run.report, "net_probe", {**replay, "rerun_failed": path}),
            "outside": (run.answers, "net_probe", {"snapshot": snapshot, **host, **dest}),
            "report": (run.report, "net_diagnose", {"snapshot": snapshot, "report": path}),
            "src": (run.report, "net_report", {"src": path, **dest, "formats": FORMATS}),
            "archive": (bundle, "net_diagnose", {"replay": path}),
            "compare": (run.report, "net_report", {"src": report, "compare": path, **dest, "formats": ["text"]}),
            "kubeconfig": (config, "net_info", {"kubeconfig": path, "request_timeout": 5}),
        }

    def run(self, option: str) -> None:
        """A result, or one error."""
        _good, module, params = self.of[option]
        result = harness.run(module, params)
        json.dumps(result).encode()
        if result.get("failed"):
            assert option in result["msg"], result["msg"]
            assert str(self.path) in result["msg"] or option in ("outside", "kubeconfig"), result["msg"]
            assert len(result["msg"]) < 5000
        elif module == "net_probe":
            document.loads((self.out / "report.json").read_bytes())


@pytest.fixture(scope="module")
def readers(tmp_path_factory: pytest.TempPathFactory, serve: t.Any) -> t.Iterator[Readers]:
    folder = tmp_path_factory.mktemp("files")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(retry, "_DELAY_S", 0.0)  # of a failure that is only read, nothing is waited for
        yield Readers(folder, serve(server.Kube()).url)


@pytest.mark.parametrize("option", OPTIONS)
def test_a_good_file(readers: Readers, option: str) -> None:
    good, module, params = readers.of[option]
    readers.path.write_bytes(good.read_bytes())
    assert not harness.run(module, params).get("failed")


@pytest.mark.parametrize("option", OPTIONS)
def test_a_file_of_other_bytes(readers: Readers, option: str) -> None:
    failures = harness.Failures()
    for what, body in harness.some(option, list(damages.of_bytes(readers.of[option][0].read_bytes())), OF_BYTES):
        readers.path.write_bytes(body)
        with failures.of(what):
            readers.run(option)
    failures.check()


def test_an_archive_of_other_bytes(readers: Readers) -> None:
    failures = harness.Failures()
    good, module, params = readers.of["archive"]
    for what, body in harness.some("archive", list(damages.of_bytes(good.read_bytes())), OF_BYTES):
        readers.path.write_bytes(body)
        with failures.of(what):
            result = harness.run(module, params)
            assert not result.get("failed") or str(readers.path) in result["msg"], result
    failures.check()


@pytest.mark.parametrize("option", OPTIONS)
def test_a_file_with_another_field(readers: Readers, option: str) -> None:
    failures = harness.Failures()
    for what, body in harness.some(option, damages.of_fields(readers.of[option][0].read_bytes()), OF_FIELDS):
        readers.path.write_bytes(body())
        with failures.of(what):
            readers.run(option)
    failures.check()


@pytest.mark.parametrize("option", OPTIONS)
def test_no_file(readers: Readers, option: str) -> None:
    failures, path = harness.Failures(), readers.path
    for what, make in damages.THINGS.items():
        path.unlink(missing_ok=True)
        make(path)
        with failures.of(what):
            readers.run(option)
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink(missing_ok=True)
    failures.check()

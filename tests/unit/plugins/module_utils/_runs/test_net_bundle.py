# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The run of net_bundle: a folder in, an archive out, and a replay of it gives the same."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import pathlib
import tarfile

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._bad_input import BadInput
from ansible_collections.kubewire.netdebug.plugins.module_utils._bundle.pseudonyms import KINDS, Key
from ansible_collections.kubewire.netdebug.plugins.module_utils._report import document
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs import net_bundle, net_diagnose
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs.net_bundle import Options, Result, run
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._diagnosis import scenes
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._runs.test_net_diagnose import (
    SLIP,
    folder,
    report_of,
)

__all__ = ("folder",)


@pytest.fixture
def diagnosed(folder: pathlib.Path) -> pathlib.Path:
    """The folder of a whole run, with what nobody else needs."""
    (folder / "answers.json").write_text('{"schema": "kubewire.io/answers/v1", "sources": []}')
    net_diagnose.run(net_diagnose.Options(str(folder)))
    (folder / "report.html").write_text("an old page")
    (folder / "notes.txt").write_text("mine")
    return folder


def unpacked(result: Result, into: pathlib.Path) -> pathlib.Path:
    """What tar makes of the archive."""
    with tarfile.open(result.archive["path"]) as tar:
        tar.extractall(into, filter="data")
    (found,) = into.iterdir()
    return found


def replayed(path: pathlib.Path, into: pathlib.Path) -> bytes:
    net_diagnose.run(net_diagnose.Options(str(into), replay=str(path)))
    return (into / "findings.json").read_bytes()


def test_a_replay_of_the_archive_and_of_its_folder_finds_the_same_to_the_byte(
    diagnosed: pathlib.Path, tmp_path: pathlib.Path
):
    dest = tmp_path / "shop.tar.gz"
    result = run(Options(str(diagnosed), str(dest)))
    inside = unpacked(result, tmp_path / "unpacked")
    assert inside.name == "shop"
    found = (diagnosed / "findings.json").read_bytes()
    assert (inside / "findings.json").read_bytes() == found
    assert replayed(dest, tmp_path / "one") == found
    assert replayed(inside, tmp_path / "two") == found
    assert replayed(diagnosed, tmp_path / "three") == found
    assert (inside / "report.json").read_bytes() == (diagnosed / "report.json").read_bytes()
    assert (tmp_path / "one/report.json").read_bytes() == (diagnosed / "report.json").read_bytes()
    assert result.manifest.same_findings
    assert result.manifest.findings == ("SVC-02 Service shop/web spec.selector",)


def test_the_manifest_lists_the_files_with_their_checksums(diagnosed: pathlib.Path, tmp_path: pathlib.Path):
    dest = tmp_path / "shop.tar.gz"
    result = run(Options(str(diagnosed), str(dest)))
    assert dest.stat().st_mode & 0o777 == 0o600
    assert result.archive["sha256"] == hashlib.sha256(dest.read_bytes()).hexdigest()
    inside = unpacked(result, tmp_path / "unpacked")
    listed = {each.name: each for each in result.manifest.files}
    assert {path.name for path in inside.iterdir()} == {"manifest.json", *listed}
    assert listed.keys() == net_bundle.WHAT.keys()
    for name, each in listed.items():
        body = (inside / name).read_bytes()
        assert (each.sha256, each.size) == (hashlib.sha256(body).hexdigest(), len(body))
    assert json.loads((inside / "manifest.json").read_text()) == result.manifest.to_dict()
    assert "an old page" not in (inside / "report.html").read_text()
    assert "diagnose_replay=shop.tar.gz" in (inside / "README.txt").read_text()
    assert "file notes.txt" in {each.what for each in result.manifest.not_collected}


def test_the_same_files_give_the_same_archive(diagnosed: pathlib.Path, tmp_path: pathlib.Path):
    options = Options(str(diagnosed), str(tmp_path / "shop.tar.gz"))
    one, two = run(options), run(options)
    assert (one.changed, two.changed) == (True, False)
    assert one.archive == two.archive
    other = run(dataclasses.replace(options, dest=str(tmp_path / "other.tar.gz")), writes=False)
    assert other.changed
    assert not (tmp_path / "other.tar.gz").exists()


def test_a_secret_that_is_in_a_file_is_not_in_the_archive(folder: pathlib.Path, tmp_path: pathlib.Path):
    seen = scenes.snapshot(
        service=SLIP,
        workloads=scenes.workloads(events=[scenes.event(scenes.WEB[0], "Failed", "login: password=MARKER")]),
    )
    (folder / "snapshot.json").write_text(json.dumps(seen.to_dict()))
    cells = scenes.broken_service(reason="refused: postgres://bob:MARKER@db/x")
    (folder / "report.json").write_text(document.dumps(report_of(cells)))
    (folder / "answers.json").write_text('{"sources": [{"error": "token=MARKER"}]}')
    net_diagnose.run(net_diagnose.Options(str(folder)))
    result = run(Options(str(folder), str(tmp_path / "shop.tar.gz")))
    inside = unpacked(result, tmp_path / "unpacked")
    for path in inside.iterdir():
        assert "MARKER" not in path.read_text(), path
    assert result.manifest.redacted == {"answers.json": 1, "report.json": 1, "snapshot.json": 1}
    assert replayed(inside, tmp_path / "again") == (inside / "findings.json").read_bytes()


def test_pseudonyms_tell_neither_the_cluster_nor_change_what_is_found(diagnosed: pathlib.Path, tmp_path: pathlib.Path):
    options = Options(str(diagnosed), str(tmp_path / "bundle.tar.gz"), KINDS, ("client",))
    result = run(options)
    inside = unpacked(result, tmp_path / "unpacked")
    for path in inside.iterdir():
        for word in ("shop", "10.244.1.", "198.18.0.2", "client-"):
            assert word not in path.read_text(), (path, word)
    assert result.manifest.same_findings
    assert result.manifest.findings == ("SVC-02 Service namespace-1/web spec.selector",)
    assert result.manifest.pseudonyms == {"namespaces": 1, "nodes": 2, "hosts": 0, "words": 1, "addresses": 5}
    assert replayed(inside, tmp_path / "again") == (inside / "findings.json").read_bytes()
    key = pathlib.Path(result.key["path"])
    assert key.name == "bundle.pseudonyms.json"
    assert key.stat().st_mode & 0o777 == 0o600
    assert Key.from_dict(json.loads(key.read_text())).names["shop"] == "namespace-1"
    assert run(options).archive == result.archive, "the pseudonyms of the archive before"
    assert (
        run(dataclasses.replace(options, dest=str(tmp_path / "new.tar.gz"))).archive["sha256"]
        != (result.archive["sha256"])
    )


def test_a_name_that_is_a_word_of_the_formats_stays_and_is_told(diagnosed: pathlib.Path, tmp_path: pathlib.Path):
    result = run(Options(str(diagnosed), str(tmp_path / "bundle.tar.gz"), words=("pods", "spec", "kubewire", "acme")))
    assert result.manifest.kept_names == ("kubewire", "pods", "spec")
    assert "pods, spec" in net_bundle.told(result)


def test_a_word_that_a_reader_of_the_report_needs_is_refused(diagnosed: pathlib.Path, tmp_path: pathlib.Path):
    with pytest.raises(BadInput, match=r"O\(words\): a pseudonym breaks the report: "):
        run(Options(str(diagnosed), str(tmp_path / "bundle.tar.gz"), words=("pod_to_service", "2026")))


def test_findings_that_a_pseudonym_changes_are_told(diagnosed: pathlib.Path, tmp_path: pathlib.Path):
    found = json.loads((diagnosed / "findings.json").read_text())
    found["findings"] = []
    (diagnosed / "findings.json").write_text(json.dumps(found))
    result = run(Options(str(diagnosed), str(tmp_path / "bundle.tar.gz")))
    assert not result.manifest.same_findings
    assert "not those of the run" in net_bundle.told(result)


def test_only_what_the_run_looked_for_is_looked_for(folder: pathlib.Path, tmp_path: pathlib.Path):
    net_diagnose.run(net_diagnose.Options(str(folder), codes=("POD",), show_info=True))
    result = run(Options(str(folder), str(tmp_path / "bundle.tar.gz")))
    inside = unpacked(result, tmp_path / "unpacked")
    assert (inside / "findings.json").read_bytes() == (folder / "findings.json").read_bytes()
    assert result.manifest.findings == ()


def test_a_snapshot_alone_is_packed(folder: pathlib.Path, tmp_path: pathlib.Path):
    (folder / "report.json").unlink()
    result = run(Options(str(folder), str(tmp_path / "bundle.tar.gz")))
    assert [each.name for each in result.manifest.files] == ["README.txt", "snapshot.json"]
    assert result.manifest.not_collected[-1].what == "answers of probes"
    net_diagnose.run(net_diagnose.Options(str(folder)))
    result = run(Options(str(folder), str(tmp_path / "bundle.tar.gz")))
    names = [each.name for each in result.manifest.files]
    assert names == ["README.txt", "snapshot.json", "findings.json", "summary.txt"]


def test_an_archive_may_be_packed_again(diagnosed: pathlib.Path, tmp_path: pathlib.Path):
    first = run(Options(str(diagnosed), str(tmp_path / "a.tar.gz")))
    again = run(Options(str(tmp_path / "a.tar.gz"), str(tmp_path / "b.tar.gz"), ("namespaces",)))
    assert again.manifest.findings == ("SVC-02 Service namespace-1/web spec.selector",)
    assert first.manifest.findings == ("SVC-02 Service shop/web spec.selector",)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"dest": "/tmp/bundle.zip"}, r"O\(dest\): '/tmp/bundle.zip' must end with .tar.gz"),
        ({"run_dir": "/nowhere"}, r"O\(run_dir\): cannot read '/nowhere'"),
        ({"run_dir": "/"}, r"O\(run_dir\): '/' is no folder of a run: it has no snapshot.json"),
    ],
)
def test_a_mistake_names_the_option(diagnosed: pathlib.Path, tmp_path: pathlib.Path, change, said: str):
    options = Options(str(diagnosed), str(tmp_path / "bundle.tar.gz"))
    with pytest.raises(BadInput, match=said):
        run(dataclasses.replace(options, **change))


@pytest.mark.parametrize("text", ["{}", "[]", '{"secret": "xyz", "names": {}}'])
def test_a_file_that_holds_no_pseudonyms(diagnosed: pathlib.Path, tmp_path: pathlib.Path, text: str):
    (tmp_path / "bundle.pseudonyms.json").write_text(text)
    with pytest.raises(BadInput, match=r"O\(dest\): .*pseudonyms\.json' holds no "):
        run(Options(str(diagnosed), str(tmp_path / "bundle.tar.gz"), ("nodes",)))
    assert (tmp_path / "bundle.pseudonyms.json").read_text() == text

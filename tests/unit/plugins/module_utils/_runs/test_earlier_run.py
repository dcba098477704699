# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of an earlier run, wherever they are."""

from __future__ import annotations

import io
import pathlib

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._bad_input import BadInput
from ansible_collections.kubewire.netdebug.plugins.module_utils._bundle import archive, manifest
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs import earlier_run

FILES = {"snapshot.json": b"{}", "report.json": b'{"a": 1}'}
NAMES = ("snapshot.json", "report.json", "findings.json")


@pytest.fixture
def bundle(tmp_path: pathlib.Path) -> pathlib.Path:
    """An archive."""
    listed = tuple(manifest.file_of(name, body, "a file") for name, body in FILES.items())
    return pack(tmp_path, {**FILES, manifest.NAME: manifest.Manifest("x", "", "", "", "", listed).dumps()})


def pack(folder: pathlib.Path, files: dict[str, bytes]) -> pathlib.Path:
    stream = io.BytesIO()
    archive.write(stream, "bundle", files)
    (folder / "bundle.tar.gz").write_bytes(stream.getvalue())
    return folder / "bundle.tar.gz"


def test_a_folder_and_an_archive_give_the_same(tmp_path: pathlib.Path, bundle: pathlib.Path):
    for name, body in {**FILES, "other.txt": b""}.items():
        (tmp_path / name).write_bytes(body)
    assert earlier_run.files(str(tmp_path), NAMES, "O(replay)") == FILES
    assert earlier_run.files(str(bundle), NAMES, "O(replay)") == FILES


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (FILES, "neither the folder of a run nor the archive of a bundle: it has no manifest"),
        ({**FILES, manifest.NAME: b"[]"}, "holds no JSON object"),
        ({**FILES, manifest.NAME: b'{"files": []}'}, "is damaged: snapshot.json is not what its manifest"),
    ],
)
def test_an_archive_that_is_no_bundle_or_was_changed_is_refused(tmp_path: pathlib.Path, files, said: str):
    with pytest.raises(BadInput, match=f"^O\\(replay\\): .*{said}"):
        earlier_run.files(str(pack(tmp_path, files)), NAMES, "O(replay)")


def test_what_is_neither_is_refused(tmp_path: pathlib.Path):
    with pytest.raises(BadInput, match=r"O\(replay\): cannot read '/nowhere': No such file"):
        earlier_run.files("/nowhere", NAMES, "O(replay)")
    (tmp_path / "text").write_text("text")
    with pytest.raises(BadInput, match=r"neither the folder .*: it is no tar\.gz"):
        earlier_run.files(str(tmp_path / "text"), NAMES, "O(replay)")
    (tmp_path / "snapshot.json").mkdir()
    with pytest.raises(BadInput, match=r"cannot read .*snapshot\.json': Is a directory"):
        earlier_run.files(str(tmp_path), NAMES, "O(replay)")

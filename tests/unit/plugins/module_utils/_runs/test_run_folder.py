# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of a run: private, with their checksum, and named by the option where they hold something else."""

from __future__ import annotations

import hashlib
import json
import pathlib
import re

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._bad_input import BadInput
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs import run_folder


@pytest.mark.parametrize(
    ("data", "body"), [({"a": "gr\u00fcn"}, '{"a":"gr\u00fcn"}\n'), ("a line\n", "a line\n"), ("", "")]
)
def test_a_file_is_private_and_told_with_its_checksum(tmp_path: pathlib.Path, data, body):
    path = tmp_path / "new" / "snapshot.json"
    path.parent.mkdir()
    told = run_folder.write(str(path), data)
    assert path.read_text() == body
    assert path.stat().st_mode & 0o777 == 0o600
    assert told == {
        "path": str(path),
        "sha256": hashlib.sha256(body.encode()).hexdigest(),
        "size": len(body.encode()),
    }
    assert list(path.parent.iterdir()) == [path]


def test_what_was_written_is_read(tmp_path: pathlib.Path):
    path = str(tmp_path / "answers.json")
    run_folder.write(path, {"sources": []})
    assert run_folder.read(path, "replay") == {"sources": []}


@pytest.mark.parametrize(
    ("body", "words"),
    [("", "holds no JSON: "), ("{", "holds no JSON: "), ("[]", "holds no JSON object"), ("7", "holds no JSON object")],
)
def test_another_file_is_named_with_its_option(tmp_path: pathlib.Path, body, words):
    path = tmp_path / "answers.json"
    path.write_text(body)
    with pytest.raises(BadInput, match=re.escape(f"replay: {str(path)!r} {words}")):
        run_folder.read(str(path), "replay")


def test_a_file_that_is_not_there_is_an_error_of_the_system(tmp_path: pathlib.Path):
    with pytest.raises(FileNotFoundError):
        run_folder.read(str(tmp_path / "none"), "replay")


def test_deep_data_is_no_recursion(tmp_path: pathlib.Path):
    path = tmp_path / "answers.json"
    path.write_text(json.dumps({"a": 1})[:-1] + ', "b": ' + "[" * 100_000 + "}")
    with pytest.raises(BadInput, match="holds no JSON"):
        run_folder.read(str(path), "replay")

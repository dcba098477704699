# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""net_report: what it writes, that it writes it once, and what it says when it cannot."""

from __future__ import annotations

import hashlib
import json
import pathlib
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._report import document
from ansible_collections.kubewire.netdebug.plugins.modules import net_report
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._report import scenes

# In ansible-core from 2.17 on, beside the module's own arguments since 2.19.
testing = pytest.importorskip("ansible.module_utils.testing")

Result = dict[str, t.Any]
Run = t.Callable[..., Result]


@pytest.fixture
def src(tmp_path: pathlib.Path) -> pathlib.Path:
    """Write a report.json into a folder of its own."""
    path = tmp_path / "run" / "report.json"
    path.parent.mkdir()
    path.write_text(document.dumps(scenes.broken_node()))
    return path


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the module as Ansible does, and return its result."""

    def call(check: bool = False, **params: t.Any) -> Result:
        with testing.patch_module_args({**params, "_ansible_check_mode": check}), pytest.raises(SystemExit):
            net_report.main()
        return t.cast(Result, json.loads(capsys.readouterr().out))

    return call


def test_writes_page_and_summary_beside_the_report(src: pathlib.Path, run: Run):
    result = run(src=str(src))
    assert result["changed"] is True
    assert [item["format"] for item in result["files"]] == ["html", "text", "markdown", "junit"]
    for item in result["files"]:
        path = pathlib.Path(item["path"])
        assert path.parent == src.parent
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.stat().st_size == item["size"]
        assert hashlib.sha256(path.read_bytes()).hexdigest() == item["sha256"]
    assert {path.name for path in src.parent.iterdir()} == {
        *("report.html", "report.json", "report.junit.xml", "report.md", "summary.txt")
    }
    assert result["run_id"] == scenes.RUN["id"]
    assert "changes" not in result
    assert result["summary"] == scenes.broken_node()["summary"]
    assert result["text"] == (src.parent / "summary.txt").read_text()
    assert result["text"].startswith("46 of 213 checks FAILED")
    assert str(src) in result["text"]


def test_second_time_changes_nothing(src: pathlib.Path, run: Run):
    first = run(src=str(src))
    assert run(src=str(src)) == {**first, "changed": False}


def test_other_content_or_mode_is_a_change(src: pathlib.Path, run: Run):
    run(src=str(src))
    page = src.parent / "report.html"
    page.chmod(0o644)
    assert run(src=str(src), check=True)["changed"] is True
    assert page.stat().st_mode & 0o777 == 0o644
    assert run(src=str(src))["changed"] is True
    assert page.stat().st_mode & 0o777 == 0o600
    src.write_text(document.dumps(scenes.healthy()))
    assert run(src=str(src))["changed"] is True
    assert "All 213 checks passed" in page.read_text()


def test_check_mode_reads_and_writes_nothing(src: pathlib.Path, run: Run, tmp_path: pathlib.Path):
    result = run(src=str(src), dest=str(tmp_path / "new" / "folder"), check=True)
    assert result["changed"] is True
    assert result["summary"]["fail"] == 46
    assert not (tmp_path / "new").exists()
    assert list(src.parent.iterdir()) == [src]


def test_folder_is_made_and_formats_are_chosen(src: pathlib.Path, run: Run, tmp_path: pathlib.Path):
    dest = tmp_path / "new" / "folder"
    result = run(src=str(src), run_dir=str(dest), formats=["text", "text"])
    assert [item["path"] for item in result["files"]] == [str(dest / "summary.txt")]
    assert [path.name for path in dest.iterdir()] == ["summary.txt"]


def test_no_format_only_tells(src: pathlib.Path, run: Run):
    result = run(src=str(src), formats=[], width=80)
    assert result["changed"] is False
    assert result["files"] == []
    assert "46 of 213 checks FAILED" in result["text"]
    assert list(src.parent.iterdir()) == [src]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "No such file or directory"),
        ("", "it is not JSON"),
        ('{"schema": "kubewire.io/snapshot/v1"}', "its schema is 'kubewire.io/snapshot/v1'"),
        (document.dumps({**scenes.one(), "cells": "none"}), "cells: 'none' is not of type array"),
    ],
)
def test_what_is_no_report_is_one_clear_error(src: pathlib.Path, run: Run, content: str | None, message: str):
    src.unlink() if content is None else src.write_text(content)
    result = run(src=str(src))
    assert result["failed"] is True
    assert result["msg"].startswith("src: ")
    assert str(src) in result["msg"]
    assert message in result["msg"]
    assert result["msg"].endswith("must be the path of a report.json that kubewire.netdebug.net_probe wrote")


def test_every_format_has_its_file_and_others_may_read_it_where_told(src: pathlib.Path, run: Run):
    result = run(src=str(src), formats=list(net_report.FORMATS), mode="0644")
    assert [pathlib.Path(item["path"]).name for item in result["files"]] == [
        one.name for one in net_report.FORMATS.values()
    ]
    assert {pathlib.Path(item["path"]).stat().st_mode & 0o777 for item in result["files"]} == {0o644}
    heads = [pathlib.Path(item["path"]).read_text()[:14] for item in result["files"]]
    assert heads == ["<!doctype html", "46 of 213 chec", "## \u274c 46 of 213", "<?xml version=", "# HELP kubewir"]


def test_an_earlier_report_is_compared_with(src: pathlib.Path, run: Run):
    earlier = src.parent.parent / "earlier.json"
    earlier.write_text(document.dumps(scenes.healthy()))
    result = run(src=str(src), compare=str(earlier))
    assert result["changes"]["counts"] == {"worse": 92, "better": 0, "changed": 0, "new": 0, "gone": 0, "same": 133}
    told = "92 worse (133 as before)"
    assert told in " ".join(result["text"].split())
    for name in ("report.html", "report.md", "summary.txt"):
        assert told in " ".join((src.parent / name).read_text().split())
    broken = run(src=str(src), compare=str(src.parent))
    assert broken["msg"].startswith(f"compare: cannot read '{src.parent}': Is a directory; ")


def test_folder_that_cannot_be_is_one_clear_error(src: pathlib.Path, run: Run):
    result = run(src=str(src), dest=str(src))
    assert result["failed"] is True
    assert result["msg"].startswith(f"dest: cannot write '{src}/report.html': Not a directory")

# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file that grows by a line for each source that is done."""

from __future__ import annotations

import pathlib
import stat

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._bad_input import BadInput
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Answer, Probe, Source, SourceReport
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs.progress import Progress


def test_the_file_is_the_users_alone_and_one_that_cannot_be_written_is_named(tmp_path: pathlib.Path):
    Progress(str(tmp_path / "new"), 1).end()
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o600
    with pytest.raises(ValueError, match=r"progress: .* cannot be written"):
        Progress(str(tmp_path / "no" / "where"), 1)


def lines(path: pathlib.Path) -> list[str]:
    """The lines without their seconds."""
    return [line.split(" s  ")[-1] for line in path.read_text().splitlines()]


def test_a_source_is_done_once_however_often_it_reports(tmp_path: pathlib.Path):
    progress = Progress(str(tmp_path / "new"), 2)
    probes = [Probe(id_, "shop/a/app", "t", "m", "tcp", "IPv4", "h") for id_ in range(4)]
    words = ("open", "http_200", "timeout", "probe_error")
    report = SourceReport("shop/a/app", answers=tuple(Answer(id_, word) for id_, word in enumerate(words)))
    progress.report(Source("shop/a/app"), probes, report, probes[3:])
    progress.report(Source("shop/a/app"), probes, report)
    progress.report(Source("shop/b/app"), probes, SourceReport("shop/b/app", error="it is gone"))
    progress.report(Source("shop/b/app"), [], SourceReport("shop/b/app"))
    progress.end()
    assert lines(tmp_path / "new") == [
        "0/2  shop/a/app: 2 open, 1 timeout, 1 of 4 to be probed from elsewhere",
        "1/2  shop/a/app: 2 open, 1 timeout, 1 probe_error",
        "2/2  shop/b/app: it is gone",
        "2/2  shop/b/app: nothing to probe",
        "done",
    ]


def test_what_is_in_the_file_stays_and_a_folder_is_refused(tmp_path: pathlib.Path):
    (tmp_path / "old").write_text("before\n")
    Progress(str(tmp_path / "old"), 1).end()
    assert (tmp_path / "old").read_text() == "before\ndone\n"
    with pytest.raises(BadInput, match=r"progress: .* it is no regular file"):
        Progress(str(tmp_path), 1)


def test_without_a_path_nothing_is_written(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    progress = Progress(None, 1)
    progress.report(Source("shop/a/app"), [], SourceReport("shop/a/app"))
    progress.end()
    assert progress.done == 1
    assert list(tmp_path.iterdir()) == []

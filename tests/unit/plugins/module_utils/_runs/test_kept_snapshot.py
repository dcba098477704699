# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The snapshot that net_probe keeps before it probes, also where the cluster cannot be read."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.rest import Api
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs import kept_snapshot
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._probe.question.test_read import Kube

PARAMS: dict[str, t.Any] = {
    **dict.fromkeys(("namespaces", "label_selectors", "field_selectors"), ()),
    **dict.fromkeys(("from", "to")),
    "depth": "workloads",
}


def test_it_is_written_and_the_report_of_an_earlier_run_goes(bad_server, tmp_path: pathlib.Path):
    (tmp_path / "report.json").write_text("{}")
    snapshot, told = kept_snapshot.take(Api(bad_server(Kube()).connection(), 60.0), PARAMS, str(tmp_path))
    assert told == {"snapshot": str(tmp_path / "snapshot.json")}
    assert json.loads((tmp_path / "snapshot.json").read_text()) == json.loads(json.dumps(snapshot.to_dict()))
    assert snapshot.workloads is not None
    assert not (tmp_path / "report.json").exists()


def test_without_a_folder_nothing_is_written(bad_server, tmp_path: pathlib.Path):
    assert kept_snapshot.take(Api(bad_server(Kube()).connection(), 60.0), PARAMS, "")[1] == {}
    assert not list(tmp_path.iterdir())


def test_where_the_cluster_cannot_be_read_the_file_says_why(bad_server, tmp_path: pathlib.Path):
    server = bad_server(Kube())
    server.close()
    with pytest.raises(ClusterError) as caught:
        kept_snapshot.take(Api(server.connection(), 5.0), PARAMS, str(tmp_path))
    written = json.loads((tmp_path / "snapshot.json").read_text())
    assert caught.value.data["failure"] == written["failure"]
    assert caught.value.data["failure"]["reason"] == "unreachable"
    assert caught.value.data["snapshot"] == str(tmp_path / "snapshot.json")

# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Removal where the API server refuses a part of it: what remains is named, and the rest goes."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.placement import Slot
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.pod_group import GroupPod, PodGroup
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.types import END

UNTIL = "2026-11-29T12:00:00Z"


class Api:
    """Refuses to delete what is named."""

    def __init__(self, *refuses: str) -> None:
        self.refuses, self.deleted = refuses, list[str]()

    def delete(self, path: str, _options: t.Mapping[str, t.Any], what: str) -> bool:
        name = path.rpartition("/")[2]
        if name in self.refuses:
            raise ClusterError("server_error", f"cannot {what}: denied")
        self.deleted.append(name)
        return True


def item(name: str, **metadata: t.Any) -> dict[str, t.Any]:
    return {
        "metadata": {"name": name, "namespace": "shop", "uid": f"u-{name}", "annotations": {END: UNTIL}, **metadata}
    }


def group(api: Api) -> PodGroup:
    owners = [{"name": "job", "uid": "u-job"}]
    pods = [item(name, ownerReferences=owners) for name in ("a", "b")]
    members = [GroupPod(Slot(""), pod, pod) for pod in pods]
    made = PodGroup(t.cast(t.Any, api), "shop", "group", members, "debugger")
    made.jobs = [item("job")]
    return made


@pytest.mark.parametrize(
    ("refuses", "left"),
    [
        ((), []),
        (("job",), [("Job", "job")]),
        (("b",), [("Pod", "b")]),
        (("a", "b", "job"), [("Pod", "a"), ("Pod", "b"), ("Job", "job")]),
    ],
)
def test_what_remains_is_named_and_the_rest_goes(refuses, left):
    api = Api(*refuses)
    stay = group(api).remove()
    assert [(item.kind, item.name) for item in stay] == left
    assert sorted(api.deleted) == sorted({"a", "b", "job"} - set(refuses))
    for item in stay:
        assert (item.namespace, item.until) == ("shop", UNTIL)
        assert item.reason == f"could not be removed: cannot delete {item.kind} shop/{item.name}: denied"

# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What components and kubelets say of themselves, read."""

from __future__ import annotations

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot import parse_components

COUNTS = """PriorityLevelName, ActiveQueues, IsIdle, IsQuiescing, WaitingRequests, ExecutingRequests, RejectedRequests
workload-low,      2,            false,  false,       4,               1,                 17
exempt,            0,            true,   false,       0,               0,                 0
"""


def static_pod(**labels: str) -> dict:
    command = [
        "kube-apiserver",
        "--advertise-address=198.18.0.2",
        "--etcd-servers=https://bob:MARKER@e:2379",
        "--leader-elect",
    ]
    return {
        "metadata": {
            "namespace": "kube-system",
            "name": "kube-apiserver-cp",
            "labels": {"tier": "control-plane", "component": "kube-apiserver", **labels},
            "annotations": {"kubeadm.kubernetes.io/kube-apiserver.advertise-address.endpoint": "198.18.0.2:6443"},
        },
        "spec": {"nodeName": "cp", "containers": [{"name": "kube-apiserver", "command": command}]},
        "status": {
            "hostIP": "198.18.0.2",
            "hostIPs": [{"ip": "198.18.0.2"}, {"ip": "fd00::2"}],
            "conditions": [{"type": "Ready", "status": "True"}],
        },
    }


def test_a_component_and_those_of_its_flags_that_are_no_secret():
    found = parse_components.component(static_pod())
    assert found is not None
    assert (found.name, found.pod, found.node, found.ready) == ("kube-apiserver", "kube-apiserver-cp", "cp", True)
    assert found.flags == {"advertise-address": "198.18.0.2", "leader-elect": ""}
    assert (found.addresses, found.advertised) == (("198.18.0.2", "fd00::2"), "198.18.0.2:6443")


def test_another_pod_is_no_component():
    assert parse_components.component(static_pod(tier="web")) is None
    assert parse_components.component({"metadata": {"name": "web"}}) is None


def test_what_is_counted_of_priority_levels():
    found = parse_components.counts(COUNTS)
    assert found["workload-low"] == {
        "ActiveQueues": 2,
        "WaitingRequests": 4,
        "ExecutingRequests": 1,
        "RejectedRequests": 17,
    }
    assert parse_components.counts("<html>a, b</html>") == {}


def test_a_priority_level_and_who_comes_to_it():
    limited = {"nominalConcurrencyShares": 5, "limitResponse": {"type": "Reject"}}
    level = parse_components.priority_level(
        {"metadata": {"name": "few"}, "spec": {"type": "Limited", "limited": limited}}
    )
    assert (level.name, level.type, level.shares, level.response) == ("few", "Limited", 5, "Reject")
    subjects = [
        {"kind": "ServiceAccount", "serviceAccount": {"namespace": "shop", "name": "reader"}},
        {"kind": "Group", "group": {"name": "system:masters"}},
    ]
    spec = {"priorityLevelConfiguration": {"name": "few"}, "matchingPrecedence": 9, "rules": [{"subjects": subjects}]}
    schema = parse_components.flow_schema({"metadata": {"name": "mine"}, "spec": spec})
    assert (schema.level, schema.precedence) == ("few", 9)
    assert schema.subjects == ("ServiceAccount shop/reader", "Group system:masters")


def test_thresholds_and_what_is_left():
    config = {"kubeletconfig": {"evictionHard": {"nodefs.available": "10%"}, "evictionSoft": None}}
    assert parse_components.thresholds(config) == {"evictionHard[nodefs.available]": "10%"}
    node = {
        "memory": {"availableBytes": 3, "workingSetBytes": 1},
        "fs": {"availableBytes": 5, "capacityBytes": 9, "inodesFree": 7, "inodes": 8},
        "rlimit": {"maxpid": 100, "curproc": 90},
    }
    assert parse_components.usage({"node": node}) == {
        "memory.available": 3,
        "memory.available of": 4,
        "nodefs.available": 5,
        "nodefs.available of": 9,
        "nodefs.inodesFree": 7,
        "nodefs.inodesFree of": 8,
        "pid.available": 10,
        "pid.available of": 100,
    }

# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No value of an environment variable leaves by a result, a diff or a log."""

from __future__ import annotations

import json

from ansible_collections.kubewire.netdebug.plugins.module_utils._runs import masked
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs.masked import HIDDEN

ENTRIES = [{"name": "TOKEN", "value": "hunter2"}, {"name": "NODE", "valueFrom": {"fieldRef": {}}}]
MASKED = [{"name": "TOKEN", "value": HIDDEN}, {"name": "NODE", "valueFrom": {"fieldRef": {}}}]


def test_containers_and_options():
    assert masked.container({"name": "x", "env": ENTRIES}) == {"name": "x", "env": MASKED}
    assert masked.container({"name": "x"}) == {"name": "x"}
    options = masked.options({"env": {"TOKEN": "hunter2"}, "custom": {"env": ENTRIES}})
    assert options == {"env": {"TOKEN": HIDDEN}, "custom": {"env": MASKED}}
    assert masked.options({"stdin": "hunter2"}) == {"stdin": HIDDEN}
    # What is no list of objects is refused later; here it must not break.
    assert masked.options({"custom": {"env": ["A=b"]}}) == {"custom": {"env": ["A=b"]}}
    assert masked.options({"custom": {"env": 1}}) == {"custom": {"env": 1}}


def test_a_pod_with_all_its_containers_and_what_kubectl_keeps_of_it():
    last = "kubectl.kubernetes.io/last-applied-configuration"
    own = {"name": "x", "env": ENTRIES}
    whole = {
        "kind": "Pod",
        "metadata": {"name": "copy", "annotations": {last: json.dumps({"spec": own}), "team": "red"}},
        "spec": {"containers": [own], "initContainers": [own], "ephemeralContainers": [own], "nodeName": "w1"},
    }
    before = json.dumps(whole)
    shown = masked.pod(whole)
    assert "hunter2" not in json.dumps(shown)
    assert shown["spec"]["initContainers"] == [{"name": "x", "env": MASKED}]
    assert (shown["metadata"]["annotations"]["team"], shown["spec"]["nodeName"]) == ("red", "w1")
    assert json.dumps(whole) == before

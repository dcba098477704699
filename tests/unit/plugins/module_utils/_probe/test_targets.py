# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which objects are asked, where the user names some."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import selection
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.selected import SelectionError
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster


def named(there, selected, context):
    """The Services that are chosen by name alone, where some namespaces have one of it."""
    services = [cluster.service("api", "10.96.0.9", ports=[{"port": 80}]) for _namespace in there]
    for made, namespace in zip(services, there, strict=True):
        made["metadata"] = {"namespace": namespace, "name": "api"}
    snapshot = dataclasses.replace(cluster.snapshot(services=services), selected=selected, namespace=context)
    chosen = selection.select(Facts(snapshot), [{"pod": "web-1"}], [{"service": "api"}])
    return [each.namespace for each in chosen.services]


@pytest.mark.parametrize(
    ("there", "selected", "context", "expected"),
    [
        (["default", "shop"], (), "", "default"),
        (["default", "shop"], (), "shop", "shop"),
        (["default", "shop"], ("shop",), "default", "shop"),
        (["shop"], (), "", "shop"),
        (["shop"], (), "elsewhere", "shop"),
    ],
)
def test_a_service_without_a_namespace_is_where_kubectl_would_look(there, selected, context, expected):
    assert named(there, selected, context) == [expected]


@pytest.mark.parametrize(
    ("there", "words"),
    [
        (["east", "west"], "service 'api' is in the namespaces east, west; give one of them as namespace"),
        ([], "there is no service 'elsewhere/api'; there are none"),
    ],
)
def test_a_service_without_a_namespace_that_could_be_several_is_refused(there, words):
    with pytest.raises(SelectionError, match=f"^targets: {words}$"):
        named(there, (), "elsewhere")

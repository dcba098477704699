# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who wrote which fields of an object, from what API servers record."""

from __future__ import annotations

import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.managed_fields import (
    MAX_FIELDS,
    history,
    paths,
)

#: Of a Service of a cluster, written by C(kubectl apply) and then by C(kubectl patch).
SERVICE: dict[str, t.Any] = {
    "metadata": {
        "name": "web",
        "namespace": "shop",
        "managedFields": [
            {
                "manager": "kubectl-client-side-apply",
                "operation": "Update",
                "time": "2026-12-01T04:29:57Z",
                "fieldsType": "FieldsV1",
                "fieldsV1": {
                    "f:metadata": {
                        "f:annotations": {".": {}, "f:kubectl.kubernetes.io/last-applied-configuration": {}},
                        "f:finalizers": {".": {}, 'v:"MARKER"': {}},
                    },
                    "f:spec": {
                        "f:internalTrafficPolicy": {},
                        "f:ports": {
                            ".": {},
                            'k:{"port":80,"protocol":"TCP"}': {".": {}, "f:port": {}, "f:protocol": {}},
                            'k:{"port":443,"protocol":"TCP"}': {".": {}, "f:port": {}},
                        },
                        "f:selector": {"f:app": {}},
                    },
                },
            },
            {
                "manager": "kubectl-patch",
                "operation": "Update",
                "time": "2026-12-01T05:00:00Z",
                "fieldsV1": {"f:spec": {"f:ports": {'k:{"port":80,"protocol":"TCP"}': {"f:targetPort": {}}}}},
            },
            {
                "manager": "balancer",
                "operation": "Update",
                "subresource": "status",
                "fieldsV1": {"f:status": {"f:loadBalancer": {"f:ingress": {}}}},
            },
        ],
    }
}


def test_the_writers_of_a_service() -> None:
    found = history("Service", SERVICE)
    assert (found.kind, found.namespace, found.name) == ("Service", "shop", "web")
    first, second = found.writers
    assert (second.manager, second.time, second.operation) == ("kubectl-patch", "2026-12-01T05:00:00Z", "Update")
    assert second.fields == ("spec.ports.targetPort",)
    assert first.fields == (
        "metadata.annotations.kubectl.kubernetes.io/last-applied-configuration",
        "metadata.finalizers",
        "spec.internalTrafficPolicy",
        "spec.ports.port",
        "spec.ports.protocol",
        "spec.selector.app",
    )
    assert "MARKER" not in str(found), "the items of a list are values"


def test_there_are_not_more_than_some_and_none_is_endlessly_deep() -> None:
    wide = {"manager": "m", "fieldsV1": {"f:data": {f"f:key{number}": {} for number in range(500)}}}
    item = {"metadata": {"name": "x", "managedFields": [wide] * 50}}
    found = history("ConfigMap", item)
    assert (len(found.writers), len(found.writers[0].fields)) == (12, MAX_FIELDS)
    deep: dict[str, t.Any] = {}
    for _level in range(400):
        deep = {"f:a": deep}
    assert list(paths(deep)) == ["a.a.a.a.a.a.a.a"]


def test_an_object_without_them_has_no_writers() -> None:
    assert history("Service", {"metadata": {"name": "web", "namespace": "shop"}}).writers == ()

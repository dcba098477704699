# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Of Secrets and ConfigMaps names and keys, of roles what they allow."""

from __future__ import annotations

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot import parse_access

META = {"namespace": "shop", "name": "db", "annotations": {"last-applied": "MARKER"}, "labels": {"a": "MARKER"}}


def test_the_keys_and_no_value() -> None:
    item = {
        "metadata": META,
        "type": "Opaque",
        "data": {"password": "TUFSS0VS", "user": "MARKER"},
        "stringData": {"x": "MARKER"},
    }
    found = parse_access.keys("Secret")(item)
    assert (found.kind, found.namespace, found.name) == ("Secret", "shop", "db")
    assert (found.type, found.keys) == ("Opaque", ("password", "user"))
    config_map = parse_access.keys("ConfigMap")({**item, "binaryData": {"file": "MARKER"}})
    assert (config_map.type, config_map.keys) == ("", ("file", "password", "user"))
    assert "MARKER" not in str((found, config_map))
    assert "TUFSS0VS" not in str((found, config_map))


def test_metadata_alone_has_the_name() -> None:
    item = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": META}
    found = parse_access.keys("Secret")(item)
    assert (found.name, found.type, found.keys, found.partial) == ("db", "", (), True)


def test_a_row_of_a_table_has_the_type_and_the_keys_that_were_written() -> None:
    keys = {"f:data": {".": {}, "f:tls.crt": {}, "f:tls.key": {}}, "f:metadata": {"f:annotations": {"f:a": {}}}}
    meta = {**META, "managedFields": [{"manager": "a", "fieldsV1": keys}]}
    item = {"kind": "PartialObjectMetadata", "metadata": meta}
    cells = {"name": "db", "type": "kubernetes.io/tls", "data": 2, "age": "5m"}
    found = parse_access.keys("Secret")({**item, "cells": cells})
    assert (found.type, found.keys, found.partial) == ("kubernetes.io/tls", ("tls.crt", "tls.key"), False)
    more = parse_access.keys("Secret")({**item, "cells": {**cells, "data": 3}})
    assert more.partial, "a key that nobody is known to have written"
    config_map = parse_access.keys("ConfigMap")({"metadata": META, "cells": {"name": "db", "data": 0}})
    assert (config_map.type, config_map.keys, config_map.partial) == ("", (), False)


def test_when_it_was_changed_last_is_known_without_its_content() -> None:
    data = {"f:data": {".": {}, "f:password": {}}}
    written = [
        {"manager": "a", "time": "2026-12-01T05:00:00Z", "fieldsV1": data},
        {"manager": "b", "time": "2026-11-01T05:00:00Z", "fieldsV1": data},
        {"manager": "labels", "time": "2026-12-02T05:00:00Z", "fieldsV1": {"f:metadata": {"f:labels": {}}}},
        {},
    ]
    item = {"metadata": {**META, "managedFields": written}}
    assert parse_access.keys("Secret")(item).changed == "2026-12-01T05:00:00Z"
    assert parse_access.keys("Secret")({"metadata": META}).changed == ""


def test_roles_and_bindings() -> None:
    rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}]
    role = parse_access.access_rules("ClusterRole")({"metadata": {"name": "view"}, "rules": rules})
    assert (role.kind, role.name, role.namespace, role.rules) == ("ClusterRole", "view", "", tuple(rules))
    assert parse_access.access_rules("ClusterRole")({"metadata": {"name": "none"}, "rules": None}).rules == ()
    binding = parse_access.access_binding("RoleBinding")(
        {
            "metadata": {"namespace": "shop", "name": "read"},
            "roleRef": {"kind": "Role", "name": "reader"},
            "subjects": [
                {"kind": "ServiceAccount", "namespace": "shop", "name": "robot"},
                {"kind": "Group", "name": "system:authenticated"},
            ],
        }
    )
    assert (binding.role, binding.subjects) == (
        "Role/reader",
        ("ServiceAccount shop/robot", "Group system:authenticated"),
    )

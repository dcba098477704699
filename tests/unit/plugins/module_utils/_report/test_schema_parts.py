# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of schemas."""

from __future__ import annotations

from ansible_collections.kubewire.netdebug.plugins.module_utils._report.check import compile_schema, complaints
from ansible_collections.kubewire.netdebug.plugins.module_utils._report.schema_parts import (
    COUNT,
    NAME,
    TEXTS,
    closed,
    list_of,
    map_of,
)


def test_parts_put_together():
    schema = closed({"name": NAME, "counts": map_of(COUNT), "rows": list_of(TEXTS)}, "name counts")
    check = compile_schema(schema)
    assert complaints(check, {"name": "a", "counts": {"b": 1}, "rows": [["c"]]}) == []
    for wrong in ({"name": "a"}, {"name": "", "counts": {}}, {"name": "a", "counts": {"b": -1}}, {"more": 1}):
        assert complaints(check, wrong)

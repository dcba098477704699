# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which annotations a snapshot holds."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot import kept_annotations
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.fields import OddObject

NAMES = frozenset(("a.lab/one", "sidecar.istio.io/status"))


def test_only_those_that_are_named_and_not_at_any_length():
    given = {"a.lab/one": "x" * 5000, "a.lab/secret": "hunter2", "sidecar.istio.io/status": '{"containers": []}'}
    found = kept_annotations.kept({"annotations": given}, NAMES)
    assert found == {"a.lab/one": "x" * kept_annotations.MAX_LENGTH, "sidecar.istio.io/status": "set"}


@pytest.mark.parametrize("meta", [{}, {"annotations": None}, {"annotations": {"b": "c"}}])
def test_an_object_without_them(meta):
    assert kept_annotations.kept(meta, NAMES) == {}


@pytest.mark.parametrize("given", [[], "x", {"a.lab/one": 7}])
def test_what_is_none_is_named(given):
    with pytest.raises(OddObject, match="is expected"):
        kept_annotations.kept({"annotations": given}, NAMES)

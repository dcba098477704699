# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Annotations that decide where traffic goes are kept, and no other."""

from __future__ import annotations

import re

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot import kept_annotations
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.fields import OddObject
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.kept_annotations import (
    INGRESS,
    MAX_LENGTH,
    NODE,
    POD,
    SERVICE,
    kept,
)


def test_only_known_names_are_kept_and_a_long_value_is_cut():
    name = "linkerd.io/inject"
    meta = {"annotations": {name: "x" * 5000, "token": "hunter2", "kubernetes.io/ingress.allow-http": "false"}}
    assert kept(meta, POD) == {name: "x" * MAX_LENGTH}
    assert kept(meta, INGRESS) == {"kubernetes.io/ingress.allow-http": "false"}
    assert kept(meta, NODE) == kept({}, POD) == kept({"annotations": None}, SERVICE) == {}


@pytest.mark.parametrize("name", sorted(kept_annotations._MARKS))
def test_of_a_mark_only_that_it_is_set_is_kept(name):
    assert kept({"annotations": {name: '{"secret": "hunter2"}'}}, POD | NODE) == {name: "set"}


def test_a_value_of_another_type_is_named():
    with pytest.raises(OddObject, match=re.escape("is a whole number where a string is expected")):
        kept({"annotations": {"linkerd.io/inject": 1}}, POD)

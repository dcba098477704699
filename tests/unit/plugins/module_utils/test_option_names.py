# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options in messages go by the names that the reader typed, and what others wrote is left alone."""

from __future__ import annotations

import ast
import pathlib
import re

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils import _option_names
from ansible_collections.kubewire.netdebug.plugins.module_utils._option_names import named, named_result
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs import probe_options
from ansible_collections.kubewire.netdebug.plugins.modules import (
    debug_exec,
    debug_pod,
    ephemeral_attach,
    host_debug,
    net_bundle,
    net_probe,
)

NAMES = {"debug_image": "connectivity_debug_image", "image": "my_image"}
FILES = sorted(pathlib.Path(_option_names.__file__).parent.rglob("*.py"))
#: Options of modules, and what is not an option but set beside them: a keyword of the task.
KNOWN = {
    "become",
    *probe_options.INNER_NAMES,
    *(
        name
        for module in (debug_exec, debug_pod, ephemeral_attach, host_debug, net_bundle, net_probe)
        for name in module.argument_spec()
    ),
    *("namespaces", "label_selectors", "field_selectors"),
}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("set O(debug_image), or not", "set connectivity_debug_image, or not"),
        ("O(image): the image is none", "my_image: the image is none"),
        ("increase O(deadline)", "increase deadline"),
        ("O(N) and O() and O(1)", "O(N) and O() and O(1)"),
        ("debug_image", "debug_image"),
    ],
)
def test_only_marks_are_replaced(text, said):
    assert named(text, NAMES) == said


def test_what_came_out_of_a_container_is_left_alone():
    result = {
        "msg": "O(image)",
        "troubles": [{"kind": "slow", "evidence": "x", "remedy": "correct O(image)", "object": "O(image)"}],
        "warnings": ["O(image)"],
        "answers": [{"stdout": "O(image)", "error": "O(image)"}],
        "stdout": "O(image)",
        "cells": [{"reason": "O(image)"}],
        "count": 3,
    }
    assert named_result(result, NAMES) == {
        **result,
        "msg": "my_image",
        "troubles": [{"kind": "slow", "evidence": "x", "remedy": "correct my_image", "object": "O(image)"}],
        "warnings": ["my_image"],
    }


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_mark_is_of_an_option(path):
    tree = ast.parse(path.read_text())
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    texts = (
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs
    )
    assert {name for text in texts for name in re.findall(r"O\(([a-z_]+)\)", text)} <= KNOWN

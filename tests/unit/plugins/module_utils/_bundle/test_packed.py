# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A file of a bundle that waits for the others says its size and checksum, and is read again as it was."""

from __future__ import annotations

import hashlib
import json
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._bundle.packed import compact, packed


def test_what_was_packed_is_read_again():
    found = packed(["a text ", "in pieces, ", "ä"])
    body = "a text in pieces, ä".encode()
    assert (found.size, found.sha256) == (len(body), hashlib.sha256(body).hexdigest())
    assert found.open().read() == body
    assert found == packed(["a text in pieces, ä"])


@pytest.mark.parametrize(
    "data",
    [{}, {"a": []}, {"a": [], "b": {"c": None}}, {"pods": [{"n": number} for number in range(4001)], "ä": "ö"}],
    ids=["empty", "an empty list", "nested", "a long list"],
)
def test_the_text_is_that_of_the_whole_object(data: dict[str, t.Any]):
    assert "".join(compact(data)) == json.dumps(data, ensure_ascii=False, separators=(",", ":")) + "\n"


def test_a_long_list_comes_in_parts():
    assert len(list(compact({"pods": list(range(4001))}))) == 6

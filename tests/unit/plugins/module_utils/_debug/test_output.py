# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a command wrote is text, or stands beside it in base64."""

from __future__ import annotations

import base64

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._debug import output


@pytest.mark.parametrize(
    ("data", "size", "text", "encoded"),
    [
        (b"", 0, "", b""),
        ("gr\u00fcn\n".encode(), 6, "gr\u00fcn\n", b""),
        (b"a\xff", 2, "a\ufffd", b"a\xff"),
        (b"a\xc3", 2, "a\ufffd", b"a\xc3"),
        (b"a\xc3", 3, "a", b""),  # the limit cut the character
        (b"\xff\xc3", 9, "\ufffd\ufffd", b"\xff\xc3"),
    ],
)
def test_valid_utf_8_is_text_and_anything_else_is_kept_beside_it(data, size, text, encoded):
    assert output.text(data, size) == (text, base64.b64encode(encoded).decode())

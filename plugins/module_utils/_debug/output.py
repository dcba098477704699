# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What a command wrote, as it stands in a result."""

from __future__ import annotations

import base64
import codecs

LIMIT = 1 << 20  #: bytes of each stream that a result holds, unless the user says otherwise


def text(data: bytes, size: int) -> tuple[str, str]:
    """Text of output, and its base64 where it is not valid UTF-8; a character that the limit cut is no fault of it."""
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(data, final=len(data) == size), ""
    except UnicodeDecodeError:
        return data.decode("utf-8", "replace"), base64.b64encode(data).decode("ascii")

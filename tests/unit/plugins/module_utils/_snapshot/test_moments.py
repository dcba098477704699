# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Times as the API and HTTP write them."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.moments import of_header, seconds


@pytest.mark.parametrize(
    ("earlier", "later", "wanted"),
    [
        ("2026-12-01T04:00:00Z", "2026-12-01T04:01:00Z", 60.0),
        ("2026-12-01T04:00:00.645847Z", "2026-12-01T03:59:50Z", -10.0),
        ("", "2026-12-01T04:00:00Z", None),
        ("2026-12-01T04:00:00Z", "soon", None),
    ],
)
def test_seconds_between_two_times(earlier: str, later: str, wanted: float | None):
    assert seconds(earlier, later) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"), [("Tue, 01 Dec 2026 09:54:36 GMT", "2026-12-01T09:54:36Z"), ("", ""), ("soon", "")]
)
def test_the_date_of_an_answer(text: str, wanted: str):
    assert of_header(text) == wanted

# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers among options: C(nan) and C(inf) are floats to an argument spec, and one of them looped for ever."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._ansible import bounds


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf"), 1e308, -1, 0, 86400.5, 10**400])
def test_what_is_no_time_is_refused_with_its_name(value):
    with pytest.raises(ValueError, match=r"^start_timeout: .* is not allowed; it must be from 0.01 to 86400$"):
        bounds.seconds({"start_timeout": value}, "start_timeout")


def test_what_is_unset_or_within_is_right():
    bounds.seconds(
        {"start_timeout": None, "deadline": 0.01, "more": 86400}, "start_timeout", "deadline", "more", "none"
    )

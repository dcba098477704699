# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Label selectors as kubectl writes them."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils import _selectors as selectors


@pytest.mark.parametrize(
    ("text", "labels", "met"),
    [
        ("", {}, True),
        ("app=web", {"app": "web"}, True),
        ("app==web,tier!=db", {"app": "web"}, True),
        ("app in (web, api)", {"app": "api"}, True),
        ("app notin (web)", {"app": "web"}, False),
        ("app notin (web)", {}, True),
        ("app,!debug", {"app": "x"}, True),
        ("!app", {"app": "x"}, False),
        ("example.com/part=a_b.c", {"example.com/part": "a_b.c"}, True),
    ],
)
def test_label_selectors(text, labels, met):
    assert selectors.matches(selectors.parse(text), labels) is met


@pytest.mark.parametrize("text", ["a=b=c", "app in web", "$(id)", "a b", "=x"])
def test_a_selector_that_is_none_is_named(text):
    with pytest.raises(ValueError, match="is not a label selector; allowed are"):
        selectors.parse(text)

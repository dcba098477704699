# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which diff is shown where Ansible's callbacks show none."""

from __future__ import annotations

from ansible_collections.kubewire.netdebug.plugins.module_utils._runs import shown_diff

DIFF = {"after_header": "Pod shop/a", "before": "", "after": "kind: Pod\nspec: {}\n"}


def test_what_is_created_and_removed_again_is_shown():
    expected = ["+++ created for this task: Pod shop/a", "+kind: Pod", "+spec: {}"]
    assert shown_diff.lines({"diff": DIFF, "changed": False}) == expected
    assert shown_diff.lines({"diff": [DIFF, DIFF]}) == expected * 2


def test_a_callback_shows_that_of_a_task_that_is_changed():
    assert shown_diff.lines({"diff": DIFF, "changed": True}) == []
    assert shown_diff.lines({"changed": False}) == []
    assert shown_diff.lines({"diff": []}) == []

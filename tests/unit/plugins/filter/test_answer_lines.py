# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""answer_lines: numbers that come as text, and what is no answer."""

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.kubewire.netdebug.plugins.filter.answer_lines import FilterModule

answer_lines = FilterModule().filters()["answer_lines"]


ROUTES = "default via 10.0.0.1 dev eth0\n10.244.0.0/24 dev cni0\n\n10.244.1.0/24 via 10.244.1.0\n"


def answer(node: str = "w1", **fields: t.Any) -> dict[str, t.Any]:
    usual = {"level": "node", "object": f"kube-system/x-{node}/debugger", "node": node, "argv": ["ip", "route"]}
    return {**usual, "exit_class": "exited", "rc": 0, "stdout": "", "stderr": "", **fields}


@pytest.mark.parametrize("given", [[{"rc": 0}], ["text"], 7])
def test_what_is_no_answer_is_said(given):
    with pytest.raises(AnsibleFilterError, match="not the answers"):
        answer_lines(given)


def test_numbers_that_come_by_extra_variables_are_text():
    given = [answer(name="routes", stdout=ROUTES), answer("w2", name="routes", stdout=ROUTES)]
    shown = answer_lines(given, lines=t.cast(int, "2"), places=t.cast(int, "1"))
    assert shown == answer_lines(given, lines=2, places=1)
    assert len(shown) == 4

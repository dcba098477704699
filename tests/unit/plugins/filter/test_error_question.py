# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""error_question: an error as a template has it."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.kubewire.netdebug.plugins.filter.error_question import FilterModule

error_question = FilterModule().filters()["error_question"]


def test_it_is_the_question_of_the_run():
    asked = error_question("Error: connect ECONNREFUSED 10.1.1.1:80", "shop/client")
    assert (asked["kind"], asked["from"], asked["to"]) == ("refused", "shop/client", "10.1.1.1:80")


def test_an_expression_in_it_is_text():
    asked = error_question("{{ lookup('pipe', 'id') }} connection refused", None, None, ["shop"])
    assert (asked["kind"], asked["to"]) == ("refused", "")


@pytest.mark.parametrize("given", [None, 7, ["connection refused"]])
def test_only_a_text_is_read(given):
    with pytest.raises(AnsibleFilterError, match="a text is expected"):
        error_question(given)

# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way through the flowchart is told where it leads to the first cause."""

from __future__ import annotations

from ansible_collections.kubewire.netdebug.plugins.module_utils._report import flowchart, page_data, text

from .diagnosed import WAY, diagnosed, failing, finding


def test_the_sentence_says_what_is_right_the_last_decisions_and_what_to_mend():
    said = flowchart.sentence(diagnosed(finding(), way=WAY))
    assert said == (
        "Pods are right; S1 Has each Service ready endpoints? no; S2 Does its selector match Pods? no. "
        "Correct the selector (SVC-02)"
    )


def test_every_decision_has_what_it_rests_on():
    steps = flowchart.steps(diagnosed(finding(), way=WAY))
    assert [(which, answer) for which, _question, answer, _says in steps] == [("P0", "yes"), ("S1", "no"), ("S2", "no")]
    assert steps[1][3] == "Service shop/web"
    assert flowchart.leads_to(diagnosed(finding(), way=WAY)) == "Correct the selector (SVC-02)"


def test_a_way_that_leads_to_another_cause_is_not_told():
    for told in (diagnosed(finding(code="DNS-01"), way=WAY), diagnosed(way=WAY), diagnosed(finding())):
        assert (flowchart.sentence(told), flowchart.steps(told), flowchart.leads_to(told)) == ("", [], "")


def test_page_and_terminal_have_it():
    told = diagnosed(finding(explains=failing()), way=WAY)
    assert page_data.build(told)["diagnosis"]["way"]["leads"] == "Correct the selector (SVC-02)"
    assert "By the flowchart: Pods are right; S1 Has each Service ready endpoints? no; S2" in text.render(told)

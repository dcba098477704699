# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a follow-up says, and how answers are found."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.finding import ObjectRef
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.follow_ups import choice as follow_ups
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.follow_ups.records import (
    KINDS,
    FollowUp,
    FollowUpAnswer,
    FollowUpAnswers,
)

POD = ObjectRef("Pod", "web-1", "shop")
ASKED = FollowUp("endpoint", POD, "tcp", "10.244.1.8", 9999, askers=("shop/client/app",))


def answer(outcome: str = "refused", question: FollowUp = ASKED, **more: object) -> FollowUpAnswer:
    return FollowUpAnswer(question, "shop/client/app", "10.244.1.8:9999", outcome, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (answer(reason="refused after 0 ms"), "10.244.1.8:9999: refused after 0 ms"),
        (answer("open"), "10.244.1.8:9999: open"),
        (answer("open", sent=20, received=13), "10.244.1.8:9999: 13 of 20 tries are answered"),
        (
            answer(
                "open", FollowUp("listeners", POD, "tcp", "127.0.0.1", 1), listens=("::#80",), listens_udp=("::#53",)
            ),
            "sockets that listen: ::#80, ::#53/udp",
        ),
        (answer("refused", FollowUp("listeners", POD, "tcp", "127.0.0.1", 1)), "sockets that listen: none"),
    ],
)
def test_an_answer_is_evidence(given: FollowUpAnswer, says: str):
    assert given.evidence().says == says
    assert given.evidence().about.startswith(KINDS[given.question.kind])


@pytest.mark.parametrize(
    ("outcome", "succeeds"),
    [("open", True), ("http_204", True), ("http_302", True), ("http_404", False), ("refused", False)],
)
def test_the_kubelet_takes_a_status_below_400_for_a_success(outcome: str, succeeds: bool):
    assert answer(outcome).succeeds is succeeds


def test_answers_are_found_by_kind_and_object_and_read_as_they_were_written():
    told = [answer("open").to_dict(), answer(question=FollowUp("neighbour", POD, "tcp", "10.0.0.1", 1)).to_dict()]
    answers = FollowUpAnswers(told)
    assert [each.to_dict() for each in answers] == told
    assert [each.outcome for each in answers.of("endpoint", POD)] == ["open"]
    assert len(answers.about(POD)) == 2
    assert not answers.about(ObjectRef("Pod", "web-2", "shop"))


def test_the_same_question_of_two_sources_is_one_unless_it_is_about_the_source():
    other = FollowUp("endpoint", POD, "tcp", "10.244.1.8", 9999, askers=("shop/other/app",))
    assert ASKED.key == other.key
    about = [FollowUp("name_server", POD, "dns", "web.", askers=(each,)) for each in ("a", "b")]
    assert about[0].key != about[1].key


def test_all_kinds_are_asked():
    assert len(follow_ups._ASK) == len(KINDS) - 1

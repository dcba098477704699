# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Symptoms below their causes, on plain suspects."""

from __future__ import annotations

import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.finding import ObjectRef
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.folding import fold
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.ranking import Suspect
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rule import Candidate, Rule

WEB, SERVICE, NODE = (ObjectRef(kind, "web", "shop") for kind in ("Deployment", "Service", "Node"))


def suspect(code: str, ref: ObjectRef, explains: t.Iterable[int] = (), **more: t.Any) -> Suspect:
    rule = Rule(code, "A fault", (), lambda _case: ())
    return Suspect(rule, Candidate(ref, "It is wrong", **more), frozenset(explains))


def test_a_symptom_names_the_object_of_its_cause():
    cause, symptom = suspect("POD-01", WEB), suspect("SVC-09", SERVICE, parents=(WEB,))
    assert fold([symptom, cause]) == [cause]
    assert cause.children == [symptom]


def test_a_symptom_names_a_victim_of_its_cause():
    cause, symptom = suspect("POD-13", NODE, victims=(WEB,)), suspect("SVC-09", SERVICE, parents=(WEB,))
    assert fold([symptom, cause]) == [cause]
    assert cause.children == [symptom]


def test_a_victim_is_a_symptom():
    cause, symptom = suspect("SVC-01", SERVICE, victims=(WEB,)), suspect("POD-04", WEB)
    assert fold([symptom, cause]) == [cause]


def test_a_victim_may_have_a_trouble_of_its_own():
    cause, other = suspect("SVC-01", SERVICE, (1,), victims=(WEB,)), suspect("SVC-04", WEB, (1, 2, 3))
    assert len(fold([other, cause])) == 2
    assert len(fold([suspect("SVC-04", WEB, (1, 2)), cause])) == 1
    assert len(fold([other, suspect("NODE-01", NODE, (1,), victims=(WEB,))])) == 1


def test_a_cause_of_a_lower_layer_may_be_the_same_object():
    cause, symptom = suspect("CP-06", WEB, victims=(WEB,)), suspect("POD-04", WEB, victims=(WEB,))
    assert fold([symptom, cause]) == [cause]
    assert len(fold([suspect("POD-04", WEB, victims=(WEB,)), suspect("POD-05", WEB, victims=(WEB,))])) == 2


def test_of_suspects_of_one_field_the_one_that_explains_more_is_told_else_the_first():
    first, second = (suspect("POD-17", NODE, (number,), field="spec.limits[0].min.cpu") for number in (1, 2))
    assert fold([first, second]) == [first]
    assert first.children == [second]
    wider = suspect("POD-17", NODE, (3, 4), field="spec.limits[0].min.cpu")
    assert fold([suspect("POD-17", NODE, (1,), field="spec.limits[0].min.cpu"), wider]) == [wider]
    assert len(fold([suspect("POD-17", NODE, (1,), field="spec.limits[1].min.cpu"), wider])) == 2


def test_a_guess_is_no_cause():
    cause, symptom = suspect("POD-01", WEB, certainty="hint"), suspect("SVC-09", SERVICE, parents=(WEB,))
    assert fold([symptom, cause]) == [symptom, cause]


def test_a_symptom_may_say_which_causes_it_can_have():
    cause = suspect("POD-22", WEB)
    assert len(fold([suspect("SVC-09", SERVICE, parents=(WEB,), parent_codes=("POD-01",)), cause])) == 2


def test_symptoms_of_symptoms():
    node, web = suspect("NODE-01", NODE), suspect("POD-13", WEB, parents=(NODE,))
    service = suspect("SVC-09", SERVICE, parents=(WEB,))
    assert fold([service, web, node]) == [node]
    assert (node.children, web.children) == ([web], [service])


def test_two_that_name_each_other_leave_one():
    one, other = suspect("POD-04", WEB, parents=(SERVICE,)), suspect("SVC-09", SERVICE, parents=(WEB,))
    assert len(fold([one, other])) == 1


def test_of_two_causes_the_likelier_one_has_the_symptom():
    strong, sure = suspect("POD-01", WEB, certainty="strong"), suspect("POD-05", WEB)
    symptom = suspect("SVC-09", SERVICE, parents=(WEB,))
    assert fold([symptom, strong, sure]) == [strong, sure]
    assert sure.children == [symptom]


def test_of_two_that_blame_one_field_the_one_with_more_victims_is_told():
    scaled = suspect("POD-22", WEB, field="spec.replicas")
    controller = suspect("ING-01", WEB, field="spec.replicas", victims=(SERVICE, NODE))
    assert fold([scaled, controller]) == [controller]
    assert controller.children == [scaled]
    assert len(fold([suspect("POD-22", WEB, field="spec.replicas"), suspect("POD-06", WEB, field="spec.x")])) == 2

# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The order of causes, on plain suspects."""

from __future__ import annotations

import random
import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.finding import Change, ObjectRef
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.ranking import Suspect, rank, ruled_out_by
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rule import Candidate, Rule


def suspect(code: str, *explains: int, **more: t.Any) -> Suspect:
    changed = more.pop("changed", None)
    candidate = Candidate(ObjectRef("Service", code.lower(), "shop"), "It is wrong", **more)
    return Suspect(Rule(code, "A fault", (), lambda _case: ()), candidate, frozenset(explains), changed=changed)


def order(*suspects: Suspect, failing: t.Iterable[int] = range(10)) -> list[str]:
    return [one.rule.code for one in rank(suspects, failing).causes]


def test_what_explains_most_comes_first():
    assert order(suspect("SVC-01", 1), suspect("SVC-02", 2, 3)) == ["SVC-02", "SVC-01"]


def test_a_cause_counts_only_what_is_not_explained_yet():
    big, inside, other = suspect("SVC-01", 1, 2, 3, 4), suspect("SVC-02", 1, 2, 3), suspect("SVC-03", 5, 6)
    assert order(inside, other, big) == ["SVC-01", "SVC-03", "SVC-02"]


def test_certainty_decides_before_the_layer():
    assert order(suspect("NODE-01", 1, certainty="hint"), suspect("ING-01", 1)) == ["ING-01"]
    assert order(suspect("ING-01", 1), suspect("NODE-01", 1)) == ["NODE-01", "ING-01"]


def test_of_equals_what_changed_last_comes_first():
    old, new = (suspect("SVC-01", 1, changed=Change("kubectl", f"2026-12-01T0{hour}:00:00Z")) for hour in (1, 2))
    assert rank([old, new], [1]).causes == [new, old]


def test_a_guess_about_what_something_else_explains_is_not_needed():
    sure, guess = suspect("SVC-01", 1, 2), suspect("NET-01", 2, certainty="strong")
    ranked = rank([guess, sure], [1, 2])
    assert (ranked.causes, ranked.unneeded) == ([sure], [(guess, sure)])
    said = ruled_out_by(guess, sure)
    assert (said.code, said.by) == ("NET-01", "SVC-01 of Service shop/svc-01 explains the same checks, and is certain")


def test_what_explains_nothing_comes_last_or_is_a_suspicion():
    alone, odd = suspect("POD-01", stands_alone=True, severity="critical"), suspect("SVC-01")
    explains = suspect("SVC-02", 1)
    ranked = rank([alone, odd, explains], [1, 2])
    assert (ranked.causes, ranked.suspicions, ranked.unexplained) == ([explains, alone], [odd], {2})


def test_a_cause_has_the_cells_of_its_symptoms():
    cause, symptom = suspect("POD-01"), suspect("SVC-09", 1, 2)
    cause.children.append(symptom)
    assert (cause.all_explained, order(cause, suspect("SVC-02", 3))) == ({1, 2}, ["POD-01", "SVC-02"])


def test_a_cause_stands_alone_as_its_symptom_does():
    cause = suspect("SVC-01")
    cause.children.append(suspect("POD-04", stands_alone=True))
    assert order(cause) == ["SVC-01"]


def by_turns(suspects: t.Sequence[Suspect], failing: t.Iterable[int]) -> list[Suspect]:
    """The order as its definition says it: again and again, the one that explains most of what is left."""
    left, explaining, causes = set(failing), [one for one in suspects if one.all_explained], []
    weights = {"certain": 4, "strong": 2, "hint": 1}

    def gain(one: Suspect) -> int:
        return len(one.all_explained & left) * weights[one.candidate.certainty]

    while explaining:
        best = min(explaining, key=lambda one: (-gain(one), one.key))
        if not gain(best):
            break
        explaining.remove(best)
        causes.append(best)
        left -= best.all_explained
    return causes


@pytest.mark.parametrize("seed", range(40))
def test_many_suspects_have_the_same_order_as_few(seed: int):
    chance = random.Random(seed)
    suspects = [
        suspect(
            f"{chance.choice(['POD', 'SVC', 'ING'])}-{chance.randrange(5):02}",
            *chance.sample(range(30), chance.randrange(6)),
            certainty=chance.choice(["certain", "strong", "hint"]),
        )
        for _number in range(25)
    ]
    wanted = by_turns(suspects, range(25))
    ranked = rank(suspects, range(25))
    assert ranked.causes[: len(wanted)] == wanted
    for one, instead in ranked.unneeded:
        assert instead == max(
            ranked.causes[: ranked.causes.index(instead) + 1],
            key=lambda each: len(each.all_explained & one.all_explained),
        )

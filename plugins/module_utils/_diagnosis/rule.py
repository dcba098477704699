# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What a rule is, and what it gives. A rule is one row of C(RULES) in the file of its layer.

The function of a rule is pure and small. It gives a candidate for each thing that it suspects; the engine decides which
of them hold (C(engine.py)): it calls the function only if all that the rule needs is known, rules a candidate out if
what it predicts is not so, makes it a child if its cause is another candidate, and drops it if it is a mere suspicion
that explains no failing cell.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Failure

from .about import About, Reach
from .case import Case
from .finding import Evidence, Fix, ObjectRef, RuledOut, Scope, Verify

Predicate = t.Callable[[About], bool]

#: The start of a code -> its layer, the lowest first: of two causes that explain the same, the lower one comes first.
LAYERS = {
    "CP": "control plane",
    "NODE": "node",
    "NET": "network",
    "POL": "policy",
    "POD": "Pod",
    "SVC": "Service",
    "DNS": "DNS",
    "ING": "Ingress",
    "EGR": "egress",
    "OBS": "observability",
}


#: Matches no cell.
nothing: Predicate = Reach(frozenset(), lambda _about: False)


@dataclasses.dataclass(frozen=True)
class Candidate:
    """A cause that a rule suspects.

    Attributes:
        object: of origin: the one that a person changes to mend it (C(case.origin)), not the one that suffers.
        sentence: names the object, the field and the value, as one line for a person.
        certainty: C(certain) only where an object or an answer proves it; C(strong) or C(hint).
        severity: C(critical), C(error), C(warning) or C(info).
        field: of origin, with the place in lists: C(spec.ports[0].targetPort).
        value: that the field has.
        wanted: that it should have; empty where only its owner can know.
        mechanism: how that leads to what was seen, in one sentence.
        victims: objects that suffer from it and are well themselves. A candidate about one of them becomes a child.
        explains: tells the cells that it can make fail; the engine asks it about failing cells alone. On a large
            cluster, there are thousands of candidates and of cells: a C(Reach) is asked about few of them.
        predicts: tells the cells that must fail if it is true: one that was answered rules it out. What the API itself
            says of a state that comes and goes predicts nothing.
        opens: whether it explains cells that were answered although they should not have been, not those that failed.
        parents: objects of which another candidate, if there is one, is the cause of this one.
        parent_codes: the codes that such a candidate may have; empty for every code.
        stands_alone: whether it is a finding without a failing cell, because the API says itself that something does
            not run. A mere suspicion never stands alone.
        scope: how much is affected.
        evidence: what shows it, of two kinds where there are two; exactly one has C(key).
        ruled_out: other causes that look alike, with what speaks against them.
        fix: what mends it.
        verify: the question to ask afterwards; without it, that of the first failing cell that it explains.
    """

    object: ObjectRef
    sentence: str
    certainty: str = "certain"
    severity: str = "error"
    field: str = ""
    value: str = ""
    wanted: str = ""
    mechanism: str = ""
    victims: tuple[ObjectRef, ...] = ()
    explains: Predicate = nothing
    predicts: Predicate = nothing
    opens: bool = False
    parents: tuple[ObjectRef, ...] = ()
    parent_codes: tuple[str, ...] = ()
    stands_alone: bool = False
    scope: Scope = dataclasses.field(default_factory=Scope)
    evidence: tuple[Evidence, ...] = ()
    ruled_out: tuple[RuledOut, ...] = ()
    fix: Fix | None = None
    verify: Verify | None = None


@dataclasses.dataclass(frozen=True)
class Rule:
    """One row of the catalogue.

    Attributes:
        code: C(LAYER-NUMBER); it never changes its meaning.
        title: the fault, as a heading.
        needs: facts (C(Case.unknown)) without which it cannot tell.
        find: gives its candidates.
        of_failure: gives them where the API server could not be read at all, from what was said instead of an answer.
    """

    code: str
    title: str
    needs: tuple[str, ...]
    find: t.Callable[[Case], t.Iterable[Candidate]]
    of_failure: t.Callable[[Failure, str], t.Iterable[Candidate]] | None = None

    @property
    def layer(self) -> str:
        """Of its code."""
        return LAYERS[self.code.partition("-")[0]]

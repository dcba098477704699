# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The way that a diagnosis took through the flowchart, as text."""

from __future__ import annotations

import typing as t

from .sanitize import sanitize

Plain = t.Mapping[str, t.Any]

_LONGEST = 300
#: What a part of the chart that is passed says, by the first letter of its decisions.
_PASSED = {"P": "Pods are right", "S": "Services are right", "D": "names resolve", "I": "Ingresses are right"}
_LAST = 3  #: decisions that are told whole


def _way(document: Plain) -> Plain:
    """The way through the flowchart, where it leads to the first cause: it knows fewer causes than there are rules."""
    found: Plain = (document.get("diagnosis") or document).get("way") or {}
    first = document["findings"][:1]
    leads = found.get("steps") and first and first[0]["code"] in found.get("codes", ())
    return found if leads else {}


def steps(document: Plain) -> list[tuple[str, str, str, str]]:
    """Every decision on the way through the flowchart: (which, question, answer, what it rests on)."""
    found = _way(document).get("steps") or ()
    return [(each["id"], each["question"], each["answer"], sanitize(each.get("says", ""), _LONGEST)) for each in found]


def leads_to(document: Plain) -> str:
    """What the way ends with: what to mend, and the codes of the faults that it may be."""
    found = _way(document)
    codes = f" ({', '.join(found['codes'])})" if found.get("codes") else ""
    return sanitize(f"{found['says']}{codes}", _LONGEST) if found else ""


def sentence(document: Plain) -> str:
    """The way through the flowchart in one sentence: what is right, the last decisions, and what to mend."""
    taken = steps(document)
    if not taken:
        return ""
    part = taken[-1][0][0]
    passed = dict.fromkeys(_PASSED.get(which[0], "") for which, *_rest in taken if which[0] != part)
    last = [step[:3] for step in taken if step[0][0] == part][-_LAST:]
    told = [*filter(None, passed), *(" ".join(step) for step in last)]
    return sanitize(f"{'; '.join(told)}. {leads_to(document)}", 2 * _LONGEST)

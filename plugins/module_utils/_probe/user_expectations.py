# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What the user expects, over what the cluster's objects say."""

from __future__ import annotations

import dataclasses
import typing as t

from .. import _selectors as selectors
from .._snapshot.model import Pod
from .questions import Question
from .selected import NotTested, OptionEntry, SelectionError, owners
from .sources import is_host, is_outside
from .types import Expectation

#: Fields of an end that name a Pod.
_OF_POD = ("pod", "owner", "label_selector")


@dataclasses.dataclass(frozen=True)
class UserExpectation:
    """One entry of the option C(expectations)."""

    number: int
    expect: str
    sender: OptionEntry
    receiver: OptionEntry
    models: tuple[str, ...] = ()
    reason: str = ""

    def __str__(self) -> str:
        return f"expectations, entry {self.number}"


class UserExpectations:
    """The option C(expectations), ready to be compared.

    Attributes:
        matched: numbers of the entries that were about a probe of this run.
    """

    def __init__(self, wanted: t.Sequence[OptionEntry]) -> None:
        """Read the option.

        Raises:
            SelectionError: a label selector is none.
        """
        self.matched: set[int] = set()
        self.entries = [
            UserExpectation(
                number,
                entry["expect"],
                {key: value for key, value in (entry.get("from") or {}).items() if value},
                {key: value for key, value in (entry.get("to") or {}).items() if value},
                tuple(entry.get("models") or ()),
                entry.get("reason") or "",
            )
            for number, entry in enumerate(wanted, 1)
        ]
        self._selectors = {
            text: _read(entry, text)
            for entry in self.entries
            for end in (entry.sender, entry.receiver)
            if (text := end.get("label_selector"))
        }

    def apply(self, expected: Expectation, question: Question) -> Expectation:
        """Return what is expected of a question; of several entries about it, the last one counts."""
        if expected.decision == "not_applicable":
            return expected
        found = [entry for entry in self.entries if self._is_about(entry, question)]
        self.matched.update(entry.number for entry in found)
        if not found:
            return expected
        last = found[-1]
        reason = f"the user expects it ({last}{': ' + last.reason if last.reason else ''})"
        expected = expected.needed()
        relied = expected.relied_on or (str(last) if last.expect == "allow" else "")
        if (last.expect, expected.decision) == ("allow", "deny"):
            expected = dataclasses.replace(expected, defect=expected.reason, defect_whose="network", closed=False)
        return dataclasses.replace(
            expected,
            decision=last.expect,
            reason=reason,
            decided_by=str(last),
            by_dns=False,
            resolve=None,
            relied_on=relied,
        )

    def unmatched(self) -> list[NotTested]:
        """Entries that no probe of this run was about: they say nothing, and that must not look like a success."""
        return [
            NotTested(str(entry), "no probe of this run is about it", "compare its from and to with the report's cells")
            for entry in self.entries
            if entry.number not in self.matched
        ]

    def _is_about(self, entry: UserExpectation, question: Question) -> bool:
        if entry.models and question.probe.model not in entry.models:
            return False
        return self._is_sender(entry.sender, question) and self._is_receiver(entry.receiver, question)

    def _is_sender(self, end: OptionEntry, question: Question) -> bool:
        source = question.source
        if question.pod and not (end.get("node") or is_outside(end)):
            return self._is_pod(end, question.pod)
        if source.kind == "node":
            return end.get("node") in ("*", source.node) or not end
        return source.kind == "outside" and (is_host(end, source) or not end)

    def _is_pod(self, end: OptionEntry, pod: Pod) -> bool:
        return (
            end.get("namespace", pod.namespace) == pod.namespace
            and end.get("pod", pod.name) == pod.name
            and ("owner" not in end or end["owner"].lower() in owners(pod))
            and end.get("on_node", pod.node) == pod.node
            and ("label_selector" not in end or selectors.matches(self._selectors[end["label_selector"]], pod.labels))
        )

    def _is_receiver(self, end: OptionEntry, question: Question) -> bool:
        target, probe = question.target, question.probe
        if end.get("port", target.port) != target.port or end.get("protocol", probe.protocol) != probe.protocol:
            return False
        if end.get("namespace", target.namespace) != target.namespace:
            return False
        if any(key in end for key in _OF_POD):
            pod = question.about.pod
            return target.kind == "pod" and pod is not None and self._is_pod(end, pod)
        return all(
            end[kind] in ("*", target.name) and target.kind == kind
            for kind in ("service", "ingress", "node", "host")
            if kind in end
        )


def _read(entry: UserExpectation, text: str) -> t.Any:
    try:
        return selectors.parse(text)
    except ValueError as error:
        raise SelectionError(f"{entry}: label_selector: {error}") from None

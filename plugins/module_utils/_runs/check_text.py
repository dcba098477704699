# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Check mode of M(kubewire.netdebug.net_probe) in plain text, 80 columns wide. Pure."""

from __future__ import annotations

import dataclasses
import typing as t

from .._report import phrases, untested
from .._report.sanitize import sanitize
from .._report.text import wrap
from .probe_rights import PURPOSES
from .vantage_points import KINDS

Plain = t.Mapping[str, t.Any]

_WIDTH = 80
_MOST_NAMED = 4
_MOST_REASONS = 5
_SENDERS = {"pod": "container", "node": "node", "outside": "outside host"}
_TARGETS = {
    "pod": "Pods",
    "service": "Services",
    "ingress": "entry points",
    "node": "nodes",
    "apiserver": "API server",
    "dns": "name servers",
    "host": "hosts",
}
#: Groups that a resource needs no mention of to be known.
_COMMON = ("", "batch", "discovery.k8s.io", "networking.k8s.io")


@dataclasses.dataclass(frozen=True)
class Summary:
    """What the text says beside the module's result.

    Attributes:
        error: why there is no plan.
        image: of what is created.
        replayed: whether a recording is judged again.
        deadline: seconds that the run may take.
        coverage: what part of everything is asked; empty where that is all of it.
        senders: how many sources of each kind have something to send.
        targets: how many targets of each kind there are.
        blocked: ids of the sources that could send nothing, since a right is missing or their Pods would be refused.
        hindrance: why they could not.
        not_tested: what was left out of the plan.
    """

    error: str = ""
    image: str = ""
    replayed: bool = False
    deadline: float = 0.0
    coverage: Plain = dataclasses.field(default_factory=dict)
    senders: t.Mapping[str, int] = dataclasses.field(default_factory=dict)
    targets: t.Mapping[str, int] = dataclasses.field(default_factory=dict)
    blocked: tuple[str, ...] = ()
    hindrance: str = ""
    not_tested: tuple[Plain, ...] = ()


def render(told: Plain, summary: Summary) -> str:
    """Return the text; what would have to be done comes first, the Roles last.

    Args:
        told: C(plan), C(authorisation), C(creates) and C(role) of the module's result.
        summary: what else there is to say.
    """
    blocks = [
        _headline(told, summary),
        _plan(told, summary),
        _created(told, summary, always=True),
        _created(told, summary, always=False),
        *_rights(told["authorisation"]),
        _not_tested(summary),
        _roles(told),
    ]
    lines = [line for block in blocks if block for line in ("", *block)]
    return "\n".join(lines[1:]) + "\n"


def _headline(told: Plain, summary: Summary) -> list[str]:
    if summary.replayed:
        return _wrap("CHECK MODE  A recording would be judged again; no probe would be sent.")
    senders, blocked = sum(summary.senders.values()), len(summary.blocked)
    if summary.error:
        return _wrap(f"NO PROBE CAN BE SENT  {sanitize(summary.error)}")
    if not senders:
        return _wrap("NO PROBE CAN BE SENT  No source has a probe to send.")
    if blocked == senders:
        return _wrap(f"NO PROBE CAN BE SENT  {sanitize(summary.hindrance)}")
    lacks = sum(not right["allowed"] for right in told["authorisation"])
    refused = sum("refusal" in each for each in told["creates"])
    if not lacks and not refused:
        return _wrap(f"READY  The run can probe from {_all(senders)}, and every right that it needs is allowed.")
    where = f"from {_all(senders)}"
    if blocked:
        left_out = f"{untested.listing(summary.blocked, _MOST_NAMED)}: {sanitize(summary.hindrance)}"
        where = f"from {senders - blocked:,} of {phrases.count(senders, 'source')}, not from {left_out}"
    word = f"RIGHTS ARE MISSING  {phrases.count(lacks, 'right')}." if lacks else "OBJECTS WOULD BE REFUSED  See below."
    return _wrap(f"{word} The run can probe {where}.")


def _all(number: int) -> str:
    return f"all {number:,} sources" if number > 1 else "its one source"


def _plan(told: Plain, summary: Summary) -> list[str]:
    plan = told.get("plan")
    if not plan:
        return []
    rows = [
        ("sources", plan["sources"], _kinds(summary.senders)),
        (
            "targets",
            plan["targets"],
            ", ".join(f"{_TARGETS.get(kind, kind)} {number:,}" for kind, number in summary.targets.items()),
        ),
        ("cells", plan["cells"], f"a sample of about {plan['all_cells']:,}" if "all_cells" in plan else ""),
        ("execs", plan["execs"], "none was opened"),
        ("seconds", plan["seconds"], _deadline(plan["seconds"], summary.deadline)),
    ]
    wide = max(len(f"{number:,}") for _name, number, _more in rows)
    lines = ["Plan: no probe was sent, nothing was written"]
    for name, number, more in rows:
        first = f"  {name:9}{f'{number:,}':>{wide}}  "
        lines += _wrap(more, " " * len(first), first) if more else [first.rstrip()]
    for label, text in phrases.coverage({"coverage": summary.coverage}) if summary.coverage else ():
        lines += _wrap(text, " " * 13, f"  {label:11}")
    if not told["creates"]:
        lines.append("Nothing would be created in the cluster")
    return lines


def _deadline(seconds: int, deadline: float) -> str:
    """What the estimate means for the run."""
    if seconds <= deadline:
        return f"estimated; deadline {deadline:g}"
    return f"estimated; deadline {deadline:g} ends earlier, what is missing then is unknown: increase O(deadline)"


def _kinds(senders: t.Mapping[str, int]) -> str:
    return ", ".join(phrases.count(number, _SENDERS[kind]) for kind, number in senders.items() if number)


def _created(told: Plain, summary: Summary, always: bool) -> list[str]:
    found = [each for each in told["creates"] if each["always"] is always]
    if not found:
        return []
    when = "Would be created" if always else "May be created, where a container's own image cannot probe"
    lines = _wrap(f"{when}, from {sanitize(summary.image)}")
    for each in found:
        kind = KINDS[each["kind"]]
        privileged = "privileged " if each["privileged"] else ""
        most = "" if always else "at most "
        what = f"{most}{phrases.count(each['most'], privileged + kind.title)}"
        where = f"{kind.where} {sanitize(each['namespace'])}"
        on = f", one on each node: {untested.listing(each['nodes'], _MOST_NAMED)}" if each.get("nodes") else ""
        lines += _wrap(f"{what} {where}{on}; {kind.end}", "    ", "  ")
        if not each["allowed"]:
            lines += _wrap("NOT ALLOWED, see the rights below", "    ")
        elif each.get("refusal"):
            lines += _wrap(f"REFUSED  {sanitize(each['refusal'])}", "    ")
            lines += _wrap(f"remedy: {sanitize(each['remedy'])}", "    ") if each["remedy"] else []
    return lines


def _rights(rights: t.Sequence[Plain]) -> list[list[str]]:
    """A block for each namespace, those where all is the same in one."""
    by_namespace: dict[str, list[tuple[str, bool, str, str]]] = {}
    for right in rights:
        name = right["resource"]
        if right["api_group"] not in _COMMON:
            name = f"{name}.{right['api_group']}"
        row = (right["purpose"], right["allowed"], right["verb"], sanitize(name))
        by_namespace.setdefault(right["namespace"], []).append(row)
    alike: dict[tuple[tuple[str, bool, str, str], ...], list[str]] = {}
    for namespace, rows in by_namespace.items():
        alike.setdefault(tuple(rows), []).append(namespace)
    return [[*_wrap(_where(namespaces), "  ", ""), *_rows(rows)] for rows, namespaces in alike.items()]


def _where(namespaces: t.Sequence[str]) -> str:
    if namespaces == [""]:
        return "Rights in the whole cluster"
    named = untested.listing(namespaces, _MOST_NAMED)
    return f"Rights in namespace {named}" if len(namespaces) == 1 else f"Rights in each of the namespaces {named}"


def _rows(rows: t.Sequence[tuple[str, bool, str, str]]) -> list[str]:
    lines = []
    for purpose, allowed in dict.fromkeys((purpose, allowed) for purpose, allowed, _verb, _name in rows):
        verbs: dict[str, list[str]] = {}
        for each, is_allowed, verb, name in rows:
            if (each, is_allowed) == (purpose, allowed):
                verbs.setdefault(name, []).append(verb)
        names: dict[tuple[str, ...], list[str]] = {}
        for name, own in verbs.items():
            names.setdefault(tuple(own), []).append(name)
        said = "; ".join(f"{', '.join(own)} {', '.join(those)}" for own, those in names.items())
        word = "allowed" if allowed else "NOT ALLOWED"
        lines += _wrap(f"{PURPOSES[purpose]}: {said}", " " * 15, f"  {word:13}")
    return lines


def _not_tested(summary: Summary) -> list[str]:
    told = untested.tell(summary.not_tested)
    if not told:
        return []
    lines = [f"Not tested: {phrases.count(len(summary.not_tested), 'thing')}"]
    for what, reason in told[:_MOST_REASONS]:
        lines += _wrap(f"{what}: {reason}", "    ", "  ")
    if len(told) > _MOST_REASONS:
        lines.append(f"  and more, for {phrases.count(len(told) - _MOST_REASONS, 'other reason')}")
    return lines


def _roles(told: Plain) -> list[str]:
    if not told["role"]:
        return []
    return ["To grant what is not allowed (result: role)", "", *told["role"].splitlines()]


def _wrap(text: str, indent: str = "", first: str | None = None) -> list[str]:
    return wrap(text, _WIDTH, indent, first)

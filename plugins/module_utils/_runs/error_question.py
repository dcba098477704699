# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What is asked because of an error: the options of a diagnosis, from the error and from what the user adds. Pure."""

from __future__ import annotations

import typing as t

from .._diagnosis.errors.text import ErrorText, parse
from .._probe.question import syntax
from .._probe.selected import SelectionError

Json = dict[str, t.Any]
_SOURCE = "who sees it, as diagnose_from (such as NAMESPACE/NAME of its Pod or workload), or diagnose_namespaces"


def question(text: str, source: str = "", target: str = "", namespaces: t.Sequence[str] = ()) -> Json:
    """What to ask because of an error.

    Args:
        text: the error, of any length; it is data and never a part of a command.
        source: as the user gave it; it comes before what the error names.
        target: as the user gave it; it comes before what the error names.
        namespaces: as the user gave them.

    Returns:
        C(from), C(to), C(namespaces) and C(sources) of the run, C(kind) and C(means) of the error, and C(refusal): why
        nothing can be asked, with what to add.
    """
    error = parse(text)
    asks = target or (_allowed(error.target) if error.asks_path else "")
    asked_by = source or (error.source if asks else "")
    places = list(namespaces) or ([error.namespace] if error.namespace and not asked_by else [])
    if not target:
        asks = _as_seen_by(asks, asked_by, places)
    return {
        "kind": error.kind or "unknown",
        "means": error.means,
        "from": asked_by if asks or source else "",
        "to": asks,
        "namespaces": places,
        "sources": [{"namespace": place} for place in places] if asks and not asked_by else [],
        "refusal": "" if asked_by or places else _refusal(error, asks),
    }


def _as_seen_by(target: str, source: str, namespaces: t.Sequence[str]) -> str:
    """A target whose name has no namespace, with that of who asks: so the search list of a Pod completes it."""
    end = syntax.target(target) if target else None
    if not end or end.kind != "host" or "." in end.name:
        return target
    asker = syntax.source(source) if source else None
    known = [asker.namespace] if asker and asker.namespace else [] if asker else list(namespaces)
    return _completed(target, end.name, known[0]) if len(known) == 1 else target


def _completed(target: str, name: str, namespace: str) -> str:
    before, _name, after = target.partition(name)
    return f"{before}{name}.{namespace}{after}"


def _allowed(target: str) -> str:
    """The target, if it is one that can be asked."""
    try:
        return syntax.target(target).text if target else ""
    except SelectionError:
        return ""


def _refusal(error: ErrorText, target: str) -> str:
    """Why nothing can be asked, with what it takes."""
    said = ": ".join(filter(None, ("diagnose_error", error.tool, error.means or "no known error was recognised")))
    if target:
        return f"{said}. It names the target {target} and not who asks it: add {_SOURCE}"
    return f"{said}. It names neither source nor target: add {_SOURCE}, and diagnose_to where you know whom it asks"

# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What a report does not know: what could not be asked, what there was nothing to ask of, and whole traffic models."""

from __future__ import annotations

import re
import typing as t

from .. import _words as words
from . import ways
from .sanitize import sanitize

Plain = t.Mapping[str, t.Any]

#: A list that the API server refused, in the words of `_snapshot` and of the API server.
_FORBIDDEN = re.compile(
    r'cannot list \S+(?: in namespace (?P<namespace>\S+))?: .* is forbidden: User "(?P<user>[^"]*)" cannot list '
    r'resource "(?P<resource>[^"]*)" in API group "(?P<group>[^"]*)"'
)
_NEEDS = "everything that needs "


def listing(names: t.Sequence[str], limit: int) -> str:
    """Say names, and how many more there are."""
    shown = list(names) if len(names) <= limit + 1 else list(names[:limit])
    more = f" and {len(names) - len(shown):,} more" if len(names) > len(shown) else ""
    return ", ".join(sanitize(name) for name in shown) + more


def gaps(document: Plain) -> list[Plain]:
    """What could have been asked and was not."""
    return [item for item in document["not_tested"] if not item.get("not_applicable")]


def nothing(document: Plain) -> list[Plain]:
    """What there was nothing to ask of."""
    return [item for item in document["not_tested"] if item.get("not_applicable")]


def models(document: Plain) -> list[str]:
    """The traffic models that could have been asked and were not."""
    named = {item.get("model") for item in gaps(document)}
    return [model for model in words.MODELS if model in named]


def models_without_checks(document: Plain) -> list[str]:
    """The traffic models that had nothing to ask in this run, or were not chosen; one question is in its own alone."""
    if ways.is_question(document):
        return []
    asked, untested = document["summary"]["by_model"], models(document)
    return [model for model in words.MODELS if model not in asked and model not in untested] if asked else []


def tell(items: t.Iterable[Plain], limit: int = 5) -> list[tuple[str, str]]:
    """Tell what was not tested, things with the same reason together: (what, reason and remedy)."""
    items = list(items)
    refused = [(item, found) for item in items if (found := _FORBIDDEN.match(item["reason"]))]
    alone = {id(item) for item, _found in refused} if len(refused) > 1 else set()
    by_reason: dict[tuple[str, str], list[str]] = {}
    for item in items:
        if id(item) not in alone:
            by_reason.setdefault((item["reason"], item.get("remedy", "")), []).append(item["what"])
    told = [_refused([found for _item, found in refused])] if alone else []
    for (reason, remedy), what in by_reason.items():
        told.append((listing(what, limit), sanitize(reason) + (f"; remedy: {sanitize(remedy)}" if remedy else "")))
    return told


def _refused(found: t.Sequence[re.Match[str]]) -> tuple[str, str]:
    """Tell all lists that one user may not read in one sentence, and the one rule that would help."""

    def each(name: str) -> list[str]:
        return list(dict.fromkeys(match[name] or "" for match in found))

    resources, namespaces = each("resource"), [name for name in each("namespace") if name]
    where = f" (in namespace {listing(namespaces, 3)} and in the cluster)" if namespaces else ""
    rule = f"apiGroups: {each('group')}, resources: {resources}, verbs: ['list']"
    reason = f"the API server does not let user {listing(each('user'), 2)} list them{where}"
    return _NEEDS + listing(resources, 20), sanitize(f"{reason}; remedy: grant a ClusterRole with {rule}", 1000)

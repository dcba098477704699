# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The sentences of a report: the verdict, and what each group of cells has to say. Text and HTML both speak them."""

from __future__ import annotations

import collections
import datetime
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._report import words
from ansible_collections.kubewire.netdebug.plugins.module_utils._report.clean import clean
from ansible_collections.kubewire.netdebug.plugins.module_utils._report.groups import Group

Plain = t.Mapping[str, t.Any]


def count(number: int, noun: str) -> str:
    """Say a number of things."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def listing(names: t.Sequence[str], limit: int) -> str:
    """Say names, and how many more there are."""
    shown = list(names) if len(names) <= limit + 1 else list(names[:limit])
    more = f" and {len(names) - len(shown):,} more" if len(names) > len(shown) else ""
    return ", ".join(clean(name) for name in shown) + more


def verdict(document: Plain, loud: bool = True) -> str:
    """Say the verdict of a run in one clause; loud where type cannot be larger."""
    text = _verdict(document["summary"])
    return text if loud else text[0].upper() + text[1:].lower()


def _verdict(summary: Plain) -> str:
    asked = summary["cells"] - summary["skipped"]
    if not asked:
        return "NOTHING was tested"
    parts = []
    if summary["fail"]:
        parts.append(f"{summary['fail']:,} of {count(asked, 'check')} FAILED")
    if summary["unexpected_open"]:
        of = "" if parts else f" of {count(asked, 'check')}"
        parts.append(f"{summary['unexpected_open']:,}{of} UNEXPECTEDLY OPEN")
    if summary["unknown"]:
        of = "" if parts else f" of {count(asked, 'check')}"
        parts.append(f"{summary['unknown']:,}{of} UNKNOWN" + ("" if parts else ", none failed"))
    if parts:
        return ", ".join(parts)
    errors = summary["application_errors"]
    but = f" ({errors:,} with an application error)" if errors else ""
    return ("The 1 check PASSED" if asked == 1 else f"All {asked:,} checks PASSED") + but


def seconds(run: Plain) -> float | None:
    """Return how long a run took; None when its times do not tell."""
    try:
        start, end = (_moment(run[key]) for key in ("start", "end"))
    except ValueError:
        return None
    return max(0.0, (end - start).total_seconds())


def _moment(text: str) -> datetime.datetime:
    whole, _dot, fraction = text.rstrip("Z").partition(".")
    moment = datetime.datetime.strptime(whole, "%Y-%m-%dT%H:%M:%S")
    return moment + datetime.timedelta(seconds=float(f"0.{fraction or 0}"))


def headline(document: Plain) -> str:
    """Say the verdict, where and how long, in one line."""
    run = document["run"]
    cluster, took = run["cluster"], seconds(run)
    where = f"{clean(cluster['server'])} ({clean(cluster['version'])})"
    return f"{verdict(document)} on cluster {where}" + (f", {took:.1f} s" if took is not None else "")


def source_names(document: Plain) -> dict[str, str]:
    """Name sources as people do: namespace/pod, and the container only where a Pod has several of them here."""
    short = {key: f"{item['namespace']}/{item['pod']}" for key, item in document["sources"].items() if item.get("pod")}
    twice = {name for name, number in collections.Counter(short.values()).items() if number > 1}
    return {key: key if short.get(key, key) in twice else short.get(key, key) for key in document["sources"]}


def describe(document: Plain, group: Group, names: Plain, limit: int = 5) -> list[tuple[str, str]]:
    """Tell a group: from where, to where, how, what happened, what should have happened and why."""
    cells = [document["cells"][place] for place in group.cells]
    lines = [
        (
            "from",
            _ends(group.sources, document["sources"], "Pod" if _all_pods(document, group) else "source", names, limit),
        ),
        ("to", _ends(group.targets, document["targets"], "target", {}, limit)),
        ("how", _how(cells)),
        ("happened", _happened(group, cells)),
    ]
    if group.kind in ("fail", "unexpected_open"):
        wanted = _tops(
            [f"{cell['expectation']}: {cell.get('expectation_reason') or 'no reason given'}" for cell in cells]
        )
        lines.append(("expected", wanted))
    reasons = _tops([cell["reason"] for cell in cells if cell["reason"]])
    if reasons:
        lines.append(("reason", reasons))
    if group.way_out:
        lines.append(("way out", clean(group.way_out)))
    return lines


def _all_pods(document: Plain, group: Group) -> bool:
    return all(document["sources"][key].get("pod") for key in group.sources)


def _ends(keys: t.Sequence[str], entries: Plain, noun: str, names: Plain, limit: int) -> str:
    shown = [names.get(key, key) for key in keys]
    if len(keys) == 1:
        node = entries[keys[0]].get("node", "")
        return clean(shown[0]) + (f" on {clean(node)}" if node and node != entries[keys[0]].get("name") else "")
    nodes = sorted({entries[key].get("node", "") for key in keys})
    on = f" on {listing(nodes, limit)}" if all(nodes) else ""
    return f"{count(len(keys), noun)}{on}: {listing(shown, limit)}"


def _how(cells: t.Sequence[Plain]) -> str:
    protocols = collections.Counter(cell["protocol"] for cell in cells)
    if len(protocols) == 1:
        text = next(iter(protocols))
    else:
        text = ", ".join(f"{word} {protocols[word]}" for word in words.PROTOCOLS if word in protocols)
    vias = sorted({cell.get("via") or "address" for cell in cells})
    families = sorted({cell["family"] for cell in cells})
    return f"{text} by {listing(vias, 4)}, {' and '.join(families)}"


def _happened(group: Group, cells: t.Sequence[Plain]) -> str:
    text = f"{group.outcome}: {words.say_outcome(group.outcome)}"
    times = sorted(cell["latency_ms"] for cell in cells if cell["latency_ms"] is not None)
    if not times:
        return text
    low, high = _ms(times[0]), _ms(times[-1])
    return f"{text}, after {low} ms" if low == high else f"{text}, after {low} to {high} ms"


def _ms(value: float) -> str:
    return f"{value:.0f}" if value >= 10 else f"{value:.1f}"


def _tops(texts: t.Sequence[str]) -> str:
    """Say the commonest text, and how many others there are."""
    different = collections.Counter(texts).most_common()
    if not different:
        return ""
    more = f" (and {len(different) - 1:,} like it)" if len(different) > 1 else ""
    return clean(different[0][0]) + more


def not_tested(document: Plain, limit: int = 5) -> list[tuple[str, str]]:
    """Tell what was not tested, things with the same reason together: (what, reason and way out)."""
    by_reason: dict[tuple[str, str], list[str]] = {}
    for item in document["not_tested"]:
        by_reason.setdefault((item["reason"], item.get("way_out", "")), []).append(item["what"])
    told = []
    for (reason, way_out), what in by_reason.items():
        told.append((listing(what, limit), clean(reason) + (f"; way out: {clean(way_out)}" if way_out else "")))
    return told

# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The sentences of a report: the verdict, and what each group of cells has to say. Text and HTML both speak them."""

from __future__ import annotations

import collections
import datetime
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils import _words as words
from ansible_collections.kubewire.netdebug.plugins.module_utils._report import untested
from ansible_collections.kubewire.netdebug.plugins.module_utils._report.groups import Group, pattern
from ansible_collections.kubewire.netdebug.plugins.module_utils._report.untested import listing

from .sanitize import sanitize

Plain = t.Mapping[str, t.Any]


def count(number: int, noun: str) -> str:
    """Say a number of things."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def tally(document: Plain, loud: bool = True) -> str:
    """Say the verdict of a run in one clause, after the share that was tested; loud where type cannot be larger."""
    text, part = _verdict(document), share(document)
    if not loud:
        text = text.lower()
    return f"{part}: {text[0].lower()}{text[1:]}" if part else text[0].upper() + text[1:]


def share(document: Plain) -> str:
    """Say which share of everything was asked and how to ask all, where the run chose it itself; else nothing."""
    asked, there = (document.get("coverage") or {}).get("cells") or (0, 0)
    if not there:
        return ""
    part = _percent(asked, there).strip(" ()") or "100 %"
    bound = document["coverage"].get("upper_bound")
    shows = f", 95 % confidence for what breaks more than {100 * bound:.2g} % of the pairs of nodes" if bound else ""
    return f"A sample of {part} ({asked:,} of about {there:,} checks{shows}; sample: {{mode: all}} tests all)"


def _verdict(document: Plain) -> str:
    summary = document["summary"]
    asked = summary["cells"] - summary["skipped"]
    if not asked:
        return "NOTHING was tested"
    missing = len(untested.models(document))
    models = [f"{count(missing, 'model')} NOT TESTED"] if missing else []
    parts = []
    if summary["fail"]:
        whose = [f"{summary[word]:,} {word}" for word in words.WHOSE if summary.get(word)]
        told = f"{summary['fail']:,} of {count(asked, 'check')} FAILED"
        parts.append(f"{told}: {', '.join(whose)}" if whose else told)
    if summary["unexpected_open"]:
        of = "" if parts else f" of {count(asked, 'check')}"
        parts.append(f"{summary['unexpected_open']:,}{of} UNEXPECTEDLY OPEN")
    if summary["unknown"]:
        of = "" if parts else f" of {count(asked, 'check')}"
        parts.append(f"{summary['unknown']:,}{of} UNKNOWN" + ("" if parts else ", none failed"))
    notes = f"; {count(summary['notes'], 'note')}" if summary.get("notes") else ""
    if parts:
        return ("; " if ": " in parts[0] else ", ").join(parts + models) + notes
    every = "The 1 check PASSED" if asked == 1 else f"All {asked:,} checks PASSED"
    return ", ".join([f"{count(asked, 'check')} PASSED" if models else every, *models]) + notes


def seconds(run: Plain) -> float | None:
    """Return how long a run took; None when its times do not tell."""
    try:
        start, end = (moment(run[key]) for key in ("start", "end"))
    except ValueError:
        return None
    return max(0.0, (end - start).total_seconds())


def moment(text: str) -> datetime.datetime:
    """Read a time of a run, in UTC.

    Raises:
        ValueError: there is no such time.
    """
    whole, _dot, fraction = text.rstrip("Z").partition(".")
    whole_seconds = datetime.datetime.strptime(whole, "%Y-%m-%dT%H:%M:%S")
    return whole_seconds + datetime.timedelta(seconds=float(f"0.{fraction or 0}"))


def source_names(document: Plain) -> dict[str, str]:
    """Name sources as people do: namespace/pod, and the container only where a Pod has several of them here."""
    short = {key: f"{item['namespace']}/{item['pod']}" for key, item in document["sources"].items() if item.get("pod")}
    twice = {name for name, number in collections.Counter(short.values()).items() if number > 1}
    return {key: key if short.get(key, key) in twice else short.get(key, key) for key in document["sources"]}


def describe(document: Plain, group: Group, names: Plain, limit: int = 5) -> list[tuple[str, str]]:
    """Tell a group: why, what happened, what should have happened, from where, to where and how."""
    cells = [document["cells"][place] for place in group.cells]
    lines = []
    reasons = _tops([cell["reason"] for cell in cells if cell["reason"]])
    if reasons:
        lines.append(("reason", reasons))
    lines.append(("happened", _happened(cells)))
    if group.kind in ("fail", "unexpected_open"):
        wanted = _tops(
            [f"{cell['expectation']}: {cell.get('expectation_reason') or 'no reason given'}" for cell in cells]
        )
        lines.append(("expected", wanted))
    lines += [
        ("from", sources(document, group.sources, names, limit)),
        ("to", targets(document, group.targets, limit)),
        ("how", _how(cells)),
    ]
    if group.remedy and group.remedy not in reasons:
        lines.append(("remedy", sanitize(group.remedy)))
    return lines


def sources(document: Plain, keys: t.Sequence[str], names: Plain, limit: int) -> str:
    """Name sources, and the nodes they are on."""
    entries = [document["sources"][key] for key in keys]
    pods = [item["pod"] for item in entries if item.get("pod")]
    noun = "Pod" if len(pods) == len(set(pods)) == len(keys) else "source"
    if all(item.get("kind") == "node" for item in entries):
        return _ends("node", [item.get("node") or item["id"] for item in entries], [""], limit)
    return _ends(noun, [names[key] for key in keys], [item.get("node", "") for item in entries], limit)


def targets(document: Plain, keys: t.Sequence[str], limit: int) -> str:
    """Name the objects that were asked, each once: its ports (and ICMP, which has none) are targets of their own."""
    objects: dict[tuple[str, str], list[Plain]] = {}
    for key in keys:
        item = document["targets"][key]
        objects.setdefault((item["kind"], _base(item)), []).append(item)
    only_nodes = all(kind == "node" for kind, _own in objects)
    names, nodes = [], []
    for items in objects.values():
        names.append(_object(items))
        nodes.append("" if only_nodes else items[0].get("node", ""))
    kinds = collections.Counter(kind for kind, _own in objects)
    noun = "target" if len(kinds) > 1 else _noun(next(iter(kinds)))
    mixed = ", ".join(count(number, _noun(kind)) for kind, number in kinds.items())
    return _ends(noun, names, nodes, limit, f" ({mixed})" if len(kinds) > 1 else "")


def objects(by_kind: t.Mapping[str, t.Sequence[str]], limit: int, between: str = ", ") -> str:
    """Name objects, those of one kind together."""
    return between.join(_of_kind(sanitize(kind), names, limit) for kind, names in by_kind.items())


def _of_kind(kind: str, names: t.Sequence[str], limit: int) -> str:
    if len(names) > 1:
        kind = kind.removesuffix("y") + "ies" if kind.endswith("y") else kind + "s"
    return f"{kind} {listing(names, limit)}".strip()


_NOUNS = {"pod": "Pod", "service": "Service", "ingress": "entry point", "apiserver": "API server", "dns": "name server"}


def _noun(kind: str) -> str:
    return _NOUNS.get(kind) or sanitize(kind)


def _object(items: t.Sequence[Plain]) -> str:
    ports = sorted({item["port"] for item in items if item.get("port")})
    base = _base(items[0])
    return f"{base}:{','.join(map(str, ports))}" if ports and any(item["id"] != base for item in items) else base


def _base(item: Plain) -> str:
    """Return the id of a target without its port."""
    name, port = str(item["id"]), f":{item.get('port', 0)}"
    return name[: -len(port)] if name.endswith(port) else name


def _ends(noun: str, names: t.Sequence[str], nodes: t.Sequence[str], limit: int, what: str = "") -> str:
    on = f" on {listing(sorted(set(nodes)), limit)}" if all(nodes) else ""
    if len(names) == 1:
        return sanitize(names[0]) + on
    return f"{count(len(names), noun)}{what}{on}: {listing(names, limit)}"


def _how(cells: t.Sequence[Plain]) -> str:
    protocols = collections.Counter(cell["protocol"] for cell in cells)
    if len(protocols) == 1:
        text = next(iter(protocols))
    else:
        text = ", ".join(f"{word} {protocols[word]}" for word in words.PROTOCOLS if word in protocols)
    vias = sorted({cell.get("via") or "address" for cell in cells})
    families = sorted({cell["family"] for cell in cells})
    return f"{text} by {listing(vias, 4)}, {' and '.join(families)}"


def _happened(cells: t.Sequence[Plain]) -> str:
    outcomes = collections.Counter(cell["outcome"] for cell in cells).most_common()
    word = outcomes[0][0]
    heading = words.outcome(word).heading
    text = heading if heading.startswith(word) else f"{word}: {heading}"
    if len(outcomes) > 1:  # what one of them means is not what happened
        text = ", ".join(f"{word} {number}" for word, number in outcomes)
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
    return sanitize(different[0][0]) + more


def skipped(document: Plain) -> list[tuple[str, str]]:
    """Tell what was not asked because the question makes no sense or nobody says what must happen: (what, why)."""
    alike: dict[str, list[Plain]] = {}
    for cell in document["cells"]:
        if cell["verdict"] == "skipped":
            reason = cell["reason"] or cell.get("expectation_reason") or "no reason given"
            alike.setdefault(pattern(document, cell, reason), []).append({**cell, "reason": reason})
    told = []
    for cells in sorted(alike.values(), key=len, reverse=True):
        protocols = {cell["protocol"] for cell in cells}
        models = [model for model in words.MODELS if any(cell["model"] == model for cell in cells)]
        said = " and ".join(word for word in words.PROTOCOLS if word in protocols)
        what = f"{count(len(cells), 'check')} by {said}: {listing(models, 4)}"
        told.append((what, _tops([cell["reason"] for cell in cells])))
    return told


def certificate(tls: Plain) -> str:
    """Say what a TLS handshake told, in one line."""
    flags = {"valid_now": "not valid now", "name_matches": "for another name"}
    parts = [
        str(tls.get("version", "")),
        f"certificate of {tls['subject']}" if tls.get("subject") else "",
        f"by {tls['issuer']}" if tls.get("issuer") else "",
        f"for {' '.join(map(str, tls['names']))}" if tls.get("names") else "",
        f"until {tls['not_after']}" if tls.get("not_after") else "",
        *(text for key, text in flags.items() if tls.get(key) is False),
        "self-signed" if tls.get("self_signed") is True else "",
        f"certificate not read: {tls['error']}" if tls.get("error") else "",
    ]
    return ", ".join(filter(None, parts))


_MODES = {
    "all": "everything",
    "auto": "each node, Service, host of an Ingress and workload once, then pairs, up to the limits of the run",
    "fewer_on_node": "everything but some pairs of Pods on one node",
    "ring": "a ring over the nodes",
    "random": "a random sample",
}
_PARTS = {
    "cells": "checks",
    "sources": "sources",
    "targets": "targets",
    "pairs": "pairs of nodes",
    "nodes_out": "nodes out",
    "nodes_in": "nodes in",
    "services": "Services",
    "hosts": "hosts of Ingresses",
    "workloads_out": "workloads out",
    "workloads_in": "workloads in",
}


def is_sample(document: Plain) -> bool:
    """Tell whether only a part of everything was asked."""
    told = document.get("coverage") or {}
    return bool(told.get("left_out")) or any(told[key][0] < told[key][1] for key in _PARTS if key in told)


def left(document: Plain) -> list[tuple[str, str]]:
    """Tell what of ours stays in the cluster, things that end alike together: (what, how long and why)."""
    alike: dict[tuple[str, str], dict[str, list[str]]] = {}
    for item in document.get("left", ()):
        of_kind = alike.setdefault((item.get("state", ""), item.get("reason", "")), {})
        of_kind.setdefault(item["kind"], []).append("/".join(filter(None, (item.get("namespace"), item["name"]))))
    ends: dict[tuple[str, str], list[str]] = {}
    for item in document.get("left", ()):
        if item.get("until"):
            ends.setdefault((item.get("state", ""), item.get("reason", "")), []).append(item["until"])
    told = []
    for key, names in alike.items():
        until = f" until {max(ends[key])} at the latest" if key in ends else ""
        why = f"; {key[1]}" if key[1] else ""
        told.append((objects(names, 5), sanitize(f"{key[0] or 'there'}{until}{why}")))
    return told


def coverage(document: Plain) -> list[tuple[str, str]]:
    """Tell what part of everything was asked; nothing where that was all of it."""
    if not is_sample(document):
        return []
    told = document["coverage"]
    parts = [
        f"{told[key][0]:,} of {told[key][1]:,} {noun}{_percent(*told[key])}"
        for key, noun in _PARTS.items()
        if key in told and told[key][1]
    ]
    left = [f"{item['count']:,} {sanitize(item['what'])}" for item in told.get("left_out", ())]
    lines = [
        ("mode", _MODES[told["mode"]]),
        ("tested", ", ".join(parts)),
        ("confidence", sanitize(told.get("confidence", ""))),
        ("left out", listing(left, 8)),
    ]
    return [(label, text) for label, text in lines if text]


def _percent(part: int, whole: int) -> str:
    if part >= whole:
        return ""
    share = 100 * part / whole
    return f" ({share:.0f} %)" if share >= 1 else f" ({share:.2g} %)"

# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The report in Prometheus' text format, for the textfile collector of node_exporter.

Series are few and stay the same from run to run: no label names a Pod, a target or a run. The format is that of
https://prometheus.io/docs/instrumenting/exposition_formats/ (text, 0.0.4).
"""

from __future__ import annotations

import collections
import datetime
import typing as t

from .. import _words as words
from . import phrases
from .sanitize import sanitize

Plain = t.Mapping[str, t.Any]
Sample = tuple[str, dict[str, str], float]  #: what is added to the metric's name, labels, value

QUANTILES = (0.5, 0.9, 0.99)
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n"})


def render(document: Plain) -> str:
    """Draw a valid report document; the same document gives the same text."""
    run, summary = document["run"], document["summary"]
    models: Plain = summary["by_model"]
    lines = _metric(
        "info",
        "gauge",
        "Versions that produced this report.",
        [("", {"kubernetes": run["cluster"]["version"], "kubewire": run["versions"].get("kubewire.netdebug", "")}, 1)],
        run,
    )
    for name, text, key in (("start", "started", "start"), ("end", "ended", "end")):
        stamp = _stamp(run[key])
        lines += _metric(f"run_{name}_timestamp_seconds", "gauge", f"When the run {text}.", _one(stamp), run)
    lines += _metric("run_duration_seconds", "gauge", "How long the run took.", _one(phrases.seconds(run)), run)
    cells: list[Sample] = [
        ("", {"model": model, "verdict": verdict}, counts[verdict])
        for model, counts in models.items()
        for verdict in words.VERDICTS
    ]
    lines += _metric("cells", "gauge", "Judged probes by traffic model and verdict.", cells, run)
    lines += _metric(
        "application_errors",
        "gauge",
        "Open network paths whose application answered 5xx.",
        _one(summary["application_errors"]),
        run,
    )
    failed: list[Sample] = [("", {"whose": whose}, summary[whose]) for whose in words.WHOSE if whose in summary]
    lines += _metric("failures", "gauge", "Failed probes by what is broken.", failed, run)
    lines += _metric("notes", "gauge", "Notes on applications whose probes passed.", _one(summary.get("notes")), run)
    lines += _metric("latency_seconds", "summary", "Duration of probes that passed.", _latencies(document), run)
    lines += _metric("not_tested", "gauge", "Things that could not be tested.", _one(len(document["not_tested"])), run)
    lines += _metric("findings", "gauge", "Causes that a diagnosis found, by code.", _findings(document), run)
    requests: list[Sample] = [("", {"kind": kind}, number) for kind, number in sorted(document["requests"].items())]
    lines += _metric("requests", "gauge", "Requests that the run sent to the API server.", requests, run)
    lines += _metric("sampled_ratio", "gauge", "The share of all pairs that was tested.", _one(_sampled(document)), run)
    return "\n".join(lines) + "\n"


def _findings(document: Plain) -> list[Sample]:
    """Causes by code and severity; without a diagnosis there is no such metric."""
    found = collections.Counter((each["code"], each["severity"]) for each in document["findings"])
    samples: list[Sample] = [("", {"code": code, "severity": how}, number) for (code, how), number in found.items()]
    return samples or ([("", {"code": "", "severity": ""}, 0)] if "diagnosis" in document else [])


def _one(value: float | None) -> list[Sample]:
    return [] if value is None else [("", {}, value)]


def _metric(name: str, kind: str, text: str, samples: t.Sequence[Sample], run: Plain) -> list[str]:
    """Draw one metric; every series says its cluster, so that the reports of several lie side by side."""
    if not samples:
        return []
    full = f"kubewire_{name}"
    lines = [f"# HELP {full} {text}", f"# TYPE {full} {kind}"]
    for suffix, labels, value in samples:
        pairs = {"cluster": run["cluster"]["server"], **labels}
        said = ",".join(f'{key}="{sanitize(label).translate(_ESCAPES)}"' for key, label in pairs.items())
        lines.append(f"{full}{suffix}{{{said}}} {_number(value)}")
    return lines


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(round(value, 9))


def _latencies(document: Plain) -> list[Sample]:
    times: dict[str, list[float]] = {model: [] for model in document["summary"]["by_model"]}
    for cell in document["cells"]:
        if cell["verdict"] == "pass" and cell["latency_ms"] is not None:
            times[cell["model"]].append(cell["latency_ms"] / 1000)
    samples: list[Sample] = []
    for model, seconds in times.items():
        if seconds:
            seconds.sort()
            label = {"model": model}
            for quantile in QUANTILES:
                value = seconds[min(len(seconds) - 1, int(quantile * len(seconds)))]
                samples.append(("", {**label, "quantile": str(quantile)}, value))
            samples += [("_sum", label, sum(seconds)), ("_count", label, len(seconds))]
    return samples


def _stamp(text: str) -> float | None:
    try:
        moment = phrases.moment(text)
    except ValueError:
        return None
    return moment.replace(tzinfo=datetime.timezone.utc).timestamp()


def _sampled(document: Plain) -> float:
    asked, there = document.get("coverage", {}).get("pairs", (1, 1))
    return asked / there if there else 1.0

# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What a run of M(kubewire.netdebug.net_probe) may create, and what the API server would say to it (dry run)."""

from __future__ import annotations

import dataclasses
import json
import typing as t

from .._cluster.errors import ClusterError
from .._probe.types import Source
from .._threads import Pool
from .._vantage.created import Preview
from .._vantage.vantage_point import Declared
from . import masked
from .vantage_points import VantagePoints, as_place

Json = dict[str, t.Any]
Ask = t.Callable[[], t.Union[Preview, None]]  # noqa: UP007 - evaluated, and hosts outside may have Python 3.9

#: Objects of which the API server is asked what it would say. Those of a namespace and level are alike but for their
#: labels, so one of them stands for all.
_MOST_DRY_RUNS = 20
_MAX_PARALLEL = 8


@dataclasses.dataclass
class Creation:
    """Objects of one kind, namespace and level that a run may create.

    Attributes:
        what: which kind of objects, for which level of debugging.
        namespace: where.
        most: how many there are at most.
        always: whether all of them are created; else only for containers that cannot ask.
        nodes: on which nodes, where there is one for each.
        allowed: whether the rights for it are there.
        preview: one of them, and what the API server says to it.
    """

    what: Declared
    namespace: str
    most: int
    always: bool = False
    nodes: tuple[str, ...] = ()
    allowed: bool = True
    preview: Preview | None = None

    def to_dict(self) -> Json:
        """As the module returns it."""
        told: Json = {
            "kind": self.what.creates.name,
            "namespace": self.namespace,
            "level": self.what.level,
            "privileged": self.what.privileged,
            "most": self.most,
            "always": self.always,
            "allowed": self.allowed,
        }
        if self.nodes:
            told["nodes"] = list(self.nodes)
        if self.preview:
            told["manifest"] = masked.created(self.preview.manifest)
            refusal = self.preview.refusal
            told.update({"refusal": str(refusal), "remedy": refusal.remedy} if refusal else {})
        return told

    def diff(self) -> Json | None:
        """What C(--diff) shows: one of them."""
        if not self.preview:
            return None
        whole = f"{self.what.creates.name} {self.namespace}/{self.preview.name}"
        header = f"{whole}, one of at most {self.most}" if self.most > 1 else whole
        after = json.dumps(masked.created(self.preview.manifest), indent=2) + "\n"
        return {"before_header": whole, "after_header": header, "before": "", "after": after}


def forecast(
    vantage: VantagePoints, pods: t.Sequence[Source], nodes: t.Sequence[Source], may: t.Callable[[str, str], bool]
) -> list[Creation]:
    """Return what would be created for some sources; one of each is sent as a dry run, where that is allowed.

    Args:
        vantage: the vantage points of the run.
        pods: containers, none of which may be able to ask.
        nodes: nodes that ask.
        may: tells whether rights of a purpose, and that to exec, are there in a namespace.
    """
    found: list[tuple[Creation, Ask]] = []
    if nodes:
        names = tuple(sorted(source.node for source in nodes))
        one = Creation(vantage.nodes, vantage.nodes.namespace, len(nodes), always=True, nodes=names)
        found.append((one, lambda: vantage.nodes.preview(nodes[0].node)))
    for point in vantage.points:
        for namespace, own in sorted(point.objects([as_place(source) for source in pods]).items()):
            names = tuple(sorted(place.node for place in own)) if point.one_for == "node" else ()
            one = Creation(point, namespace, len(own), nodes=names)
            found.append((one, lambda point=point, own=own: point.preview(own[0])))  # type: ignore[misc]
    for one, _ask in found:
        one.allowed = may(one.what.creates.purpose, one.namespace)
    asked = [(one, ask) for one, ask in found if one.allowed][:_MOST_DRY_RUNS]
    with Pool(_MAX_PARALLEL) as pool:
        for (one, _ask), said in zip(asked, pool.map(_say, [ask for _one, ask in asked])):  # noqa: B905 - not in Python 3.9
            one.preview = said
    return [one for one, _ask in found]


def _say(ask: Ask) -> Preview | None:
    try:
        return ask()
    except ClusterError:
        return None  # the Pod is gone, or cannot be read

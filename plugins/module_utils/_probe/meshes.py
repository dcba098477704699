# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What a service mesh makes of an answer: a source's own sidecar, and a Pod that wants mutual TLS. Pure.

A sidecar that takes the outgoing connections of a Pod accepts each of them itself, whatever becomes of it. What
shows more is an answer in the protocol of the application.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t

from .. import _words
from .._snapshot.facts import Facts
from .applications import Judged
from .paths.path import Path, transport
from .questions import Question
from .types import Answer, Cell

#: What sidecars say where they get no connection (Envoy's local replies; Linkerd's header): adding one is adding a row.
_ENVOY = re.compile(r"^(upstream connect error|no healthy upstream|upstream request timeout)", re.IGNORECASE)
_LINKERD = "l5d-proxy-error"
_CLOSED = ("reset", "tls_handshake")


def of_source(facts: Facts, question: Question) -> str:
    """The container that takes a connection of the source, or the mesh that does without one; empty where none does."""
    if question.pod is None or transport(question.probe) != "TCP":
        return ""
    if _words.MODELS[question.probe.model].over_loopback or _words.PROTOCOLS[question.probe.protocol].name_only:
        return ""
    mesh = facts.mesh(question.pod)
    if mesh is None or mesh.takes_port(question.probe.port) == "no":
        return ""
    return mesh.container or f"{mesh.name} on its node"


def of_target(facts: Facts, question: Question, path: Path) -> str:
    """The mesh that takes plain connections at none of the ends of a path, where the source is not in it.

    Returns:
        C(the mesh NAME of Pod NAMESPACE/NAME), empty where there is none.
    """
    if transport(question.probe) != "TCP" or not path.ends:
        return ""
    meshes = [(end, facts.mesh(end.peer.pod)) for end in path.ends if end.peer.pod]
    own = facts.mesh(question.pod) if question.pod else None
    strict = [(end, mesh) for end, mesh in meshes if mesh and mesh.wants_mtls(end.port) == "strict"]
    if len(strict) < len(path.ends) or any(own and own.name == mesh.name for _end, mesh in strict):
        return ""
    end, mesh = strict[0]
    return f"the mesh {mesh.name} of Pod {end.peer.pod.id if end.peer.pod else ''}"


def judge(rows: t.Iterable[Judged]) -> list[Judged]:
    """Return the cells with what their mesh makes of them."""
    return [_by_sidecar(row) if row.expected.sidecar else _by_mutual_tls(row) for row in rows]


def _by_sidecar(row: Judged) -> Judged:
    cell, sidecar = row.cell, row.expected.sidecar
    if cell.outcome in ("probe_error", "not_applicable") or _words.outcome(cell.outcome).is_name:
        return row
    if cell.protocol == "tcp":
        if cell.verdict == "skipped":
            return row
        reason = f"the sidecar {sidecar} of the source answers every connection, so this one says nothing of the target"
        return _changed(row, verdict="unknown", author="sidecar", reason=reason, defect="")
    if said := own_words(row.answer):
        reason = f"the sidecar {sidecar} of the source answers itself that it got no connection ({said})"
        reason = "; ".join(filter(None, (row.expected.defect, reason)))
        verdict = {"allow": "fail", "deny": "pass"}.get(row.expected.decision, cell.verdict)
        return _changed(row, verdict=verdict, author="sidecar", reason=reason if verdict == "fail" else cell.reason)
    if cell.outcome in _CLOSED:
        reason = f"{cell.reason} (by the sidecar {sidecar} of the source)" if cell.reason else ""
        return _changed(row, author="sidecar", reason=reason)
    return row


def own_words(answer: Answer) -> str:
    """What a sidecar says of itself in an answer; empty where the answer is another's."""
    if answer.headers.get(_LINKERD):
        return answer.headers[_LINKERD]
    status = _words.outcome(answer.outcome)
    return answer.body[:120] if status.is_application_error and _ENVOY.match(answer.body) else ""


def _by_mutual_tls(row: Judged) -> Judged:
    """A plain connection that a mesh does not take is closed as the mesh says."""
    cell, mesh = row.cell, row.expected.mutual_tls
    if not mesh or row.expected.decision != "allow" or cell.verdict not in ("pass", "fail"):
        return row
    if cell.outcome not in _CLOSED and not (cell.outcome == "open" and cell.protocol == "tcp"):
        return row
    said = f"{mesh} takes connections of the mesh alone (mutual TLS), and the source is not in it"
    if cell.outcome == "open":
        reason = f"{said}; its sidecar accepts the connection all the same, which says nothing of the application"
        return _changed(row, verdict="unknown", reason=reason)
    # It is as a policy that closes: what the source gets is what the mesh is told to give.
    expected = dataclasses.replace(row.expected, decision="deny", reason=said, decided_by=mesh, closed=False)
    changed = {"expectation": "deny", "expectation_reason": said, "decided_by": mesh, "author": "peer", "defect": ""}
    return _changed(row._replace(expected=expected), verdict="pass", reason=f"closed by {mesh}, as it says", **changed)


def _changed(row: Judged, **changes: t.Any) -> Judged:
    cell: Cell = dataclasses.replace(row.cell, **changes)
    return row._replace(cell=cell)

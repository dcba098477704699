# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Which Pods a user means, and which of their containers."""

from __future__ import annotations

import dataclasses
import typing as t
from urllib.parse import quote

from .._bad_input import BadInput
from .._cluster.errors import ClusterError
from .._cluster.rest import Api
from .._record import Record
from .._selectors import parse
from . import names
from .types import Place, Refusal, Refused

#: kubectl exec goes by it, too (KEP-2227).
DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container"
_KINDS = (
    ("containers", "containerStatuses"),
    ("initContainers", "initContainerStatuses"),
    ("ephemeralContainers", "ephemeralContainerStatuses"),
)
_ENDED = ("Succeeded", "Failed")


@dataclasses.dataclass(frozen=True)
class PodSelector(Record):
    """One Pod by its name, or those that carry labels.

    Attributes:
        namespace: where.
        name: of one Pod, or an empty string.
        label_selectors: in the words of C(kubectl -l); all must match.
    """

    namespace: str
    name: str = ""
    label_selectors: tuple[str, ...] = ()

    @property
    def params(self) -> dict[str, str]:
        """Query of a list or watch call that holds these Pods and no other."""
        if self.name:
            return {"fieldSelector": f"metadata.name={self.name}"}
        return {"labelSelector": ",".join(filter(None, map(str.strip, self.label_selectors)))}


def choose(api: Api, selection: PodSelector) -> list[dict[str, t.Any]]:
    """Read the Pods, with one request, in the order of their names.

    A Pod that was named is returned whatever its state. Of those that labels select, the ones that have ended
    (C(Succeeded), C(Failed), so the evicted ones, too) are passed over: nothing will ever run in them again.

    Raises:
        Refused: there is no such Pod (C(no_such_pod)), or none matches (C(no_match)).
        BadInput: a name or a selector is none; the message names the option.
        ClusterError: the Pods cannot be read.
    """
    names.check_label("namespace", selection.namespace)
    path = f"/api/v1/namespaces/{quote(selection.namespace, safe='')}/pods"
    if selection.name:
        names.check_subdomain("name", selection.name)
        return [_named(api, path, selection)]
    _check_selectors(selection.label_selectors)
    found = list(api.list(path, selection.params, f"list pods in namespace {selection.namespace}"))
    chosen = [pod for pod in found if (pod.get("status") or {}).get("phase") not in _ENDED]
    if not chosen:
        ended = f", except for {len(found)} that have ended" if found else ""
        message = f"no Pod of namespace {selection.namespace} matches{ended}"
        remedy = f"choose labels that kubectl get pods -n {selection.namespace} --show-labels lists"
        raise Refused(Refusal("no_match", f"O(label_selectors) {list(selection.label_selectors)}", message, remedy))
    return sorted(chosen, key=lambda pod: str(pod["metadata"]["name"]))


def _check_selectors(selectors: t.Sequence[str]) -> None:
    try:
        requirements = [requirement for text in selectors for requirement in parse(text)]
    except ValueError as error:
        raise BadInput(f"label_selectors: {error}") from None
    if not requirements:
        raise BadInput(
            "O(name) or O(label_selectors) is required: without them, every Pod of the namespace would be selected"
        )


def _named(api: Api, path: str, selection: PodSelector) -> dict[str, t.Any]:
    namespace = selection.namespace
    try:
        return api.get(f"{path}/{quote(selection.name, safe='')}", what=f"read Pod {namespace}/{selection.name}")
    except ClusterError as error:
        if error.status != 404:
            raise
        message = f"namespace {namespace} has no such Pod"
        remedy = f"choose one that kubectl get pods -n {namespace} lists"
        raise Refused(Refusal("no_such_pod", f"O(name) {selection.name!r}", message, remedy), 404) from None


def place(pod: t.Mapping[str, t.Any], container: str = "", level: str = "container") -> Place:
    """Return where commands go: containers, init containers and ephemeral containers will do.

    Args:
        pod: whole, as the API server gave it.
        container: which one. Unset, the one that the annotation C(kubectl.kubernetes.io/default-container) names, else
            the first.
        level: of the answers.

    Raises:
        BadInput: the Pod has no such container; the message names the option and those it has.
    """
    metadata, spec = pod["metadata"], pod["spec"]
    has = [str(each["name"]) for kind, _statuses in _KINDS for each in spec.get(kind) or ()]
    if container and container not in has:
        where = f"Pod {metadata['namespace']}/{metadata['name']}"
        raise BadInput(f"container: {container!r} is not in {where}; it has {', '.join(has)}")
    wanted = container or (metadata.get("annotations") or {}).get(DEFAULT_CONTAINER)
    name = wanted if wanted in has else has[0]
    return Place(level, metadata["namespace"], metadata["name"], name, spec.get("nodeName", ""))


def hindrance(pod: t.Mapping[str, t.Any], container: str) -> str:
    """Say in words why no command can run in a container, or return nothing where it runs.

    The API server hears of a start or an end a moment later than it happens, so this explains a refusal; it foretells
    none.
    """
    status = pod.get("status") or {}
    entries = [each for _kind, statuses in _KINDS for each in status.get(statuses) or () if each["name"] == container]
    state = entries[0].get("state") or {} if entries else {}
    if "running" in state:
        return ""
    phase = f"the Pod is {status.get('phase', 'Unknown')}"
    if "terminated" in state:
        end = state["terminated"]
        return f"{phase}, container {container} ended with exit code {end.get('exitCode')} ({end.get('reason')})"
    reason = (state.get("waiting") or {}).get("reason") or _unscheduled(status) or status.get("reason")
    return f"{phase}, container {container} has not started{f' ({reason})' if reason else ''}"


def _unscheduled(status: t.Mapping[str, t.Any]) -> str:
    conditions = [each for each in status.get("conditions") or () if each.get("type") == "PodScheduled"]
    return str(conditions[0].get("message") or "") if conditions and conditions[0].get("status") == "False" else ""

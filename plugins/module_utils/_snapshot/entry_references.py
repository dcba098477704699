# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Which URLs in the commands, arguments and environment of Pods reach a controller that does not serve them. Pure.

A path may be a secret. Nothing leaves this file but hosts with ports that lead to a controller, and paths of Ingresses.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
import typing as t

from . import addresses_in
from .entries import EntryPoint
from .fields import Json, OddObject, mapping, mappings, string, strings
from .model import Pod
from .model_entries import EntryReference

_MAX_REFERENCES = 200
_SCHEMES = {"http": 80, "https": 443}
#: A URL of a host that is no Service of the cluster: a look that costs little, at every container of a cluster.
_MAY_BE = re.compile(r"https?://(?![^\s/]*\.svc\b)[^\s/]*[a-z0-9-]\.[a-z]", re.IGNORECASE)
_PLACE = re.compile(r"(.*)\.(env|command|args)\[(\d+)\]$")


@dataclasses.dataclass(frozen=True)
class Dialled:
    """A URL that a Pod names."""

    host: str
    port: int
    path: str
    where: str


def dialled(item: Json) -> tuple[Dialled, ...]:
    """The URLs in the containers of a Pod, as the API has it; of what is named like a secret, none."""
    found: list[Dialled] = []
    try:
        for place, container in enumerate(mappings(mapping(item, "spec"), "containers")):
            if not any(_MAY_BE.search(text) for text in _texts(container) if "://" in text):
                continue
            for address, where in addresses_in.of_container(container, f"spec.containers[{place}]"):
                host, _sign, port = address.rpartition(":")
                path = _path(container, where, host, int(port))
                if path:
                    found.append(Dialled(host, int(port), path, where))
    except OddObject:
        pass
    return tuple(found)


def _texts(container: Json) -> t.Iterator[str]:
    yield from (*strings(container, "command"), *strings(container, "args"))
    yield from (string(entry, "value") for entry in mappings(container, "env"))


def _path(container: Json, where: str, host: str, port: int) -> str:
    """The path of the URL of a host that stands somewhere in a container; empty where it is no URL of HTTP."""
    place = _PLACE.fullmatch(where)
    if not place:
        return ""
    number = int(place[3])
    if place[2] == "env":
        text = string(mappings(container, "env")[number], "value")
    else:
        text = strings(container, place[2])[number]
    own = rf"(https?)://(?:[^/\s'\"]*@)?{re.escape(host)}(?::(\d+))?(/[^\s?#'\";,|]*)?(?=[\s?#'\";,|]|$)"
    for url in re.finditer(own, text, re.IGNORECASE):
        if int(url[2] or _SCHEMES[url[1].lower()]) == port:
            return url[3] or "/"
    return ""


def find(
    by_pod: t.Mapping[str, t.Sequence[Dialled]], pods: t.Iterable[Pod], entries: t.Sequence[EntryPoint]
) -> tuple[EntryReference, ...]:
    """The URLs that reach a controller, and that nothing there serves.

    Args:
        by_pod: what C(dialled) found, by C(namespace/name) of the Pod.
        pods: that are known.
        entries: the ways in that a GET can ask.
    """
    exact: dict[tuple[str, int], list[EntryPoint]] = {}
    others: dict[int, list[EntryPoint]] = {}  #: without a host, or with a wildcard
    for entry in entries:
        if entry.host and not entry.host.startswith("*"):
            exact.setdefault((entry.host, entry.port), []).append(entry)
        else:
            others.setdefault(entry.port, []).append(entry)
    found: list[EntryReference] = []
    for pod in pods:
        for url in by_pod.get(pod.id, ()) if entries else ():
            wide = [entry for entry in others.get(url.port, ()) if _has_host(entry, url.host)]
            there = [*exact.get((url.host, url.port), ()), *wide]
            one = _of_path(pod, url, there) if there else _of_host(pod, url, entries)
            if one:
                found.append(one)
    return tuple(found)[:_MAX_REFERENCES]


def _has_host(entry: EntryPoint, host: str) -> bool:
    """Whether an entry is for a host; a wildcard stands for one label (IngressRule) or for more (Gateway API)."""
    return entry.host in ("", host) or (entry.host.startswith("*.") and host.endswith(entry.host[1:]))


def _of_host(pod: Pod, url: Dialled, entries: t.Sequence[EntryPoint]) -> EntryReference | None:
    """A host that the Pod's own hosts file leads to a controller, and that none of what this serves has."""
    own = [alias.ip for alias in pod.host_aliases if url.host in (name.lower() for name in alias.hostnames)]
    if not own:
        return None
    near = [entry for entry in entries if entry.host and entry.port == url.port and set(own) & set(entry.addresses)]
    if not near:
        return None
    entry = max(near, key=lambda one: difflib.SequenceMatcher(None, one.host, url.host).ratio())
    address = next(each for each in own if each in entry.addresses)
    return EntryReference(pod.id, url.host, url.port, address, entry.id, entry.path.field, where=url.where)


def _of_path(pod: Pod, url: Dialled, there: t.Sequence[EntryPoint]) -> EntryReference | None:
    """A path below an exact one, that no other path of the host has."""
    if any(_has_path(entry, url.path) for entry in there):
        return None
    above = [entry for entry in there if entry.addresses and url.path.startswith(f"{entry.path.path.rstrip('/')}/")]
    if not above:
        return None
    entry = max(above, key=lambda one: len(one.path.path))
    own = entry.path
    return EntryReference(
        pod.id, url.host, url.port, entry.addresses[0], entry.id, own.field, own.path, where=url.where
    )


def _has_path(entry: EntryPoint, path: str) -> bool:
    own = entry.path.path
    if entry.path.path_type == "Exact":
        return path == own
    if entry.path.path_type in ("Prefix", "PathPrefix"):
        return f"{path}/".startswith(own.rstrip("/") + "/")
    return True  # the controller interprets it

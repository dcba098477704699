# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Models that end at a host and path: every one of every Ingress, HTTPRoute and OpenShift Route."""

from __future__ import annotations

import typing as t

from ..._snapshot.entries import Entry
from ..._snapshot.facts import is_address
from ..types import Target
from .asker import Asked, Asker
from .ports import quote

#: Stands for the C(*) of a wildcard: any one label has to be served.
_ANY_LABEL = "kubewire"


def pod_to_ingress(asker: Asker) -> t.Iterator[Asked]:
    """Every host and path, by the host's name and by the address of what serves it."""
    yield from _to_entries(asker, "pod_to_ingress")


def outside_to_ingress(asker: Asker) -> t.Iterator[Asked]:
    """The same from outside the cluster."""
    yield from _to_entries(asker, "outside_to_ingress")


def _to_entries(asker: Asker, model: str) -> t.Iterator[Asked]:
    for entry in asker.selected.entries:
        host = entry.host.replace("*", _ANY_LABEL, 1)
        protocol = "https" if entry.tls else "http"
        for via, asked, ip_family in _ways(asker, entry, host):
            more: dict[str, t.Any] = {"port": entry.port, "via": via}
            if host and host != asked:
                more["server_name"] = host
            if asker.wants(protocol):
                yield asker.ask(model, target(entry), protocol, asked, ip_family, path=quote(entry.path.path), **more)
            if entry.tls and host and asker.wants("tls"):
                yield asker.ask(model, target(entry), "tls", asked, ip_family, **more)


def _ways(asker: Asker, entry: Entry, host: str) -> t.Iterator[tuple[str, str, str]]:
    """How, whom and in which family to ask: the name as users type it, and past DNS the address itself."""
    addresses = [address for address in entry.addresses if is_address(address)]
    named = [address for address in entry.addresses if address not in addresses]
    shared = asker.families(addresses)
    if host or named:
        families = {ip_family for _address, ip_family in shared} if addresses else set(asker.own_families())
        for ip_family in asker.own_families():
            if ip_family in families:
                yield "name", host or named[0], ip_family
    for address, ip_family in shared:
        yield "address", address, ip_family


def target(entry: Entry) -> Target:
    """One host and path."""
    word = f"ingress/{entry.namespace}/{entry.name}/{entry.host or '*'}{quote(entry.path.path)}:{entry.port}"
    shown = f"{entry.host or '*'}{entry.path.path}"
    return Target(word, "ingress", entry.name, entry.namespace, entry.port, shown)


def find(asked: t.Iterable[Entry], word: str) -> Entry | None:
    """The entry that a target is about."""
    return next((entry for entry in asked if target(entry).id == word), None)

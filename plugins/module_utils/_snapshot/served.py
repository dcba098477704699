# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What the API server serves: its groups, read once, and the resources of a version where a list of one is forbidden.

A list of a resource that is not served is answered with 403 and not with 404 to whoever may not list it. Every
authenticated user may read which there are (ClusterRole system:discovery).
"""

from __future__ import annotations

import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.rest import Api

from .fields import OddObject, mappings, string


def groups(api: Api) -> dict[str, list[str]] | None:
    """The groups and versions that are served, None where they cannot be read."""
    try:
        found = mappings(api.get("/apis", what="read the served API groups"), "groups")
        return {
            string(group, "name"): [string(version, "version") for version in mappings(group, "versions")]
            for group in found
        }
    except (ClusterError, OddObject):
        return None


class Resources:
    """The resources of versions of API groups; each version is read when it is first asked for, and once."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._known: dict[str, frozenset[str] | None] = {}
        self._is_refused = False

    def may_have(self, bases: t.Iterable[str], name: str) -> bool:
        """Whether one of some versions has a resource, or may have it, since they cannot be read.

        Args:
            bases: the paths of the versions.
            name: the plural name of the resource.
        """
        found = [self._of(base) for base in bases]
        return any(each is None or name in each for each in found)

    def _of(self, base: str) -> frozenset[str] | None:
        if base not in self._known:
            self._known[base] = None if self._is_refused else self._read(base)
        return self._known[base]

    def _read(self, base: str) -> frozenset[str] | None:
        try:
            found = mappings(self._api.get(base, what=f"read the resources of {base}"), "resources")
            return frozenset(string(each, "name") for each in found)
        except ClusterError as error:
            if error.status == 404:
                return frozenset()
            self._is_refused = error.reason in ("forbidden", "unreachable")  # as it will be for the others
        except OddObject:
            pass
        return None

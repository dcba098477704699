# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Ephemeral containers for Pods whose own images have nothing to probe with: the same network, other tools."""

from __future__ import annotations

import dataclasses
import math
import typing as t
from urllib.parse import quote

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.rest import Api
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug import admission, lifetime, names
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.attach import Attachment
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.types import Left
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.wanted import Wanted
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Source, SourceReport

PROFILES = ("restricted", "baseline")  #: what a probe may need at most; both pass the Pod Security of their name
_LIFETIME = 600  #: seconds; always the same, so that the next run finds them again
_START = 60.0  #: seconds at most that they may take to start
_GRACE = 10.0


def check(image: str) -> None:
    """Check what the user asked for.

    Raises:
        ValueError: it is no image; the message names the option.
    """
    names.check_image("debug_image", image)


class Toolboxes:
    """One ephemeral container in each Pod that needs one.

    Attributes:
        added: whether one was added; else those that were there served again.
        left: all of ours that the Pods carry now.
    """

    def __init__(self, api: Api, image: str, profile: str, deadline: float) -> None:
        """Prepare; nothing is sent.

        Args:
            api: the API server.
            image: with a shell or Python.
            profile: one of C(PROFILES).
            deadline: seconds that the probes of a run may take.
        """
        seconds = min(max(_LIFETIME, math.ceil(deadline) + math.ceil(_START)), lifetime.MOST)
        self.wanted = Wanted(image, profile, "ephemeral", command=("sleep", str(seconds)))
        self.api, self.deadline = api, deadline
        self.added, self.left = False, list[Left]()
        self._inside: dict[str, str] = {}  # Pod -> container
        self._why_not: dict[str, tuple[str, str]] = {}  # Pod -> the trouble and the way out

    def attach(self, sources: t.Iterable[Source], seconds: float) -> None:
        """Give each source's Pod one.

        Args:
            sources: whom they are for.
            seconds: how long they may take to start.
        """
        pods: dict[str, set[str]] = {}
        for source in sources:
            pods.setdefault(source.namespace, set()).add(source.pod)
        for namespace in sorted(pods):
            try:
                self._attach(namespace, pods[namespace], min(seconds, _START))
            except ClusterError as error:
                self._why_not.update({f"{namespace}/{name}": (str(error), error.way_out) for name in pods[namespace]})

    def _attach(self, namespace: str, wanted: set[str], seconds: float) -> None:
        path = f"/api/v1/namespaces/{quote(namespace, safe='')}/pods"
        found = self.api.list(path, None, f"list pods in namespace {namespace}")
        pods = [pod for pod in found if pod["metadata"]["name"] in wanted]
        group = Attachment(self.api, namespace, pods, self.wanted, apart=True)
        group.plan(self.deadline)
        if group.missing:
            need = admission.Need("patch", "pods", "ephemeralcontainers", "", namespace)
            admission.authorise(self.api, [need], group.missing[0].object)
        group.forecast()
        group.add()
        self.added |= bool(group.missing)
        group.wait({}, max(1.0, seconds), _GRACE)
        self.left += group.left()
        for member in group.members:
            if member.trouble:
                self._why_not[f"{namespace}/{member.name}"] = (member.trouble.evidence, member.trouble.way_out)
            else:
                self._inside[f"{namespace}/{member.name}"] = member.container

    def inside(self, source: Source) -> Source | None:
        """Return where to ask for a source: the same Pod, another container; nothing where there is none."""
        container = self._inside.get(f"{source.namespace}/{source.pod}")
        return dataclasses.replace(source, container=container, image=self.wanted.image) if container else None

    def explain(self, source: Source, report: SourceReport) -> SourceReport:
        """Return a report with the reason why its source could not be asked through an ephemeral container either."""
        why, way_out = self._why_not.get(f"{source.namespace}/{source.pod}", ("the Pod is gone", ""))
        return dataclasses.replace(report, error=f"{report.error}; an ephemeral container: {why}", way_out=way_out)

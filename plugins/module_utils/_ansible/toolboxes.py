# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Ephemeral containers for Pods whose own images have nothing to probe with: the same network, other tools."""

from __future__ import annotations

import dataclasses
import math
import time
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.rest import Api
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug import (
    admission,
    keepalive,
    lifetime,
    names,
    room,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.attach import Attachment
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.wanted import Wanted
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Source

from .boxes import START
from .rungs import Rung

Json = dict[str, t.Any]

#: What it takes: verb, resource, subresource, API group.
RIGHTS = (("patch", "pods", "ephemeralcontainers", ""), ("list", "pods", "", ""), ("watch", "pods", "", ""))
PROFILES = ("restricted", "baseline")  #: what a probe may need at most; both pass the Pod Security of their name
_LIFETIME = 600  #: seconds; always the same, so that the next run finds them again
_GRACE = 10.0
_NO_ROOM = (
    "its Pod has a limit of memory, and nobody can tell what the other containers leave of it",
    "give each of them a limit of memory, and each emptyDir in memory a sizeLimit",
)


def check(image: str) -> None:
    """Check what the user asked for.

    Raises:
        ValueError: it is no image; the message names the option.
    """
    names.check_image("debug_image", image)


class Toolboxes(Rung):
    """One ephemeral container in each Pod that needs one.

    Attributes:
        added: whether one was added; else those that were there served again.
    """

    title = "an ephemeral container"

    def __init__(self, api: Api, image: str, profile: str, deadline: float) -> None:
        """Prepare; nothing is sent.

        Args:
            api: the API server.
            image: with a shell or Python.
            profile: one of C(PROFILES).
            deadline: seconds that the probes of a run may take.
        """
        super().__init__(api)
        seconds = min(max(_LIFETIME, math.ceil(deadline) + math.ceil(START)), lifetime.MOST)
        self.programs = [
            Wanted(image, profile, "ephemeral", command=keepalive.command(seconds, program))
            for program in (keepalive.SHELL, keepalive.PYTHON)
        ]
        self.deadline = deadline
        self.added = False

    def provide(self, sources: t.Sequence[Source], seconds: float) -> None:
        """Give each source's Pod one: with a shell, and where the image has none with Python."""
        until = time.monotonic() + seconds

        def attach(namespace: str, own: t.Sequence[Source]) -> None:
            for wanted in self.programs:
                if own:
                    own = self._attach(namespace, own, wanted, min(until - time.monotonic(), START))

        self._by_namespace(sources, attach)

    def _attach(self, namespace: str, sources: t.Sequence[Source], what: Wanted, seconds: float) -> list[Source]:
        """Give each source's Pod one with this program; return those whose image does not have it."""
        pods = self._pods(namespace)
        # Where memory is bounded, the processes that share it must be seen.
        wanted = {source.pod: source.container for source in sources}
        asked_in = {name: wanted[name] for name in pods if name in wanted}
        shared = {name: room.shared_kib(pods[name], container) for name, container in asked_in.items()}
        self._refuse((source for source in sources if shared.get(source.pod) == 0), *_NO_ROOM)
        targets = {name: "" if bound is None else asked_in[name] for name, bound in shared.items() if bound != 0}
        groups = [
            Attachment(
                self.api,
                namespace,
                [pods[name] for name, its in targets.items() if its == target],
                dataclasses.replace(what, target=target),
                apart=True,
            )
            for target in sorted(set(targets.values()))
        ]
        for group in groups:
            group.plan(self.deadline)
        missing = [member for group in groups for member in group.missing]
        if missing:
            needs = [admission.Need(*right, namespace) for right in RIGHTS]
            admission.authorise(self.api, needs, missing[0].object)
        until = time.monotonic() + seconds
        for group in groups:
            group.forecast()
            group.add()
            self.added |= bool(group.missing)
        for group in groups:
            group.wait({}, max(1.0, until - time.monotonic()), _GRACE)
            self.left += group.left()
        members = {member.name: member for group in groups for member in group.members}
        for source in sources:
            if source.pod in members:
                member = members[source.pod]
                box = dataclasses.replace(source, container=member.container, image=what.image, level="pod")
                self._settle(source, member.trouble, dataclasses.replace(box, shared_kib=shared[source.pod]))
        troubles = {name: member.trouble for name, member in members.items() if member.trouble}
        return [source for source in sources if source.pod in troubles and troubles[source.pod].kind == "command"]

# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The network namespaces of a node: a privileged Pod there enters that of the container itself."""

from __future__ import annotations

import dataclasses
import typing as t

from .._cluster import exec as exec_
from .._cluster.errors import ClusterError
from .._debug import placement
from .._debug.debug_spec import DebugSpec
from .._debug.placement import Slot
from .._debug.pod_group import GroupPod
from .._debug.types import Place
from .._snapshot import node_kinds
from .created import Preview
from .probe_pods import CONTAINER, POD, PodRequest, ProbePods
from .vantage_point import RunNeeds, VantagePoint

#: Finds processes by their containers' IDs; those that end meanwhile do not matter.
_FIND = 'grep -HoF "$@" /proc/[0-9]*/cgroup 2>/dev/null'
_FIND_TIMEOUT_S = 15.0
#: Copies a file of a container, whose links are its own: they are followed within its root and never into C(/proc)
#: (openat2(2), RESOLVE_IN_ROOT and RESOLVE_NO_MAGICLINKS, Linux 5.6), or a link could lead to a file of the node. What
#: is no regular file, or larger than any such file, is refused; without the file there is nothing to copy.
READ_INSIDE = """
import ctypes, errno, os, stat, struct, sys
root, name, copy = sys.argv[1:]
folder = os.open(root, os.O_PATH | os.O_DIRECTORY)
how = struct.pack("QQQ", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC, 0, 0x12)
libc = ctypes.CDLL(None, use_errno=True)
found = libc.syscall(437, folder, name.encode(), how, len(how))
if found < 0:
    error = ctypes.get_errno()
    sys.exit(0 if error == errno.ENOENT else name + ": " + os.strerror(error))
if not stat.S_ISREG(os.fstat(found).st_mode):
    sys.exit(name + ": it is no regular file")
data = os.read(found, 1 << 16)
if os.read(found, 1):
    sys.exit(name + ": it is larger than 64 KiB")
with open(copy, "wb") as out:
    out.write(data)
"""
#: The first word is the root of a process in the source's Pod: names are resolved as they are there. A bind mount
#: cannot come from another mount namespace, so the files are copied, in a mount namespace of this command's own.
_ENTER = """
read=$1 root=$2
shift 2
mount -t tmpfs none /tmp || exit 126
for file in resolv.conf hosts; do
    python3 -I -S -c "$read" "$root" "etc/$file" "/tmp/$file" || exit 126
    [ ! -e "/tmp/$file" ] || mount --bind "/tmp/$file" "/etc/$file" || exit 126
done
exec "$@"
"""


class NodeNamespaces(VantagePoint):
    """One privileged Pod on each node of the containers."""

    title = "its node"
    level = "node"
    creates = POD
    one_for = "node"
    in_own_namespace = False
    privileged = True

    def __init__(self, pods: ProbePods, namespace: str, unfit: t.Mapping[str, str] | None = None) -> None:
        """Prepare; nothing is sent.

        Args:
            pods: creates the Pods.
            namespace: of the Pods; it must admit privileged ones.
            unfit: why nothing of ours runs on a node, by its name.
        """
        super().__init__(pods.api)
        self.pods, self.namespace, self.unfit = pods, namespace, unfit or {}
        self._on_node: dict[str, GroupPod] = {}

    @classmethod
    def of_run(cls, needs: RunNeeds) -> NodeNamespaces:
        """Prepare that of a run."""
        found = {node.name: node_kinds.unfit(node) for node in needs.facts.snapshot.nodes}
        return cls(needs.pods, needs.namespace, {name: reason for name, reason in found.items() if reason})

    def prepare(self, containers: t.Sequence[Place], seconds: float) -> None:
        """Create a Pod on each node, and find the containers' processes there."""
        for container in containers:
            if not self.can_replace(container):
                self._refuse([container], f"Node {container.node}: {self.unfit[container.node]}")
        containers = list(filter(self.can_replace, containers))
        try:
            self._make(sorted({container.node for container in containers} - self._on_node.keys()), seconds)
            ids = self._container_ids(containers)
        except ClusterError as error:
            self._refuse(containers, str(error), error.remedy)
            return
        for node in sorted({container.node for container in containers}):
            own = [container for container in containers if container.node == node]
            self._find(own, self._on_node[node], ids, min(seconds, _FIND_TIMEOUT_S))

    def can_replace(self, container: Place) -> bool:
        """Whether a Pod of ours can run on the node of a container."""
        return container.node not in self.unfit

    def preview(self, container: Place) -> Preview | None:
        """The Pod on the node of one container."""
        if not self.can_replace(container):
            return None
        return self.pods.preview(self.namespace, self._request(container.node))

    def _request(self, node: str) -> PodRequest:
        spec = DebugSpec(
            self.pods.image,
            "sysadmin",
            host_network=True,
            host_pid=True,
            custom={"securityContext": {"runAsUser": 0}},
            tolerations=tuple(placement.TOLERATE_ALL),
        )
        return PodRequest(Slot(node), spec, node)

    def _make(self, nodes: t.Sequence[str], seconds: float) -> None:
        if nodes:
            requests = [self._request(node) for node in nodes]
            self._on_node.update(zip(nodes, self.pods.make(self.namespace, requests, seconds), strict=True))

    def _container_ids(self, containers: t.Sequence[Place]) -> dict[str, str]:
        """The runtime's IDs of the containers (C(status.containerStatuses[].containerID)), by what they are."""
        namespaces = sorted({container.namespace for container in containers})
        pods = {namespace: self._pods(namespace) for namespace in namespaces}
        return {
            container.object: status["containerID"].partition("://")[2]
            for container in containers
            for status in pods[container.namespace].get(container.pod, {}).get("status", {}).get("containerStatuses")
            or ()
            if status["name"] == container.container and status.get("containerID")
        }

    def _find(self, containers: t.Sequence[Place], pod: GroupPod, ids: t.Mapping[str, str], seconds: float) -> None:
        if pod.trouble:
            self._refuse(containers, pod.trouble.evidence, pod.trouble.remedy)
            return
        words = [word for container in containers if container.object in ids for word in ("-e", ids[container.object])]
        argv = ["sh", "-c", _FIND, "sh", *words]
        result = exec_.run(
            self.api.connection, self.namespace, pod.name, CONTAINER, argv, b"", seconds, 1 << 20, node=pod.node
        )
        if result.exit_class not in ("exited", "signalled"):
            self._refuse(containers, result.message, result.remedy)
            return
        processes = _processes(result.stdout.decode(errors="replace"))
        for container in containers:
            process = processes.get(ids.get(container.object, ""))
            if process:
                place = self.pods.place(self.level, self.namespace, pod)
                self._settle(container, None, dataclasses.replace(place, enter=_enter(process)))
            else:
                reason = f"node {container.node} shows no process of the container {container.container}"
                self._refuse([container], reason)


def _enter(process: int) -> tuple[str, ...]:
    space, root = f"/proc/{process}/ns/net", f"/proc/{process}/root"
    return "nsenter", f"--net={space}", "unshare", "--mount", "sh", "-c", _ENTER, "sh", READ_INSIDE, root


def _processes(lines: str) -> dict[str, int]:
    """The first process of each container, from C(/proc/PID/cgroup:ID)."""
    found: dict[str, int] = {}
    for line in lines.splitlines():
        path, _colon, name = line.rpartition(":")
        process = int(path.split("/")[2])
        found[name] = min(process, found.get(name, process))
    return found

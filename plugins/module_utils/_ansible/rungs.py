# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Who asks in a container's place, from the least level up: its Pod, its namespace, its node.

Each rung gives a source another place to ask from, or the reason why it cannot.
"""

from __future__ import annotations

import abc
import dataclasses
import typing as t
from urllib.parse import quote

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster import exec as exec_
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.errors import ClusterError
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.rest import Api
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug import lifetime, placement
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.placement import Slot
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.pod_group import Member
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.types import Left, Trouble
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.wanted import Wanted
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import stand_in
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Probe, Source, Target
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts

from .boxes import CONTAINER, Boxes, Order

Json = dict[str, t.Any]

#: Never true, so the Pod never becomes ready, and no Service sends it anything (KEP-580).
_NEVER_READY = [{"conditionType": "kubewire.io/never"}]
#: What of a Pod's spec decides how it resolves names, and which images it may have.
_LIKE = ("dnsPolicy", "dnsConfig", "hostAliases", "imagePullSecrets")
#: Finds processes by their containers' IDs; those that end meanwhile do not matter.
_FIND = 'grep -HoF "$@" /proc/[0-9]*/cgroup 2>/dev/null'
_FIND_SECONDS = 15.0
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


class Rung(abc.ABC):
    """One way to ask for a container that cannot.

    Attributes:
        title: how messages name it.
        limit: what cannot be asked from it.
        left: what stays in the cluster because of it, and until when.
    """

    title = limit = ""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.left: list[Left] = []
        self._inside: dict[str, Source] = {}
        self._why_not: dict[str, tuple[str, str]] = {}  # id of a source -> the trouble and the way out

    def suits(self, source: Source, target: Target, probe: Probe) -> bool:
        """Tell whether what is asked from there says what the source itself would have seen."""
        del source, target, probe
        return True

    @abc.abstractmethod
    def provide(self, sources: t.Sequence[Source], seconds: float) -> None:
        """Give each source a place, or find out why not.

        Args:
            sources: containers that cannot ask.
            seconds: how long that may take.
        """

    def inside(self, source: Source) -> Source | None:
        """Return where to ask for a source; nothing where it has no such place."""
        return self._inside.get(source.id)

    def why_not(self, source: Source) -> tuple[str, str]:
        """Return why a source has no such place, or cannot ask everything from it, and what would help."""
        return self._why_not.get(source.id) or (self.limit or "the Pod is gone", "")

    def _by_namespace(self, sources: t.Sequence[Source], provide: t.Callable[[str, t.Sequence[Source]], None]) -> None:
        """Do something for each namespace; one that refuses does not spoil the others."""
        for namespace in sorted({source.namespace for source in sources}):
            own = [source for source in sources if source.namespace == namespace]
            try:
                provide(namespace, own)
            except ClusterError as error:
                self._refuse(own, str(error), error.way_out)

    def _pods(self, namespace: str) -> dict[str, Json]:
        """The Pods of a namespace as the API server has them now, by name."""
        path = f"/api/v1/namespaces/{quote(namespace, safe='')}/pods"
        found = self.api.list(path, None, f"list pods in namespace {namespace}")
        return {str(pod["metadata"]["name"]): pod for pod in found}

    def _settle(self, source: Source, trouble: Trouble | None, box: Source) -> None:
        if trouble:
            self._refuse([source], trouble.evidence, trouble.way_out)
        else:
            self._inside[source.id] = box

    def _refuse(self, sources: t.Iterable[Source], why: str, way_out: str = "") -> None:
        self._why_not.update({source.id: (why, way_out) for source in sources})


class StandIns(Rung):
    """Another Pod of the same namespace and node, that NetworkPolicies treat as they do the source."""

    title = "a Pod of its namespace"
    limit = "another Pod cannot ask what a Pod asks itself"

    def __init__(self, boxes: Boxes, facts: Facts, profile: str) -> None:
        """Prepare; nothing is sent.

        Args:
            boxes: makes the Pods.
            facts: the snapshot, with the policies.
            profile: of the Pods.
        """
        super().__init__(boxes.api)
        self.boxes, self.facts, self.profile = boxes, facts, profile

    def suits(self, source: Source, target: Target, probe: Probe) -> bool:
        """Everything but what a Pod asks itself."""
        return stand_in.suits(source, target, probe)

    def provide(self, sources: t.Sequence[Source], seconds: float) -> None:
        """Make one Pod for each source."""
        self._by_namespace(sources, lambda namespace, own: self._make(namespace, own, seconds))

    def _make(self, namespace: str, sources: t.Sequence[Source], seconds: float) -> None:
        pods = self._pods(namespace)
        able, orders = [], []
        for source in sources:
            try:
                labels = stand_in.labels(self.facts, source, lifetime.labels("", "x"))
            except stand_in.CannotStandIn as reason:
                self._refuse([source], str(reason))
                continue
            if source.pod not in pods:
                self._refuse([source], "the Pod is gone")
                continue
            able.append(source)
            orders.append(self._order(source, pods[source.pod], labels))
        for source, member in zip(able, self.boxes.make(namespace, orders, seconds) if orders else (), strict=True):
            box = dataclasses.replace(self.boxes.place(source, namespace, member), level="namespace")
            self._settle(source, member.trouble, box)

    def _order(self, source: Source, pod: Json, labels: dict[str, str]) -> Order:
        wanted = Wanted(
            self.boxes.image,
            self.profile,
            tolerations=tuple(placement.TOLERATE_ALL),
            labels=labels,
            unprivileged_ping=True,
        )
        like = {key: pod["spec"][key] for key in _LIKE if key in pod["spec"]}

        def finish(manifest: Json) -> None:
            manifest["spec"].update(like, readinessGates=_NEVER_READY)

        return Order(Slot(source.node), wanted, f"{source.pod}-{source.container}", finish)


class InsideNodes(Rung):
    """A privileged Pod on the source's node, that enters the network namespace of the source itself."""

    title = "its node"

    def __init__(self, boxes: Boxes, namespace: str) -> None:
        """Prepare; nothing is sent.

        Args:
            boxes: makes the Pods.
            namespace: of the Pods; it must admit privileged ones.
        """
        super().__init__(boxes.api)
        self.boxes, self.namespace = boxes, namespace
        self._members: dict[str, Member] = {}

    def provide(self, sources: t.Sequence[Source], seconds: float) -> None:
        """Make a Pod on each node, and find the sources' processes there."""
        try:
            self._make(sorted({source.node for source in sources} - self._members.keys()), seconds)
            ids = self._container_ids(sources)
        except ClusterError as error:
            self._refuse(sources, str(error), error.way_out)
            return
        for node in sorted({source.node for source in sources}):
            own = [source for source in sources if source.node == node]
            self._find(own, self._members[node], ids, min(seconds, _FIND_SECONDS))

    def _make(self, nodes: t.Sequence[str], seconds: float) -> None:
        wanted = Wanted(
            self.boxes.image,
            "sysadmin",
            host_network=True,
            host_pid=True,
            custom={"securityContext": {"runAsUser": 0}},
            tolerations=tuple(placement.TOLERATE_ALL),
        )
        if nodes:
            orders = [Order(Slot(node), wanted, node) for node in nodes]
            self._members.update(zip(nodes, self.boxes.make(self.namespace, orders, seconds), strict=True))

    def _container_ids(self, sources: t.Sequence[Source]) -> dict[str, str]:
        """The runtime's IDs of the sources' containers (C(status.containerStatuses[].containerID))."""
        pods = {namespace: self._pods(namespace) for namespace in sorted({source.namespace for source in sources})}
        return {
            source.id: container["containerID"].partition("://")[2]
            for source in sources
            for container in pods[source.namespace].get(source.pod, {}).get("status", {}).get("containerStatuses") or ()
            if container["name"] == source.container and container.get("containerID")
        }

    def _find(self, sources: t.Sequence[Source], member: Member, ids: t.Mapping[str, str], seconds: float) -> None:
        if member.trouble:
            self._refuse(sources, member.trouble.evidence, member.trouble.way_out)
            return
        words = [word for source in sources if source.id in ids for word in ("-e", ids[source.id])]
        argv = ["sh", "-c", _FIND, "sh", *words]
        where = self.namespace, member.name, CONTAINER
        result = exec_.run(self.api.connection, *where, argv, b"", seconds, 1 << 20)
        processes = _processes(result.stdout.decode(errors="replace"))
        for source in sources:
            process = processes.get(ids.get(source.id, ""))
            if process:
                box = self.boxes.place(source, self.namespace, member)
                self._settle(source, None, dataclasses.replace(box, level="node", enter=_enter(process)))
            else:
                self._refuse([source], f"node {source.node} shows no process of the container {source.container}")


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

# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What the user asked for, and the Pod or ephemeral container that it becomes: plain data in, plain data out."""

from __future__ import annotations

import dataclasses
import typing as t

from . import merge, names, profiles
from .._record import Record
from .types import PROFILES

Json = dict[str, t.Any]

HOST_ROOT = "/host"  #: where kubectl shows the node's /
GRACE = 1  #: seconds; nothing of ours has anything to save
PING = {"name": "net.ipv4.ping_group_range", "value": "0 2147483647"}  #: PodSecurity admits it at every level


@dataclasses.dataclass(frozen=True)
class HostMount(Record):
    """A path of the node shown in the container.

    Attributes:
        path: on the node, absolute.
        mount_path: in the container, absolute.
        read_only: whether writing is refused.
    """

    path: str
    mount_path: str
    read_only: bool = True


@dataclasses.dataclass(frozen=True)
class Wanted(Record):
    """What the user asked for.

    Attributes:
        image: of the debug container; empty only where a copy changes a container that is there.
        profile: one of C(PROFILES).
        style: one of C(profiles.STYLES).
        container: name of the debug container.
        command: of the container itself; empty means the image's own.
        env: environment variables.
        image_pull_policy: C(Always), C(IfNotPresent), C(Never), or empty for the server's default.
        image_pull_secrets: names of Secrets in the Pod's namespace.
        host_network: share the node's network; None means what the profile says for the style.
        host_pid: share the node's processes; None as above.
        host_ipc: share the node's IPC; None as above.
        host_root: show the node's C(/) at C(/host); None as above.
        host_root_read_only: kubectl's own object has it writable.
        host_mounts: further paths of the node.
        custom: a partial container, merged as C(kubectl debug --custom) does.
        labels: of the Pod.
        annotations: of the Pod.
        service_account: whose token the Pod gets; empty means none of our Pods gets one.
        node: name of the node; the scheduler is not asked then.
        node_selector: labels the node must have.
        node_affinity: C(nodeSelectorTerms) of which one must match.
        tolerations: None means that a node Pod tolerates every taint and another none.
        resources: requests, and limits that equal them, such as C({"cpu": "100m"}).
        lifetime: seconds after which the kubelet ends the Pod; 0 means never.
        target: container whose processes an ephemeral container joins.
        unprivileged_ping: let every group open ping sockets, so that ping needs no capability.
    """

    image: str
    profile: str = "general"
    style: str = "namespace"
    container: str = "debugger"
    command: tuple[str, ...] = ()
    env: dict[str, str] = dataclasses.field(default_factory=dict)
    image_pull_policy: str = ""
    image_pull_secrets: tuple[str, ...] = ()
    host_network: bool | None = None
    host_pid: bool | None = None
    host_ipc: bool | None = None
    host_root: bool | None = None
    host_root_read_only: bool = True
    host_mounts: tuple[HostMount, ...] = ()
    custom: dict[str, t.Any] = dataclasses.field(default_factory=dict)
    labels: dict[str, str] = dataclasses.field(default_factory=dict)
    annotations: dict[str, str] = dataclasses.field(default_factory=dict)
    service_account: str = ""
    node: str = ""
    node_selector: dict[str, str] = dataclasses.field(default_factory=dict)
    node_affinity: tuple[dict[str, t.Any], ...] = ()
    tolerations: tuple[dict[str, t.Any], ...] | None = None
    resources: dict[str, str] = dataclasses.field(default_factory=dict)
    lifetime: int = 0
    target: str = ""
    unprivileged_ping: bool = False

    KEEP: t.ClassVar[frozenset[str]] = frozenset(("tolerations",))  # an empty tuple is an answer, too

    def __post_init__(self) -> None:
        if self.profile not in PROFILES:
            raise ValueError(f"profile is {self.profile!r}; it must be one of {', '.join(PROFILES)}")
        if self.style not in profiles.STYLES:
            raise ValueError(f"style is {self.style!r}; it must be one of {', '.join(profiles.STYLES)}")
        names.check_label("container", self.container)
        merge.check(self.custom)


def pod(wanted: Wanted, namespace: str, name: str) -> Json:
    """Return the Pod of style C(namespace) or C(node).

    A node Pod is C(kubectl debug node/NAME). A namespace Pod is C(kubectl run): it gets the security context that the
    profile gives a node Pod, and nothing of the node unless asked for. Neither carries an API token unless a service
    account is named, nor the environment variables of Services.

    Raises:
        ValueError: the style is another one.
    """
    if wanted.style not in ("namespace", "node"):
        raise ValueError(f"style is {wanted.style!r}; a Pod of its own has style namespace or node")
    row = profiles.TABLE[wanted.profile]
    of_node = wanted.style == "node"
    container = base_container(wanted)
    spec: Json = {"containers": [container], "restartPolicy": "Never"}
    for field, asked in (
        ("hostNetwork", wanted.host_network),
        ("hostPID", wanted.host_pid),
        ("hostIPC", wanted.host_ipc),
    ):
        if asked if asked is not None else of_node and row.host_namespaces:
            spec[field] = True
    host_root = wanted.host_root if wanted.host_root is not None else of_node and row.host_root
    volumes, mounts = _host_volumes(wanted, host_root)
    if volumes:
        spec["volumes"] = volumes
        container["volumeMounts"] = mounts
    context = profiles.security_context(wanted.profile, wanted.style)
    if context:
        container["securityContext"] = context
    if wanted.resources:
        container["resources"] = {"requests": dict(wanted.resources), "limits": dict(wanted.resources)}
    spec["containers"] = [merge.merge(container, wanted.custom)]
    _place(spec, wanted)
    spec["terminationGracePeriodSeconds"] = GRACE
    spec["enableServiceLinks"] = False
    if wanted.service_account:
        spec["serviceAccountName"] = wanted.service_account
    else:
        spec["automountServiceAccountToken"] = False
    if wanted.image_pull_secrets:
        spec["imagePullSecrets"] = [{"name": secret} for secret in wanted.image_pull_secrets]
    if wanted.unprivileged_ping:
        spec["securityContext"] = {"sysctls": [dict(PING)]}
    if wanted.lifetime:
        spec["activeDeadlineSeconds"] = wanted.lifetime
    metadata: Json = {"name": name, "namespace": namespace, "labels": dict(wanted.labels)}
    if wanted.annotations:
        metadata["annotations"] = dict(wanted.annotations)
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def ephemeral_container(wanted: Wanted, pod: t.Mapping[str, t.Any]) -> Json:
    """Return the ephemeral container for a Pod, as C(kubectl debug POD) adds it.

    Raises:
        ValueError: its name is taken in the Pod, or the target is not one of its containers.
    """
    spec = pod.get("spec") or {}
    there = [c["name"] for kind in ("containers", "initContainers") for c in spec.get(kind) or []]
    taken = there + [c["name"] for c in spec.get("ephemeralContainers") or []]
    if wanted.container in taken:
        raise ValueError(f"container is {wanted.container!r}; the Pod has one of that name: {', '.join(taken)}")
    if wanted.target and wanted.target not in there:
        raise ValueError(f"target is {wanted.target!r}; it must be one of the Pod's containers: {', '.join(there)}")
    container = base_container(wanted)
    context = profiles.security_context(wanted.profile, "ephemeral")
    if context:
        container["securityContext"] = context
    if wanted.target:
        container["targetContainerName"] = wanted.target
    return merge.merge(container, wanted.custom)


def base_container(wanted: Wanted) -> Json:
    """Return the debug container before its profile and the partial container."""
    container: Json = {"name": wanted.container, "image": wanted.image, "terminationMessagePolicy": "File"}
    if wanted.command:
        container["command"] = list(wanted.command)
    if wanted.env:
        container["env"] = env(wanted)
    if wanted.image_pull_policy:
        container["imagePullPolicy"] = wanted.image_pull_policy
    return container


def env(wanted: Wanted) -> list[Json]:
    """Return the environment variables as the API has them."""
    return [{"name": key, "value": value} for key, value in wanted.env.items()]


def warnings(wanted: Wanted, pod: t.Mapping[str, t.Any]) -> list[str]:
    """Return what the user should know before it runs.

    Args:
        wanted: what was asked for.
        pod: the Pod that will be created, or the one an ephemeral container goes into.
    """
    return []


def _host_volumes(wanted: Wanted, host_root: bool) -> tuple[list[Json], list[Json]]:
    mounts = [HostMount("/", HOST_ROOT, wanted.host_root_read_only)] if host_root else []
    wants = [("host-root", mount) for mount in mounts]
    wants += [(f"host-{index}", mount) for index, mount in enumerate(wanted.host_mounts)]
    volumes: list[Json] = [{"name": name, "hostPath": {"path": mount.path}} for name, mount in wants]
    shown: list[Json] = [
        {"name": name, "mountPath": mount.mount_path, **({"readOnly": True} if mount.read_only else {})}
        for name, mount in wants
    ]
    return volumes, shown


def _place(spec: Json, wanted: Wanted) -> None:
    """Say on which node the Pod lands."""
    if wanted.node:
        spec["nodeName"] = wanted.node
    if wanted.node_selector:
        spec["nodeSelector"] = dict(wanted.node_selector)
    if wanted.node_affinity:
        terms = [dict(term) for term in wanted.node_affinity]
        required = {"nodeSelectorTerms": terms}
        spec["affinity"] = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}
    tolerations = wanted.tolerations
    if tolerations is None:
        tolerations = ({"operator": "Exists"},) if wanted.style == "node" else ()
    if tolerations:
        spec["tolerations"] = [dict(toleration) for toleration in tolerations]

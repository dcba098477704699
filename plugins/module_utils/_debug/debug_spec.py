# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What the user asked for: checked where it is said, so that nothing wrong is ever sent."""

from __future__ import annotations

import dataclasses
import posixpath
import typing as t

from .._bad_input import BadInput
from .._record import Record
from . import merge, names, profiles
from .profiles import PROFILES

PULL_POLICIES = ("Always", "IfNotPresent", "Never")
HOST_ROOT = "/host"  #: where kubectl shows the node's C(/)

_OF_OUR_POD = (
    *("host_network", "host_pid", "host_ipc", "host_root", "host_mounts", "service_account", "node", "node_selector"),
    *("node_affinity", "tolerations", "unprivileged_ping"),
)

#: Fields that a style cannot honour; whoever sets one is told so.
_USELESS: dict[str, tuple[str, ...]] = {
    "namespace": ("target",),
    "node": ("target",),
    "copy": (*_OF_OUR_POD, "target"),
    "ephemeral": (*_OF_OUR_POD, "image_pull_secrets", "resources"),
}


@dataclasses.dataclass(frozen=True)
class HostMount(Record):
    """A path of the node that the container sees.

    Attributes:
        path: on the node, absolute.
        mount_path: in the container, absolute.
        read_only: whether the container cannot write to it.
    """

    path: str
    mount_path: str
    read_only: bool = True

    def __post_init__(self) -> None:
        for option, value in (("path", self.path), ("mount_path", self.mount_path)):
            if not value.startswith("/") or ".." in value.split("/") or "\0" in value:
                raise BadInput(f"host_mounts: {option} is {value!r}; it must be an absolute path without '..'")
        if ":" in self.mount_path or not self.mount_path.strip("/"):
            raise BadInput(f"host_mounts: mount_path is {self.mount_path!r}; it must hold no ':' and not be '/'")


@dataclasses.dataclass(frozen=True)
class DebugSpec(Record):
    """What the user asked for.

    Attributes:
        image: of the debug container; empty only where a copy changes a container that is there.
        profile: one of C(PROFILES).
        style: one of C(profiles.STYLES).
        container: name of the debug container.
        command: of the container itself; empty means the image's own.
        env: environment variables.
        image_pull_policy: one of C(PULL_POLICIES), or empty for the server's default.
        image_pull_secrets: names of Secrets in the Pod's namespace.
        host_network: whether to share the node's network; None means what the profile says for the style.
        host_pid: whether to share the node's processes; None as above.
        host_ipc: whether to share the node's IPC; None as above.
        host_root: whether to see the node's C(/) at C(HOST_ROOT); None as above.
        host_root_read_only: kubectl's own object has it writable.
        host_mounts: further paths of the node.
        custom: a partial container, merged as C(kubectl debug --custom) does it.
        labels: of the Pod; an ephemeral container has none.
        annotations: of the Pod; an ephemeral container has none.
        service_account: whose token the Pod gets; without one it gets no token.
        node: name of the node, without asking the scheduler.
        node_selector: labels that the node must have.
        node_affinity: C(nodeSelectorTerms), one of which the node must match.
        tolerations: None means that a node Pod tolerates every taint and any other none.
        resources: what is requested, and the limit as well, such as C({"cpu": "100m"}).
        lifetime: seconds after which the kubelet ends the Pod, 0 for never; an ephemeral container must end itself.
        target: container whose processes an ephemeral container sees.
        unprivileged_ping: let every group open ping sockets, so that ping needs no capability.

    Raises:
        BadInput: a field holds what it cannot hold; the message names field, value and what is allowed.
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

    KEEP: t.ClassVar[frozenset[str]] = frozenset(("tolerations",))  # none at all is an answer, too

    def __post_init__(self) -> None:
        _check_choices(self)
        _check_names(self)
        _check_use(self)
        merge.check(self.custom)

    def on_host(self, what: str) -> bool:
        """Say whether the Pod shares one thing of its node: C(network), C(pid), C(ipc) or C(root)."""
        asked: bool | None = getattr(self, f"host_{what}")
        if asked is not None:
            return asked
        row = profiles.TABLE[self.profile]
        return self.style == "node" and (row.host_root if what == "root" else row.host_namespaces)


def _check_choices(wanted: DebugSpec) -> None:
    for option, allowed in (("profile", PROFILES), ("style", profiles.STYLES)):
        if getattr(wanted, option) not in allowed:
            raise BadInput(f"{option} is {getattr(wanted, option)!r}; it must be one of {', '.join(allowed)}")
    if wanted.image_pull_policy not in ("", *PULL_POLICIES):
        policies = ", ".join(PULL_POLICIES)
        raise BadInput(f"image_pull_policy is {wanted.image_pull_policy!r}; it must be empty or one of {policies}")
    if wanted.lifetime < 0:
        raise BadInput(f"lifetime is {wanted.lifetime}; it must be 0 or a number of seconds")


def _check_names(wanted: DebugSpec) -> None:
    names.check_label("container", wanted.container)
    if wanted.image or wanted.style != "copy":
        names.check_image("image", wanted.image)
    if wanted.target:
        names.check_label("target", wanted.target)
    for option in ("node", "service_account"):
        if getattr(wanted, option):
            names.check_subdomain(option, getattr(wanted, option))
    for secret in wanted.image_pull_secrets:
        names.check_subdomain("image_pull_secrets", secret)
    names.check_labels("labels", wanted.labels)
    names.check_labels("node_selector", wanted.node_selector)
    for key, value in wanted.env.items():
        if not key or "=" in key or not isinstance(value, str):
            raise BadInput(f"env has {key!r}: {value!r}; a name holds no '=', and a value is a string")


def _check_use(wanted: DebugSpec) -> None:
    """Refuse what the style cannot honour and what excludes each other."""
    for field in _USELESS[wanted.style]:
        if getattr(wanted, field) not in (None, "", (), {}, False):
            takers = " or ".join(style for style in profiles.STYLES if field not in _USELESS[style])
            raise BadInput(f"{field} is set, but style is {wanted.style!r}; it is for style {takers}")
    if wanted.node and (wanted.node_selector or wanted.node_affinity):
        raise BadInput(
            f"node is {wanted.node!r}; it excludes node_selector and node_affinity: name one node or ask for any"
        )
    if wanted.unprivileged_ping and wanted.on_host("network"):
        raise BadInput(
            "unprivileged_ping is set with the node's network, whose sysctls a Pod cannot set; leave one out"
        )
    seen = [HOST_ROOT] if wanted.on_host("root") else []
    for mount in wanted.host_mounts:
        path = posixpath.normpath(mount.mount_path)
        if path in seen:
            raise BadInput(
                f"host_mounts: mount_path is {mount.mount_path!r}; it must be another than {', '.join(seen)}"
            )
        seen.append(path)

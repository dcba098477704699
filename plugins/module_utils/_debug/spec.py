# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The Pod or ephemeral container that becomes of what the user asked for: plain data in, plain data out."""

from __future__ import annotations

import typing as t

from .._bad_input import BadInput
from . import merge, names, profiles
from .debug_spec import HOST_ROOT, DebugSpec, HostMount
from .types import MANAGED_BY, RUN_ID

Json = dict[str, t.Any]

_OURS = (MANAGED_BY[0], f"{RUN_ID.partition('/')[0]}/")  # what our labels begin with
GRACE = 1  #: seconds; nothing of ours has anything to save
#: KEP-3857: readOnly alone leaves what is mounted below the path, such as C(/tmp) or C(/run), writable.
READ_ONLY = {"readOnly": True, "recursiveReadOnly": "IfPossible"}
PING = {"name": "net.ipv4.ping_group_range", "value": "0 2147483647"}  #: every level of PodSecurity admits it


def pod(wanted: DebugSpec, namespace: str, name: str) -> Json:
    """Return a Pod of style C(namespace) or C(node).

    A node Pod is what C(kubectl debug node/NAME) makes. A namespace Pod is its like without the node: the security
    context that the profile gives a node Pod, and no namespace or path of the host unless it is asked for. Unlike
    kubectl's, neither gets an API token (unless a service account is named) or the variables of every Service.

    Raises:
        BadInput: the style is another one.
    """
    if wanted.style not in profiles.OWN_POD:
        raise BadInput(f"style is {wanted.style!r}; a Pod of its own is of style {' or '.join(profiles.OWN_POD)}")
    volumes, mounts = _host_paths(wanted)
    container = debug_container(wanted)
    if mounts:
        container["volumeMounts"] = mounts
    spec: Json = {
        "containers": [finish(wanted, container)],
        "restartPolicy": "Never",
        "terminationGracePeriodSeconds": GRACE,
        "enableServiceLinks": False,
        **_host_namespaces(wanted),
        **_identity(wanted),
        **_place(wanted),
    }
    if volumes:
        spec["volumes"] = volumes
    if wanted.unprivileged_ping:
        spec["securityContext"] = {"sysctls": [dict(PING)]}
    if wanted.lifetime:
        spec["activeDeadlineSeconds"] = wanted.lifetime
    metadata = {"labels": dict(wanted.labels), "annotations": dict(wanted.annotations)}
    return manifest(namespace, name, metadata, spec)


def ephemeral_container(wanted: DebugSpec, pod: t.Mapping[str, t.Any]) -> Json:
    """Return the ephemeral container that C(kubectl debug POD) would add to a Pod.

    Raises:
        BadInput: the style is another one, the Pod has a container of that name, or no container that is the target.
    """
    if wanted.style != "ephemeral":
        raise BadInput(f"style is {wanted.style!r}; an ephemeral container is of style ephemeral")
    there = [container["name"] for container in containers(pod, "containers", "initContainers")]
    taken = there + [container["name"] for container in containers(pod, "ephemeralContainers")]
    if wanted.container in taken:
        raise BadInput(f"container is {wanted.container!r}; the Pod has {', '.join(taken)}, and a name is used once")
    if wanted.target and wanted.target not in there:
        raise BadInput(f"target is {wanted.target!r}; it must be a container of the Pod: {', '.join(there)}")
    container = debug_container(wanted)
    if wanted.target:
        container["targetContainerName"] = wanted.target
    return finish(wanted, container)


def warnings(wanted: DebugSpec, pod: t.Mapping[str, t.Any]) -> list[str]:
    """Return what the user should know before it runs.

    Args:
        wanted: what was asked for.
        pod: the Pod that will be created (of a copy, the copy), or the one that an ephemeral container goes into.

    Raises:
        BadInput: the ephemeral container is not for this Pod.
    """
    container = _container_of(wanted, pod)
    said = []
    if wanted.profile == "legacy":
        said.append("profile legacy is deprecated: kubectl removes it in 1.39; use general, or sysadmin on a node")
    said += _warn_of_user(container, (pod.get("spec") or {}).get("securityContext") or {})
    if not names.is_fixed(container["image"]) and container.get("imagePullPolicy", "Always") == "Always":
        said.append(
            f"image {container['image']} has no fixed tag, so every start asks its registry, and two nodes may run two "
            "images; use a tag other than latest, or a digest"
        )
    if wanted.style == "copy":
        said += _warn_of_copy(wanted, pod)
    return said


def debug_container(wanted: DebugSpec) -> Json:
    """Return the debug container before its profile and the partial container; empty fields are left out."""
    fields: Json = {
        "name": wanted.container,
        "image": wanted.image,
        "command": list(wanted.command),
        "env": [{"name": key, "value": value} for key, value in wanted.env.items()],
        "imagePullPolicy": wanted.image_pull_policy,
        "resources": {"requests": dict(wanted.resources), "limits": dict(wanted.resources)} if wanted.resources else {},
    }
    return {**{key: value for key, value in fields.items() if value}, "terminationMessagePolicy": "File"}


def finish(wanted: DebugSpec, container: t.Mapping[str, t.Any]) -> Json:
    """Return the container with the profile applied and then the partial container merged, in kubectl's order."""
    finished = dict(container)
    context = profiles.security_context(wanted.profile, wanted.style, finished.pop("securityContext", None))
    if context:
        finished["securityContext"] = context
    return merge.merge(finished, wanted.custom)


def containers(pod: t.Mapping[str, t.Any], *kinds: str) -> list[Json]:
    """Return the containers of a Pod, of the kinds that are named (keys of its spec)."""
    return [container for kind in kinds for container in (pod.get("spec") or {}).get(kind) or ()]


def manifest(namespace: str, name: str, metadata: t.Mapping[str, t.Any], spec: Json) -> Json:
    """Return a Pod; metadata that is empty is left out."""
    said = {key: value for key, value in metadata.items() if value}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": namespace, **said}, "spec": spec}


def _container_of(wanted: DebugSpec, pod: t.Mapping[str, t.Any]) -> Json:
    if wanted.style == "ephemeral":
        return ephemeral_container(wanted, pod)
    return next(each for each in containers(pod, "containers", "initContainers") if each["name"] == wanted.container)


def _warn_of_user(container: Json, of_pod: t.Mapping[str, t.Any]) -> list[str]:
    context = container.get("securityContext") or {}
    user = context.get("runAsUser", of_pod.get("runAsUser"))
    non_root = context.get("runAsNonRoot", of_pod.get("runAsNonRoot"))
    if user == 0 and non_root:
        return [
            f"container {container['name']} is to run as user 0 and as non-root, so it cannot start; set another "
            "runAsUser, or runAsNonRoot to false, in custom.securityContext"
        ]
    granted = context.get("privileged") or (context.get("capabilities") or {}).get("add")
    # kubectl warns of the Pod's runAsUser alone (DebugOptions.displayWarning); runAsNonRoot comes to the same.
    if granted and (user or non_root):
        return [
            f"container {container['name']} does not run as root, so its capabilities may have no effect; set "
            "runAsUser to 0 and runAsNonRoot to false in custom.securityContext"
        ]
    return []


def _warn_of_copy(wanted: DebugSpec, pod: t.Mapping[str, t.Any]) -> list[str]:
    said = []
    labels = set(pod["metadata"].get("labels") or ()) - set(wanted.labels)
    if not all(label.startswith(_OURS) for label in labels):
        said.append(
            "the copy keeps labels of its original: a Service that selects the original sends traffic to the copy, and "
            "a ReplicaSet may adopt or delete it"
        )
    volumes = pod["spec"].get("volumes") or ()
    claims = [volume["persistentVolumeClaim"]["claimName"] for volume in volumes if "persistentVolumeClaim" in volume]
    if claims:
        said.append(f"the copy uses the same volumes as its original: {', '.join(claims)}")
    return said


def _host_namespaces(wanted: DebugSpec) -> Json:
    fields = {"hostNetwork": "network", "hostPID": "pid", "hostIPC": "ipc"}
    return {field: True for field, what in fields.items() if wanted.on_host(what)}


def _host_paths(wanted: DebugSpec) -> tuple[list[Json], list[Json]]:
    """Return the volumes of the Pod and the mounts of the container, for what of the node is to be seen."""
    paths = [(f"host-{index}", mount) for index, mount in enumerate(wanted.host_mounts)]
    if wanted.on_host("root"):
        paths.insert(0, ("host-root", HostMount("/", HOST_ROOT, wanted.host_root_read_only)))
    volumes: list[Json] = [{"name": name, "hostPath": {"path": mount.path}} for name, mount in paths]
    mounts: list[Json] = []
    for name, mount in paths:
        mounts.append({"name": name, "mountPath": mount.mount_path, **(READ_ONLY if mount.read_only else {})})
    return volumes, mounts


def _identity(wanted: DebugSpec) -> Json:
    """Return whose token and whose pull credentials the Pod has."""
    fields: Json = {"automountServiceAccountToken": False}
    if wanted.service_account:
        fields = {"serviceAccountName": wanted.service_account}
    if wanted.image_pull_secrets:
        fields["imagePullSecrets"] = [{"name": name} for name in wanted.image_pull_secrets]
    return fields


def _place(wanted: DebugSpec) -> Json:
    """Return on which node the Pod lands."""
    fields: Json = {}
    if wanted.node:
        fields["nodeName"] = wanted.node
    if wanted.node_selector:
        fields["nodeSelector"] = dict(wanted.node_selector)
    if wanted.node_affinity:
        required = {"nodeSelectorTerms": [dict(term) for term in wanted.node_affinity]}
        fields["affinity"] = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}
    tolerations = wanted.tolerations
    if tolerations is None and wanted.style == "node":
        tolerations = ({"operator": "Exists"},)
    if tolerations:
        fields["tolerations"] = [dict(toleration) for toleration in tolerations]
    return fields

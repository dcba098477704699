# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The classes of trouble that keep a container from running, and the texts that tell them apart.

The texts are those of the kubelet (C(pkg/kubelet/{images,kuberuntime,container})), of containerd, CRI-O and docker, of
registries, and of the scheduler (C(pkg/scheduler/framework/plugins)).
"""

from __future__ import annotations

import dataclasses
import re

from .types import Trouble

_CLIP = 600  # characters of evidence: an OCI error can quote a whole spec


@dataclasses.dataclass(frozen=True)
class TroubleKind:
    """A class of trouble.

    Attributes:
        meaning: in a few words.
        permanent: whether waiting cannot help.
        remedy: the smallest change; C({image} {registry} {node} {namespace}) are filled in.
    """

    meaning: str
    permanent: bool
    remedy: str


KINDS = {
    "unschedulable": TroubleKind(
        "no node accepts the Pod", False, "choose another node, or change what the Pod requests"
    ),
    "gated": TroubleKind(
        "a scheduling gate blocks the Pod", False, "remove the gate, or contact its owner (a webhook may set it)"
    ),
    "no_node": TroubleKind("the node does not exist", True, "use a node that exists: kubectl get nodes"),
    "node_not_ready": TroubleKind(
        "the node's kubelet is not ready", False, "choose another node, or inspect {node} at host level"
    ),
    "unfit_node": TroubleKind("no Pod of ours can run on the node", True, "choose another node"),
    "node_rejects": TroubleKind(
        "the kubelet does not admit the Pod", True, "choose another node, or change what the Pod requests"
    ),
    "taint": TroubleKind("a taint of the node ended the Pod", True, "set tolerations to [{{operator: Exists}}]"),
    "evicted": TroubleKind(
        "the node or an eviction ended the Pod", True, "choose another node: {node} is short of resources"
    ),
    "preempted": TroubleKind(
        "a Pod of higher priority took its place", True, "choose another node or a priorityClassName"
    ),
    "lifetime": TroubleKind("its lifetime ended before it ran", True, "set a longer O(lifetime)"),
    "deleted": TroubleKind("the Pod was deleted", True, "run it again, or find out what deletes it"),
    "image_name": TroubleKind("the image reference is malformed", True, "correct O(image): {image}"),
    "image_absent": TroubleKind(
        "the node has no such image and must not pull it",
        True,
        "load {image} onto node {node}, or set O(image_pull_policy): IfNotPresent",
    ),
    "image_not_found": TroubleKind("the registry has no such image", True, "correct O(image), or push {image}"),
    "image_denied": TroubleKind(
        "the registry does not accept the credentials",
        True,
        "check that {image} exists; set O(image_pull_secrets) to a Secret for {registry} in namespace {namespace}, "
        "give the nodes credentials, or use an image that they have with O(image_pull_policy): IfNotPresent",
    ),
    "image_registry": TroubleKind(
        "the node cannot use this registry",
        True,
        "configure {registry} on the nodes (name, certificate, mirror), or use an image of a configured registry",
    ),
    "image_platform": TroubleKind(
        "the image is for another platform", True, "use an image for the platform of node {node}"
    ),
    "image_pull": TroubleKind(
        "pulling the image fails", False, "check the network path from node {node} to {registry}"
    ),
    "non_root": TroubleKind(
        "the image runs as root, or as a user without a number",
        True,
        "set runAsUser to a number that is not 0, or use an image with a numeric USER",
    ),
    "config": TroubleKind(
        "an environment variable cannot be filled", True, "create it in namespace {namespace}, or leave it out"
    ),
    "not_yet": TroubleKind(
        "the kubelet does not have what it needs yet", False, "wait, or check the kubelet of node {node}"
    ),
    "create": TroubleKind("the runtime refuses the container", True, "change what the runtime rejects"),
    "no_target": TroubleKind("the container whose processes it joins is not running", True, "leave O(target) out"),
    "command": TroubleKind("the command cannot be started", True, "use a command that the image has"),
    "mount": TroubleKind("a volume cannot be mounted", False, "create what the volume needs, or leave the volume out"),
    "sandbox": TroubleKind(
        "the Pod's sandbox cannot be created", False, "check the runtime and network plugin of node {node}"
    ),
    "network": TroubleKind("the node's network is not ready", False, "check the network plugin of node {node}"),
    "init": TroubleKind("an init container has not ended", False, "check that init container"),
    "init_failed": TroubleKind("an init container failed", True, "check that init container's log"),
    "ended": TroubleKind(
        "it ended by itself", True, "use a command that keeps running, such as sleep, or read its log"
    ),
    "crash_loop": TroubleKind(
        "it ends repeatedly", True, "use a command that keeps running, such as sleep; its log says more"
    ),
    "unseen": TroubleKind("the kubelet does not report it", False, "check the kubelet of node {node}"),
    "slow": TroubleKind("it has not started yet", False, "give it more time"),
}


def trouble(kind: str, evidence: str, remedy: str = "", **names: str) -> Trouble:
    """Make a Trouble of a kind.

    Args:
        kind: of C(KINDS).
        evidence: what the cluster says.
        remedy: instead of the kind's, where there is a smaller change.
        names: C(image registry node namespace), for the kind's remedy.
    """
    row = KINDS[kind]
    known = {"image": "it", "registry": "the registry", "node": "", "namespace": ""}
    filled = remedy or row.remedy.format(**{**known, **{name: text for name, text in names.items() if text}})
    words = " ".join(evidence.split())
    return Trouble(kind, row.permanent, words if len(words) <= _CLIP else f"{words[:_CLIP]}...", filled)


#: the text of a pull that failed -> kind; the first match counts, so that "denied" wins over "does not exist"
_PULL = (
    (
        r"unauthorized|authentication required|denied|forbidden|insufficient_scope|no basic auth credentials",
        "image_denied",
    ),
    (r"\b40[13]\b", "image_denied"),
    (
        r"no match for platform|does not match the specified platform|no image found in .* for architecture",
        "image_platform",
    ),
    (r"no such host|x509: |server gave HTTP response to HTTPS client|tls: failed to verify", "image_registry"),
    (r"not found|manifest unknown|name unknown|does not exist|not known to registry", "image_not_found"),
)


def pull(text: str) -> str:
    """The kind of a failed pull; what may pass is C(image_pull)."""
    return next((kind for words, kind in _PULL if re.search(words, text, re.IGNORECASE)), "image_pull")


#: the text of CreateContainerConfigError -> kind and remedy (kuberuntime, security_context.go; kubelet_pods.go)
_CONFIG = (
    (r"timed out|failed to sync", "not_yet", ""),
    (
        r"runAsUser breaks non-root policy",
        "non_root",
        "set runAsUser to a number that is not 0, or runAsNonRoot: false",
    ),
    (r"non-?root", "non_root", ""),
)


def config(text: str, **names: str) -> Trouble:
    """What C(CreateContainerConfigError) means."""
    for words, kind, remedy in _CONFIG:
        if re.search(words, text, re.IGNORECASE):
            return trouble(kind, text, remedy, **names)
    return trouble("config", text, missing(text, names.get("namespace", "")), **names)


def failed(text: str, **names: str) -> Trouble:
    """What an event C(Failed) means, which does not tell the step that failed."""
    if "unable to start container process" in text:
        return start(text, **names)
    if missing(text, "") or re.search(r"non-?root|missing value for|failed to sync", text, re.IGNORECASE):
        return config(text, **names)
    return create(text, **names)


def missing(text: str, namespace: str) -> str:
    """The remedy where a text names the ConfigMap, Secret, key or claim that is not there."""
    found = re.search(
        r'(?P<kind>configmap|secret|persistentvolumeclaim) "(?P<name>[^"]+)" not found', text, re.IGNORECASE
    )
    if found:
        return f"create {found['kind']} {found['name']} in namespace {namespace}, or leave it out"
    found = re.search(r"couldn't find key (?P<key>\S+) in (?P<kind>ConfigMap|Secret) (?P<name>\S+)", text)
    return f"add key {found['key']} to {found['kind']} {found['name']}, or leave it out" if found else ""


#: the text of a container that could not be started -> kind and remedy
_START = (
    (r"exec format error", "image_platform", ""),
    (r"executable file not found|no such file or directory|not found in \$PATH", "command", ""),
    (r"permission denied", "command", "use a command that the container's user may execute"),
)


def start(text: str, **names: str) -> Trouble:
    """What C(StartError) and C(ContainerCannotRun) mean."""
    if found := _crashed(text, names):
        return found
    for words, kind, remedy in _START:
        if re.search(words, text):
            return trouble(kind, text, remedy, **names)
    return trouble("command", text, "change what the runtime rejects", **names)


def _crashed(text: str, names: dict[str, str]) -> Trouble | None:
    """What is the fault of no container: runc itself crashed or was killed, and containerd has no word of it."""
    if "unable to retrieve OCI runtime error" not in text:
        return None
    node = names.get("node") or "the node"
    remedy = f"run it again; if that fails, check the processes and the memory that {node} has left"
    return trouble("not_yet", text, remedy, **names)


def create(text: str, **names: str) -> Trouble:
    """What C(CreateContainerError) and C(RunContainerError) mean; a runtime that was busy may be so no more."""
    if found := _crashed(text, names):
        return found
    if re.search(r"context deadline exceeded|is reserved for|Unavailable", text):
        return trouble("not_yet", text, **names)
    if 'exec: "' in text:  # runc's words for a program that it could not execute
        return start(text, **names)
    if "invalid target container" in text:
        return trouble("no_target", text, **names)
    if re.search(r"executable file not found|no command specified", text):
        return trouble("command", text, **names)
    return trouble("create", text, **names)


#: what the scheduler says of a number of nodes -> what would help
_SCHEDULER = (
    (r"untolerated taint", "set tolerations to [{operator: Exists}], or name the taint"),
    (r"were unschedulable", "tolerate node.kubernetes.io/unschedulable, or kubectl uncordon the node"),
    (r"Insufficient (?P<resource>\S+)", "request less {resource} (resources)"),
    (r"Too many pods", "choose another node: it has its maximum number of Pods"),
    (r"free ports", "use another host port: this one is in use"),
    (r"persistentvolumeclaim|PersistentVolume|volume", "check the volume claims of the Pod"),
    (r"affinity/selector|node selector", "change the node selector to labels that a node has"),
    (r"pod (anti-)?affinity|topology spread", "leave out Pod affinity and spread constraints"),
)


def scheduler(text: str, namespace: str) -> str:
    """The remedy of C(0/3 nodes are available: 1 node(s) had untolerated taint(s), 2 Insufficient cpu.)."""
    advice = missing(text, namespace)
    if advice:
        return advice
    # "0/3 nodes are available: 1 node(s) had untolerated taint(s), 2 Insufficient cpu. preemption: ..."
    said = text.partition("preemption: ")[0].partition(" available: ")[2]
    ways = []
    for part in said.split(", "):
        for words, way in _SCHEDULER:
            if found := re.search(words, part):
                count = re.match(r"\d+", part)
                where = f"{count[0]} node(s): " if count else ""
                ways.append(where + way.replace("{resource}", found.groupdict().get("resource", "").rstrip(".")))
                break
    return "; ".join(ways)

# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What mends a NetworkPolicy: the value that a rule should have, or the smallest policy that opens it. Pure."""

from __future__ import annotations

import json
import shlex
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import NetworkPolicy, Pod
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.policy_rules import NAMESPACE_NAME

from .. import fixes
from ..case import Case
from ..closings import Closing, Connection, NearMiss
from ..finding import Fix, ObjectRef, Verify
from . import dns_egress, dns_view

#: Labels that tell one Pod of a workload from another.
OF_ONE_POD = ("pod-template-hash", "controller-revision-hash", "pod-template-generation", "statefulset.kubernetes.io")


def breadth(policy: NetworkPolicy, direction: str) -> tuple[bool, bool]:
    """Of several policies, that which selects by labels and has rules is the one to add a rule to."""
    return not policy.spec.get("podSelector"), not policy.spec.get(direction.lower())


def ref_of(policy: NetworkPolicy) -> ObjectRef:
    """The reference of a policy."""
    return ObjectRef("NetworkPolicy", policy.name, policy.namespace)


def correct(closing: Closing, miss: NearMiss) -> Fix:
    """Put the right value where the rule has the wrong one; what cannot be known is told in words."""
    ref = ref_of(closing.policy)
    if miss.code == "POL-04" and miss.wanted:
        old = int(miss.value) if miss.value.isdecimal() else miss.value
        return fixes.replace(ref, "Name the port of the Pods", miss.field, int(miss.wanted), old)
    if miss.code == "POL-03" and miss.wanted:
        path, _dot, key = miss.field.partition(".matchLabels.")
        text = "Name the label that the other end has"
        return fixes.replace(ref, text, f"{path}.matchLabels", {key: miss.wanted}, {key: miss.value})
    if miss.code == "POL-03":
        key = miss.field.partition(".matchLabels.")[2]
        _isolated, other = closing.connection.ends(closing.direction)
        if other and ".namespaceSelector." in miss.field:
            space = ObjectRef("Namespace", other.namespace)
            command = fixes.kubectl(space, "label", "namespace", other.namespace, f"{key}={miss.value}")
            undo = fixes.kubectl(space, "label", "namespace", other.namespace, f"{key}-")
            return Fix("Give the namespace the label", command, "low", undo, "patch namespaces")
    if miss.code == "POL-05":
        return _split(closing, miss)
    return Fix("Name the Pods by their labels, in place of their addresses")


def _split(closing: Closing, miss: NearMiss) -> Fix:
    ref, pointer = ref_of(closing.policy), "/" + miss.field.replace("[", ".").replace("]", "").replace(".", "/")
    whole, above = _at(closing.policy.spec, pointer.split("/")[2:]), pointer.rpartition("/")[0]
    parts = [{"podSelector": whole["podSelector"]}, {"namespaceSelector": whole["namespaceSelector"]}]
    change = [
        {"op": "replace", "path": pointer, "value": parts[0]},
        {"op": "add", "path": f"{above}/-", "value": parts[1]},
    ]
    back = [{"op": "replace", "path": above, "value": _at(closing.policy.spec, above.split("/")[2:])}]
    text = "Make two elements of it, which match each by itself: this allows more than one element does"
    commands = [
        fixes.kubectl(ref, "patch", "networkpolicy", ref.name, "--type=json", "-p", json.dumps(one))
        for one in (change, back)
    ]
    return Fix(text, commands[0], "medium", commands[1], fixes.right("patch", ref))


def _at(data: t.Any, parts: t.Iterable[str]) -> t.Any:
    for part in parts:
        data = data[int(part)] if part.isdecimal() else data[part]
    return data


def open_it(case: Case, closing: Closing) -> Fix:
    """The smallest policy that opens the connection in the direction."""
    isolated, other = closing.connection.ends(closing.direction)
    if isolated is None:
        return Fix("Allow the connection in a rule of the policy")
    connection, direction = closing.connection, closing.direction
    peers = "from" if direction == "Ingress" else "to"
    rule = {
        peers: [_peer(case, isolated, other, connection.address)],
        "ports": [{"protocol": connection.protocol, "port": connection.port}],
    }
    lookups = _lookups(case, closing) if direction == "Egress" else []
    text = f"If the connection is meant to be open, allow it{', and lookups of names with it,' if lookups else ''}"
    name = (
        f"allow-{case.owner(other).name if other else 'address'}-{_preposition(direction)}-{case.owner(isolated).name}"
    )
    spec = {
        "podSelector": {"matchLabels": _labels_of(case, isolated)},
        "policyTypes": [direction],
        direction.lower(): [rule, *lookups],
    }
    name = name[:63].rstrip("-.")
    made = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": isolated.namespace},
        "spec": spec,
    }
    ref = ObjectRef("NetworkPolicy", name, isolated.namespace)
    command = f"echo {shlex.quote(json.dumps(made))} | kubectl apply -f -"
    undo = fixes.kubectl(ref, "delete", "networkpolicy", ref.name)
    return Fix(f"{text} and nothing else", command, "medium", undo, fixes.right("create", ref))


def _lookups(case: Case, closing: Closing) -> list[dict[str, t.Any]]:
    """The rule for the cluster's DNS where the client may not ask it either: it never learns where to connect to."""
    client, server, view = closing.connection.client, closing.connection.server, dns_view.of(case)
    if client is None or server in view.pods or not dns_egress.closed(case, view, client, "UDP"):
        return []
    return [dns_egress.allowing_rule(view, view.pods[0])]


def _preposition(direction: str) -> str:
    """The word between the two ends in the name of a policy."""
    return "to" if direction == "Ingress" else "from"


def _peer(case: Case, isolated: Pod, other: Pod | None, address: str) -> dict[str, t.Any]:
    if other is None:
        return {"ipBlock": {"cidr": f"{address}/{128 if ':' in address else 32}"}}
    peer: dict[str, t.Any] = {"podSelector": {"matchLabels": _labels_of(case, other)}}
    if other.namespace != isolated.namespace:
        peer["namespaceSelector"] = {"matchLabels": {NAMESPACE_NAME: other.namespace}}
    return peer


def _labels_of(case: Case, pod: Pod) -> dict[str, str]:
    """Labels that select the Pods of a Pod's workload."""
    known = case.owner_of(case.owner(pod))
    if known and known.selector:
        return dict(known.selector)
    return {key: value for key, value in pod.labels.items() if not key.startswith(OF_ONE_POD)}


def verify(case: Case, connection: Connection) -> Verify | None:
    """The question to ask once the connection is open."""
    if connection.client is None or connection.server is None:
        return None
    source, target = (_named(case, pod) for pod in (connection.client, connection.server))
    end = "/udp" if connection.protocol == "UDP" else ""
    return Verify(source, f"{target}:{connection.port}{end}")


def _named(case: Case, pod: Pod) -> str:
    owner = case.owner(pod)
    return f"{pod.namespace}/{owner.kind.lower()}/{owner.name}"

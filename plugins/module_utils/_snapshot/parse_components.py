# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What the control plane and the kubelets say of themselves, from JSON and text to the model. Pure."""

from __future__ import annotations

import re
import typing as t

from .clean_text import clean
from .fields import Json, integer, mapping, mappings, string, strings
from .model_components import Component, FlowSchema, PriorityLevel
from .parse import condition, identity_of, meta_of, spec_of, status_of

#: Flags of components that diagnosis needs; none of them holds a secret.
FLAGS = frozenset(
    (
        *("advertise-address", "audit-log-path", "audit-policy-file", "bind-address", "kubeconfig", "leader-elect"),
        *("kubelet-client-certificate", "quota-backend-bytes", "secure-port", "service-account-issuer"),
        *("service-account-key-file", "service-account-signing-key-file", "service-account-private-key-file"),
    )
)
_FLAG = re.compile(r"--([a-z][a-z0-9-]*)(?:=(.*))?", re.DOTALL)
_ADVERTISED = "kubeadm.kubernetes.io/kube-apiserver.advertise-address.endpoint"
_MAX_VALUE = 200  #: characters of a flag
#: Signals of the kubelet's eviction, C(nodefs.available), with the part of C(stats/summary) that tells of them.
_SIGNALS = {
    "memory.available": (("memory",), "availableBytes", ""),
    "nodefs.available": (("fs",), "availableBytes", "capacityBytes"),
    "nodefs.inodesFree": (("fs",), "inodesFree", "inodes"),
    "imagefs.available": (("runtime", "imageFs"), "availableBytes", "capacityBytes"),
    "imagefs.inodesFree": (("runtime", "imageFs"), "inodesFree", "inodes"),
}


def component(item: Json) -> Component | None:
    """Read a Pod of the control plane; nothing where the Pod is none."""
    meta, spec, status = meta_of(item), spec_of(item), status_of(item)
    labels = mapping(meta, "labels")
    if labels.get("tier") != "control-plane" or not isinstance(labels.get("component"), str):
        return None
    words = [
        word for entry in mappings(spec, "containers") for part in ("command", "args") for word in strings(entry, part)
    ]
    addresses = tuple(string(entry, "ip") for entry in mappings(status, "hostIPs")) or (string(status, "hostIP"),)
    return Component(
        labels["component"],
        identity_of(item)["namespace"],
        identity_of(item)["name"],
        node=string(spec, "nodeName"),
        addresses=tuple(filter(None, addresses)),
        ready=condition(status, "Ready").get("status") == "True" and "deletionTimestamp" not in meta,
        created=string(meta, "creationTimestamp"),
        flags=flags(words),
        advertised=string(meta, "annotations", _ADVERTISED),
    )


def flags(words: t.Iterable[str]) -> dict[str, str]:
    """Those of C(FLAGS) that a command has; the last of each counts."""
    matches = filter(None, (_FLAG.fullmatch(word) for word in words))
    return {match[1]: clean(match[2] or "", _MAX_VALUE) for match in matches if match[1] in FLAGS}


def priority_level(item: Json) -> PriorityLevel:
    """Read a PriorityLevelConfiguration; what is counted of it is told elsewhere."""
    spec = spec_of(item)
    limited = mapping(spec, "limited")
    return PriorityLevel(
        identity_of(item)["name"],
        string(spec, "type"),
        integer(limited, "nominalConcurrencyShares"),
        string(limited, "limitResponse", "type"),
    )


def flow_schema(item: Json) -> FlowSchema:
    """Read a FlowSchema."""
    spec = spec_of(item)
    return FlowSchema(
        identity_of(item)["name"],
        string(spec, "priorityLevelConfiguration", "name"),
        integer(spec, "matchingPrecedence"),
        tuple(_subject(entry) for rule in mappings(spec, "rules") for entry in mappings(rule, "subjects")),
    )


def _subject(entry: Json) -> str:
    kind = string(entry, "kind")
    part = mapping(entry, kind[:1].lower() + kind[1:])
    namespace, name = string(part, "namespace"), string(part, "name")
    return f"{kind} {namespace}/{name}" if namespace else f"{kind} {name}"


def counts(text: str) -> dict[str, dict[str, int]]:
    """What C(/debug/api_priority_and_fairness/dump_priority_levels) counts: level -> column -> number.

    Its first line names the columns (k8s.io/apiserver, C(apf_controller_debug.go)).
    """
    rows = [[word.strip() for word in line.split(",")] for line in text.splitlines() if "," in line]
    if not rows or rows[0][0] != "PriorityLevelName":
        return {}
    return {
        row[0]: {name: int(word) for name, word in zip(rows[0], row) if word.isdecimal()}  # noqa: B905 - Python 3.9
        for row in rows[1:]
    }


def failed_checks(text: str) -> tuple[str, ...]:
    """The checks of C(/readyz?verbose) that failed: C(etcd: reason withheld)."""
    lines = (line[3:] for line in text.splitlines() if line.startswith("[-]"))
    return tuple(clean(line.replace(" failed: ", ": "), _MAX_VALUE) for line in lines)


def thresholds(configz: Json) -> dict[str, str]:
    """The eviction thresholds of a kubelet's C(/configz): C(evictionHard[nodefs.available]) -> C(10%)."""
    config = mapping(configz, "kubeletconfig")
    return {
        f"{kind}[{signal}]": clean(string(found, signal), _MAX_VALUE)
        for kind in ("evictionHard", "evictionSoft")
        for found in [mapping(config, kind)]
        for signal in sorted(found)
    }


def usage(summary: Json) -> dict[str, int]:
    """What a kubelet's C(/stats/summary) says is left, by signal of eviction, and what there is in all."""
    node, found = mapping(summary, "node"), {}
    for signal, (path, left, whole) in _SIGNALS.items():
        part = mapping(node, *path)
        if part.get(left) is not None:
            found[signal] = integer(part, left)
            all_of_it = integer(part, whole) if whole else integer(part, "workingSetBytes") + integer(part, left)
            found[f"{signal} of"] = all_of_it
    limits = mapping(node, "rlimit")
    if limits.get("maxpid") is not None:
        found["pid.available"] = integer(limits, "maxpid") - integer(limits, "curproc")
        found["pid.available of"] = integer(limits, "maxpid")
    return found

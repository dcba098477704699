# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What of a Pod decides whether it runs: its containers with their states, what it refers to, how it is scheduled."""

from __future__ import annotations

import typing as t

from . import addresses_in
from .clean_text import clean
from .fields import Json, boolean, int_or_string, integer, mapping, mappings, string, string_map, strings
from .model_pods import Condition, ContainerDetail, ContainerProbe, Mount, PodDetail, Toleration
from .parse import condition, identity_of, meta_of, spec_of, status_of
from .references import of_pod, volume_claims

_PROBES = {"liveness": "livenessProbe", "readiness": "readinessProbe", "startup": "startupProbe"}
_ACTIONS = ("httpGet", "tcpSocket", "grpc", "exec")
_KINDS = (
    ("app", "containers", "containerStatuses"),
    ("init", "initContainers", "initContainerStatuses"),
    ("ephemeral", "ephemeralContainers", "ephemeralContainerStatuses"),
)
#: Of each kind of volume, what tells where it is; parameters of drivers can hold anything.
_VOLUMES: dict[str, tuple[str, ...]] = {
    "hostPath": ("path", "type"),
    "persistentVolumeClaim": ("claimName", "readOnly"),
    "csi": ("driver", "readOnly", "fsType"),
    "nfs": ("server", "path", "readOnly"),
    "emptyDir": ("sizeLimit", "medium"),
    "configMap": ("name",),
    "secret": ("secretName",),
}
_SECURITY = ("seccompProfile", "appArmorProfile")
_MAX_TERMS = 20  #: of a list of scheduling terms
_MAX_MOUNTS = 50  #: of a container


def pod_detail(item: Json) -> PodDetail:
    """Read a C(v1/Pod)."""
    meta, spec, status = meta_of(item), spec_of(item), status_of(item)
    return PodDetail(
        **identity_of(item),
        reason=string(status, "reason"),
        message=clean(string(status, "message")),
        conditions=conditions(status),
        containers=tuple(_containers(spec, status)),
        references=tuple(of_pod(spec)),
        volumes=tuple(_volumes(spec)),
        service_account=string(spec, "serviceAccountName"),
        scheduler=string(spec, "schedulerName"),
        scheduling_gates=tuple(string(entry, "name") for entry in mappings(spec, "schedulingGates")),
        node_selector=string_map(spec, "nodeSelector"),
        affinity=mapping(spec, "affinity"),
        spread=tuple(mappings(spec, "topologySpreadConstraints")[:_MAX_TERMS]),
        tolerations=tuple(_toleration(entry) for entry in mappings(spec, "tolerations")),
        priority_class=string(spec, "priorityClassName"),
        priority=integer(spec, "priority"),
        restart_policy=string(spec, "restartPolicy"),
        run_as_non_root=bool(boolean(spec, "securityContext", "runAsNonRoot")),
        run_as_user=_number(spec, "runAsUser"),
        fs_group=_number(spec, "fsGroup"),
        profiles=_profiles(spec),
        sysctls={
            string(entry, "name"): string(entry, "value") for entry in mappings(spec, "securityContext", "sysctls")
        },
        pvc_names=volume_claims(string(meta, "name"), spec),
        deletion=string(meta, "deletionTimestamp"),
        grace_seconds=integer(meta, "deletionGracePeriodSeconds"),
        finalizers=strings(meta, "finalizers"),
    )


def is_well(item: Json) -> bool:
    """Whether a C(v1/Pod) runs as it should and always did, or has done its work."""
    status = status_of(item)
    if "deletionTimestamp" in meta_of(item):
        return False
    if status.get("phase") == "Succeeded":
        return True
    if status.get("phase") != "Running" or condition(status, "Ready").get("status") != "True":
        return False
    return not any(integer(entry, "restartCount") for _kind, _spec, name in _KINDS for entry in mappings(status, name))


def conditions(status: Json) -> tuple[Condition, ...]:
    """The conditions of a status."""
    return tuple(
        Condition(
            string(entry, "type"),
            string(entry, "status"),
            string(entry, "reason"),
            clean(string(entry, "message")),
            string(entry, "lastTransitionTime") or string(entry, "lastUpdateTime"),
        )
        for entry in mappings(status, "conditions")
    )


def _toleration(entry: Json) -> Toleration:
    operator = string(entry, "operator") or "Equal"
    return Toleration(string(entry, "key"), operator, string(entry, "value"), string(entry, "effect"))


def _volumes(spec: Json) -> t.Iterator[dict[str, t.Any]]:
    for place, entry in enumerate(mappings(spec, "volumes")):
        for kind, names in _VOLUMES.items():
            if entry.get(kind) is not None:
                found = mapping(entry, kind)
                kept = {name: found[name] for name in names if isinstance(found.get(name), (str, bool, int))}
                yield {"name": string(entry, "name"), "field": f"spec.volumes[{place}]", kind: kept}


def _containers(spec: Json, status: Json) -> t.Iterator[ContainerDetail]:
    for kind, of_spec, of_status in _KINDS:
        there = {string(entry, "name"): entry for entry in mappings(status, of_status)}
        for place, entry in enumerate(mappings(spec, of_spec)):
            sidecar = kind == "init" and entry.get("restartPolicy") == "Always"
            field = f"spec.{of_spec}[{place}]"
            yield _container(entry, there.get(string(entry, "name"), {}), "sidecar" if sidecar else kind, field)


def _container(spec: Json, status: Json, kind: str, field: str) -> ContainerDetail:
    addresses = addresses_in.of_container(spec, field)
    repeated = _repeated(mappings(spec, "env"))
    proxies, no_proxy = addresses_in.proxies(spec, field)
    return ContainerDetail(
        name=string(spec, "name"),
        kind=kind,
        field=field,
        image=string(spec, "image"),
        pull_policy=string(spec, "imagePullPolicy"),
        command=strings(spec, "command")[:1],
        addresses=tuple(address for address, _place in addresses),
        address_fields=tuple(place for _address, place in addresses),
        repeated_env=tuple(repeated),
        repeated_fields=tuple(f"{field}.env[{place}]" for place in repeated.values()),
        proxies=tuple(proxies),
        no_proxy=tuple(no_proxy),
        requests=_quantities(spec, "requests"),
        limits=_quantities(spec, "limits"),
        probes=tuple(_probes(spec)),
        host_ports=tuple(filter(None, (integer(entry, "hostPort") for entry in mappings(spec, "ports")))),
        mounts=tuple(
            Mount(string(entry, "name"), string(entry, "mountPath"), bool(boolean(entry, "readOnly")))
            for entry in mappings(spec, "volumeMounts")[:_MAX_MOUNTS]
        ),
        run_as_non_root=bool(boolean(spec, "securityContext", "runAsNonRoot")),
        run_as_user=_number(spec, "runAsUser"),
        read_only_root=bool(boolean(spec, "securityContext", "readOnlyRootFilesystem")),
        profiles=_profiles(spec),
        **_state(status),
    )


def _number(spec: Json, name: str) -> int | None:
    """A number of a securityContext, where 0 is another thing than nothing."""
    context = mapping(spec, "securityContext")
    return integer(context, name) if context.get(name) is not None else None


def _repeated(entries: t.Sequence[Json]) -> dict[str, int]:
    """The names of variables that are set more than once, and not to the same, each with its last place."""
    first: dict[str, Json] = {}
    found: dict[str, int] = {}
    for place, entry in enumerate(entries):
        name = string(entry, "name")
        if entry != first.setdefault(name, entry) or name in found:
            found[name] = place
    return dict(sorted(found.items()))


def _profiles(spec: Json) -> dict[str, str]:
    found = {kind: string(spec, "securityContext", kind, "localhostProfile") for kind in _SECURITY}
    return {f"securityContext.{kind}.localhostProfile": name for kind, name in found.items() if name}


def _quantities(spec: Json, part: str) -> dict[str, str]:
    found = mapping(spec, "resources", part)
    return {name: int_or_string(found, name) for name in found}


def _probes(spec: Json) -> t.Iterator[ContainerProbe]:
    for kind, name in _PROBES.items():
        probe = mapping(spec, name)
        action = next((each for each in _ACTIONS if probe.get(each) is not None), "")
        if not action:
            continue
        how = mapping(probe, action)
        yield ContainerProbe(
            kind,
            action,
            port="" if action == "exec" else int_or_string(how, "port"),
            path=string(how, "path") if action == "httpGet" else "",
            scheme=string(how, "scheme") if action == "httpGet" else "",
            host=string(how, "host") if action in ("httpGet", "tcpSocket") else "",
            initial_delay=integer(probe, "initialDelaySeconds"),
            period=integer(probe, "periodSeconds") or 10,
            timeout=integer(probe, "timeoutSeconds") or 1,
            failure_threshold=integer(probe, "failureThreshold") or 3,
        )


def _state(status: Json) -> dict[str, t.Any]:
    """What the kubelet says of a container; of a state that it does not know yet, nothing."""
    state = mapping(status, "state")
    name = next((each for each in ("running", "waiting", "terminated") if state.get(each) is not None), "")
    now, last = mapping(state, name) if name else {}, mapping(status, "lastState", "terminated")
    return {
        "state": name,
        "reason": string(now, "reason"),
        "message": clean(string(now, "message")),
        "exit_code": integer(now, "exitCode") if name == "terminated" else None,
        "since": string(now, "finishedAt") or string(now, "startedAt"),
        "last_reason": string(last, "reason"),
        "last_exit_code": integer(last, "exitCode") if last else None,
        "last_message": clean(string(last, "message")),
        "last_started": string(last, "startedAt"),
        "last_finished": string(last, "finishedAt"),
        "restarts": integer(status, "restartCount"),
        "ready": bool(boolean(status, "ready")),
        "started": bool(boolean(status, "started")),
    }

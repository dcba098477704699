# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The containers of a Pod, and what kubectl says of them."""

from __future__ import annotations

from .fields import Json, boolean, int_or_string, integer, mapping, mappings, port_of, string
from .model import Container, ContainerPort


def containers(spec: Json, status: Json) -> tuple[Container, ...]:
    """All that keep running: a native sidecar (KEP-753) is an init container that does, and traffic meets it too."""
    entries = (*mappings(status, "containerStatuses"), *mappings(status, "initContainerStatuses"))
    statuses = {string(entry, "name"): entry for entry in entries}
    wanted = [(entry, False) for entry in mappings(spec, "containers")]
    wanted += [(entry, True) for entry in mappings(spec, "initContainers") if _is_sidecar(entry)]
    return tuple(container(entry, statuses.get(string(entry, "name"), {}), sidecar) for entry, sidecar in wanted)


def once(spec: Json) -> tuple[str, ...]:
    """The names of the init containers that run once."""
    return tuple(string(entry, "name") for entry in mappings(spec, "initContainers") if not _is_sidecar(entry))


def _is_sidecar(entry: Json) -> bool:
    return entry.get("restartPolicy") == "Always"


def restarts(spec: Json, status: Json) -> int:
    """The RESTARTS column of C(kubectl get pods) (printPod in pkg/printers/internalversion/printers.go).

    While it initializes, the init containers up to the one that it waits for count; later the sidecars and containers.
    """
    sidecars = {string(entry, "name") for entry in mappings(spec, "initContainers") if _is_sidecar(entry)}
    so_far = of_sidecars = 0
    waiting = False
    for entry in mappings(status, "initContainerStatuses"):
        count, native = integer(entry, "restartCount"), string(entry, "name") in sidecars
        so_far += count
        of_sidecars += count if native else 0
        ended = mapping(entry, "state", "terminated")
        if not (ended and not integer(ended, "exitCode")) and not (native and boolean(entry, "started")):
            waiting = True
            break
    initialized = any(
        entry.get("type") == "Initialized" and entry.get("status") == "True" for entry in mappings(status, "conditions")
    )
    if waiting and not initialized:
        return so_far
    return of_sidecars + sum(integer(entry, "restartCount") for entry in mappings(status, "containerStatuses"))


def container(spec: Json, status: Json, sidecar: bool = False) -> Container:
    """Read a container with its status."""
    paths: dict[str, str] = {}
    https = []
    asked: dict[str, None] = {}
    for probe in ("livenessProbe", "startupProbe", "readinessProbe"):
        for way in ("httpGet", "tcpSocket", "grpc"):
            if mapping(spec, probe, way):
                asked[int_or_string(spec, probe, way, "port")] = None
        http_get = mapping(spec, probe, "httpGet")
        if http_get:
            port = int_or_string(http_get, "port")
            paths[port] = string(http_get, "path") or "/"
            if http_get.get("scheme") == "HTTPS":
                https.append(port)
    state = mapping(status, "state")
    return Container(
        name=string(spec, "name"),
        image=string(spec, "image"),
        image_id=string(status, "imageID"),
        ports=tuple(
            ContainerPort(port_of(entry, "containerPort"), string(entry, "name"), string(entry, "protocol") or "TCP")
            for entry in mappings(spec, "ports")
        ),
        http_paths=paths,
        https_ports=tuple(https),
        probe_ports=tuple(filter(None, asked)),
        running="running" in state,
        state=_container_state(state),
        restart_policy="Always" if sidecar else "",
        memory_limit=int_or_string(spec, "resources", "limits", "memory"),
    )


def _container_state(state: Json) -> str:
    if "running" in state:
        return ""
    if "terminated" in state:
        return f"{string(state, 'terminated', 'reason') or 'Terminated'} (exit code {_exit_code(state)})"
    return string(state, "waiting", "reason") or "not started"


def _exit_code(state: Json) -> int:
    return integer(state, "terminated", "exitCode")


def pod_status(meta: Json, status: Json) -> str:
    """The STATUS column, as printers.go of kubectl derives it, for the cases that matter here."""
    if "deletionTimestamp" in meta:
        return "Terminating"
    for entry in (*mappings(status, "initContainerStatuses"), *mappings(status, "containerStatuses")):
        state = mapping(entry, "state")
        waiting = string(state, "waiting", "reason")
        if waiting and waiting not in ("PodInitializing", "ContainerCreating"):
            return waiting
        if _exit_code(state):
            return string(state, "terminated", "reason") or "Error"
    if status.get("phase") == "Succeeded":
        return "Completed"
    return string(status, "reason") or string(status, "phase") or "Unknown"

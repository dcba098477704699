# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What gives a cluster without workloads something to probe: echo Pods, a Service of each kind, Ingresses."""

from __future__ import annotations

import types
import typing as t

from .._debug import lifetime
from . import echo_server

Json = dict[str, t.Any]

SELECTOR = {"app.kubernetes.io/name": "kubewire-echo"}
SUBDOMAIN = "echo-headless"  #: name of the headless Service, by which each Pod has a DNS name of its own
PAGE, ECHO, BESIDE = 8080, 7007, 7008  #: ports of a Pod: HTTP, the echo, the echo of its second container
_READY = "/tmp/kubewire-echo"  # noqa: S108 - in a container of its own
#: What the second container may use, which only listens.
_SMALL = {"limits": {"cpu": "500m", "memory": "128Mi"}, "requests": {"cpu": "1m", "memory": "16Mi"}}

#: Python answers, else BusyBox, which has no echo for UDP; C($0) is the text of the Python server.
_SERVE = """
page=$1 echo=$2 seconds=$3 ready=$4
! command -v python3 >/dev/null 2>&1 || exec python3 -c "$0" "$@"
on=
case $(busybox nc --help 2>&1) in *' -ll '* | *'use -ll'*) on=-ll ;; *-lk* | *-k*) on=-lk ;; esac
if [ -z "$on" ]; then
    echo 'the image has no python3 and no BusyBox with nc -l -e: nothing in it can answer' >&2
    exit 78
fi
read -r name </proc/sys/kernel/hostname
body="kubewire echo $name"
head="HTTP/1.1 200 OK\\r\\nContent-Type: text/plain\\r\\nContent-Length: $((${#body} + 1))\\r\\nConnection: close"
answer='while IFS= read -r line && [ "${#line}" -gt 1 ]; do :; done'
answer="$answer; printf '$head\\r\\n\\r\\n$body\\n'"
trap 'kill $servers; exit 0' INT TERM
busybox nc $on -p "$echo" -e busybox cat &
servers=$!
[ "$page" = 0 ] || { busybox nc $on -p "$page" -e sh -c "$answer" & servers="$servers $!"; }
: >"$ready"
busybox sleep "$seconds" &
wait $!
kill $servers
""".strip()


def _text(module: types.ModuleType) -> str:
    spec = module.__spec__
    source = t.cast(t.Any, spec.loader).get_source(spec.name) if spec else ""
    return source.decode() if isinstance(source, bytes) else str(source)  # Ansible's own loader gives bytes


def complete(manifest: Json, seconds: int, name: str, hostname: str) -> None:
    """Make a Pod of the debug image one that answers: its command and ports, a DNS name, and a second container.

    Args:
        manifest: the Pod, with one container.
        seconds: that it lives.
        name: of the Pod.
        hostname: of the Pod.
    """
    metadata, spec = manifest["metadata"], manifest["spec"]
    metadata["name"] = name
    metadata["labels"] = {**metadata["labels"], **SELECTOR}
    (first,) = spec["containers"]
    second = {**first, "name": "beside", "resources": _SMALL}
    _answer(first, PAGE, ECHO, seconds)
    _answer(second, 0, BESIDE, seconds)
    spec.update(hostname=hostname, subdomain=SUBDOMAIN, containers=[first, second])


def _answer(container: Json, page: int, echo: int, seconds: int) -> None:
    ready = f"{_READY}-{echo}"
    container["command"] = ["sh", "-c", _SERVE, _text(echo_server), str(page), str(echo), str(seconds), ready]
    named = [("http", page, "TCP"), ("tcp-echo", echo, "TCP"), ("udp-echo", echo, "UDP")]
    if not page:
        named = [("tcp-beside", echo, "TCP")]
    container["ports"] = [{"name": name, "containerPort": port, "protocol": own} for name, port, own in named]
    # By exec: a fault of the network between a node and its Pods must not keep them from being probed.
    looks = {"exec": {"command": ["sh", "-c", f"[ -e {ready} ]"]}, "periodSeconds": 1, "failureThreshold": 30}
    container["startupProbe"] = looks
    container["terminationMessagePolicy"] = "FallbackToLogsOnError"


_PORTS = (("http", 80, PAGE, "TCP"), ("tcp-echo", ECHO, ECHO, "TCP"), ("udp-echo", ECHO, ECHO, "UDP"))


def services(namespace: str, run: str, domain: str) -> list[Json]:
    """Return a Service of each kind; that of C(LoadBalancer) is the last.

    Args:
        namespace: of the Services.
        run: the identity of the run.
        domain: DNS domain of the cluster.
    """
    ports = [{"name": name, "port": at, "targetPort": to, "protocol": own} for name, at, to, own in _PORTS]
    straight = [{**port, "port": port["targetPort"]} for port in ports]  # nothing translates a headless Service's port
    selects = {"selector": SELECTOR, "ipFamilyPolicy": "PreferDualStack"}
    specs: dict[str, Json] = {
        "echo": {**selects, "ports": ports},
        SUBDOMAIN: {**selects, "ports": straight, "clusterIP": "None"},
        "echo-nodeport": {**selects, "ports": ports, "type": "NodePort"},
        "echo-alias": {"type": "ExternalName", "externalName": f"echo.{namespace}.svc.{domain}"},
        "echo-loadbalancer": {**selects, "ports": ports, "type": "LoadBalancer"},
    }
    return [_manifest("v1", "Service", namespace, name, run, spec) for name, spec in specs.items()]


def ingress(namespace: str, run: str, ingress_class: str) -> Json:
    """Return an Ingress of a class: without a host, which no DNS would know, for a path that nobody else has."""
    backend = {"service": {"name": "echo", "port": {"name": "http"}}}
    path = {"path": f"/{namespace}", "pathType": "Prefix", "backend": backend}
    spec = {"ingressClassName": ingress_class, "rules": [{"http": {"paths": [path]}}]}
    return _manifest("networking.k8s.io/v1", "Ingress", namespace, f"echo-{ingress_class}", run, spec)


def _manifest(version: str, kind: str, namespace: str, name: str, run: str, spec: Json) -> Json:
    metadata = {"name": name, "namespace": namespace, "labels": lifetime.labels(run)}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}

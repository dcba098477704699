# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people run on purpose and tools take for faults: `lab/oddities`, put into the cluster and taken out of it.

Its `component.toml` has, beside what components have:

- `then`: what kubectl does to objects once they are there
- `first`: the Pods that are Ready before that
- `last`: what kubectl does before they are taken out
- `not_ready`: what is never Ready, on purpose, by kind and the begin of the name
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from typing import Any

from kubelab import pki, ready
from kubelab.cluster import apply, kubectl
from kubelab.components import Component
from kubelab.proc import LabError, output
from kubelab.progress import Progress
from kubelab.settings import KUBECONFIG, LAB, STATE

FOLDER = LAB / "oddities"
SECONDS = 180.0
KINDS = "pods,services,ingresses.networking.k8s.io,httproutes.gateway.networking.k8s.io,jobs.batch"


def up(progress: Progress) -> None:
    """Put all of them into the cluster, and return when they are as they are meant to be."""
    if not KUBECONFIG.exists():
        raise LabError("the lab is down; start it with: make lab")
    part = Component(FOLDER)
    end = time.monotonic() + SECONDS
    with progress.task("putting the oddities into the cluster") as task:
        _wait_gone(part, leaving=True)
        namespaces, *manifests = part.manifests
        apply([[namespaces]])
        output(kubectl("apply", "-f", "-"), stdin=_secrets(part))
        apply([manifests])
        pods = [f"pod/{name}" for name in part.spec["first"]]
        within = ("-n", part.namespaces[0])
        output(kubectl("wait", *within, *pods, "--for=condition=Ready", "--timeout=120s"), timeout=130)
        for words in part.spec["then"]:
            output(kubectl(*within, *words))
        while left := list(wrong(part)):
            if time.monotonic() > end:
                listing = "\n  ".join(left)
                raise LabError(f"the oddities are not as they are meant to be after {SECONDS:.0f} s:\n  {listing}")
            task.detail = f"({len(left)} to go: {left[0][:70]})"
            time.sleep(0.5)


def down(progress: Progress) -> None:
    """Take all of them out of the cluster, and return when they are gone."""
    if not KUBECONFIG.exists():
        return
    part = Component(FOLDER)
    with progress.task("taking the oddities out of the cluster"):
        for words in part.spec["last"]:
            output(kubectl("-n", part.namespaces[0], *words), check=False)
        output(kubectl("delete", "namespaces", *part.namespaces, "--ignore-not-found", "--wait=false"))
        _wait_gone(part)


def _wait_gone(part: Component, leaving: bool = False) -> None:
    """Wait until the namespaces are gone; with `leaving` those that are on their way."""
    items = json.loads(output(kubectl("get", "namespaces", "-o", "json")))["items"]
    ours = [item["metadata"] for item in items if item["metadata"]["name"] in part.namespaces]
    names = [f"namespace/{meta['name']}" for meta in ours if not leaving or "deletionTimestamp" in meta]
    if names:
        output(kubectl("wait", "--for=delete", *names, f"--timeout={SECONDS:.0f}s"), timeout=SECONDS + 10)


def wrong(part: Component) -> Iterator[str]:
    """What is not as it is meant to be, in words."""
    for line in ready.unready(set(part.namespaces)):
        if not line.startswith(tuple(part.spec["not_ready"])):
            yield line
    for namespace in part.namespaces:
        for item in json.loads(output(kubectl("get", KINDS, "-n", namespace, "-o", "json")))["items"]:
            if not _settled(item) and not _name(item).startswith(tuple(part.spec["not_ready"])):
                yield f"{_name(item)}: has not come to rest"


def _name(item: dict[str, Any]) -> str:
    return f"{item['kind'].lower()} {item['metadata']['namespace']}/{item['metadata']['name']}"


def _settled(item: dict[str, Any]) -> bool:
    spec, status = item["spec"], item.get("status", {})
    conditions = {each["type"]: each["status"] for each in status.get("conditions", ())}
    if item["kind"] == "Pod":
        ended = status.get("phase") in ("Succeeded", "Failed") or "deletionTimestamp" in item["metadata"]
        return ended or conditions.get("Ready") == "True" or conditions.get("PodScheduled") == "False"
    if item["kind"] == "Job":
        return conditions.get("Complete") == "True"
    if item["kind"] == "Service" and (spec.get("type") != "LoadBalancer" or spec.get("loadBalancerClass")):
        return True
    if item["kind"] == "HTTPRoute":
        return bool(status.get("parents"))
    return bool(status.get("loadBalancer", {}).get("ingress"))


def _secrets(part: Component) -> str:
    """Certificates of the lab's authority; the names of the first one are those of all."""
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": [_secret(spec) for spec in part.certificates]})


def _secret(spec: dict[str, Any]) -> dict[str, Any]:
    name = f"{spec['namespace']}-{spec['secret']}"
    pki.sign(STATE / "pki", name, [f"DNS:{host}" for host in spec["names"]])
    files = {"tls.crt": STATE / "pki" / f"{name}.crt", "tls.key": STATE / "pki" / f"{name}.key"}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": spec["secret"], "namespace": spec["namespace"]},
        "type": "kubernetes.io/tls",
        "data": {key: base64.b64encode(file.read_bytes()).decode() for key, file in files.items()},
    }

# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documents to draw: what a run on a lab, a broken node, a big cluster and a hostile one would write."""

from __future__ import annotations

import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._report import (
    document,
)

Data = dict[str, t.Any]

HOSTILE = (
    "</script><script>alert(1)</script><img src=x onerror=alert(2)>&\u202etxt.exe\u2066\x1b[31m\x07\u2028\ud800'\"`"
)

RUN: Data = {
    "id": "20261121-0841-3f9c",
    "start": "2026-11-21T08:41:02.118Z",
    "end": "2026-11-21T08:41:05.301Z",
    "versions": {
        "kubewire.netdebug": "0.1.0",
        "ansible-core": "2.19.14",
        "kubernetes-client": "37.0.2",
        "python": "3.11.7",
    },
    "cluster": {"server": "https://198.18.0.2:6443", "version": "v1.36.3", "nodes": 3},
    "options": {"namespaces": ["shop"], "protocols": ["icmp", "tcp", "http", "dns"], "timeout": 4000},
    "replayed": False,
}

#: Judges a probe of a scene: gives what differs from a cell that passes.
Fault = t.Callable[[Data, Data, Data], Data]


def source(number: int, node: str, namespace: str = "shop", app: str = "web", last: int = 0) -> Data:
    """Return an entry of sources as a real Pod gives it."""
    octet = {"w1": 1, "w2": 2}.get(node, 1 + sum(node.encode()) % 200)
    return {
        "id": f"{namespace}/{app}-{number}/{app}",
        "namespace": namespace,
        "pod": f"{app}-{number}",
        "container": app,
        "node": node,
        "addresses": [f"10.244.{octet}.{(last or number) + 4}", f"fd00:10:244:{octet}::{(last or number) + 4:x}"],
        "image": f"registry.lab:5000/shop/{app}:1",
        "runner": "python" if app != "batch" else "sh",
        "tools": ["python3"] if app != "batch" else ["sh", "nc", "wget", "nslookup", "ping"],
        "routes": [
            f"default via 10.244.{octet}.1 dev eth0",
            f"10.244.{octet}.0/24 dev eth0 scope link",
            f"10.244.0.0/16 via 10.244.{octet}.1 dev eth0",
        ],
        "resolv_conf": [
            f"search {namespace}.svc.cluster.local svc.cluster.local cluster.local",
            "nameserver 10.96.0.10",
            "options ndots:5",
        ],
        "duration_ms": 212.5 + number,
    }


def pod_target(item: Data, port: int = 8080) -> Data:
    """Return the target that a source's Pod is."""
    name = f"pod/{item['namespace']}/{item['pod']}:{port}"
    return {
        "id": name,
        "kind": "pod",
        "namespace": item["namespace"],
        "name": item["pod"],
        "port": port,
        "node": item["node"],
    }


def service_target(name: str, namespace: str = "shop", port: int = 80) -> Data:
    """Return a Service as a target."""
    return {
        "id": f"svc/{namespace}/{name}:{port}",
        "kind": "service",
        "namespace": namespace,
        "name": name,
        "port": port,
        "port_name": "http",
    }


class Scene:
    """Collects the cells of a document; C(fault) bends those that it names."""

    def __init__(self, fault: Fault | None = None) -> None:
        self.cells: list[Data] = []
        self.sources: dict[str, Data] = {}
        self.targets: dict[str, Data] = {}
        self.fault = fault

    def probe(self, origin: Data, target: Data, model: str, protocol: str, **more: t.Any) -> None:
        """Add one probe, as it passes unless the fault says otherwise."""
        number = len(self.cells) + 1
        address = more.pop("address", "10.96.14.2")
        latency = round(0.3 + (number * 7919 % 97) / 40, 1)
        cell: Data = {
            "id": number,
            "source": origin["id"],
            "target": target["id"],
            "model": model,
            "protocol": protocol,
            "family": "IPv4",
            "via": "address",
            "asked": f"{address}:{target['port']}",
            "outcome": "http_200" if protocol == "http" else "open",
            "expectation": "allow",
            "expectation_reason": _ready(target),
            "verdict": "pass",
            "reason": "",
            "latency_ms": latency,
            "evidence": {"address": address, "tool": origin.get("runner", "python")},
            **more,
        }
        if protocol == "http":
            cell["evidence"]["phases"] = {"connect": round(latency / 3, 2), "first_byte": round(latency / 2, 2)}
        if cell["via"] != "address":
            cell["evidence"].update(
                name=f"{target['name']}.{target['namespace']}.svc.cluster.local.", server="10.96.0.10"
            )
        cell.update(self.fault(origin, target, cell) if self.fault else {})
        self.sources[origin["id"]], self.targets[target["id"]] = origin, target
        self.cells.append(cell)

    def document(self, not_tested: t.Sequence[Data] = (), **run: t.Any) -> Data:
        """Return the report document."""
        requests = {"api": 10, "exec": len(self.sources)}
        return document.build(
            {**RUN, **run}, self.cells, self.sources.values(), self.targets.values(), not_tested, requests
        )


def _ready(target: Data) -> str:
    full = "/".join(filter(None, (target["namespace"], target["name"])))
    return f"{target['kind'].capitalize()} {full} is ready"


def timeout(reason: str) -> Data:
    """Return what a cell of a dropped packet says."""
    return {
        "outcome": "timeout",
        "verdict": "fail",
        "reason": reason,
        "latency_ms": 4000.9,
        "evidence": {"address": "10.244.2.5", "tool": "python", "error": "timed out"},
    }


def lab(fault: Fault | None = None) -> Scene:
    """Return a run on a lab of two workers: six sources over six models."""
    scene = Scene(fault)
    pods = [source(n, f"w{n}") for n in (1, 2)]
    pods += [source(n, f"w{n}", app="api", last=n + 4) for n in (1, 2)]
    pods += [source(1, "w1", "tools", "debug", 9), source(1, "w2", "jobs", "batch", 9)]
    nodes = [
        {"id": f"node/{n}:30080", "kind": "node", "namespace": "", "name": n, "port": 30080, "node": n}
        for n in ("cp", "w1", "w2")
    ]
    for origin in pods:
        for item in pods[:4]:
            if item is origin:
                continue
            model = "pod_to_pod_same_node" if item["node"] == origin["node"] else "pod_to_pod_cross_node"
            for number, protocol in enumerate(("icmp", "tcp", "http", "tcp")):
                address = item["addresses"][number // 3]
                family = "IPv6" if ":" in address else "IPv4"
                scene.probe(origin, pod_target(item), model, protocol, address=address, family=family)
        for name in ("web", "api"):
            for via, asked in (("short name", name), ("fqdn", f"{name}.shop.svc.cluster.local"), ("address", "")):
                more = {"asked": f"{asked}:80"} if asked else {}
                for protocol in ("dns", "tcp", "http")[0 if asked else 1 :]:
                    scene.probe(origin, service_target(name), "pod_to_service", protocol, via=via, **more)
            scene.probe(
                origin,
                service_target(name),
                "pod_to_service",
                "icmp",
                outcome="not_applicable",
                expectation="not_applicable",
                expectation_reason="a ClusterIP answers no ICMP",
                verdict="skipped",
                reason="ICMP to a ClusterIP says nothing",
                latency_ms=None,
            )
        for item in nodes:
            for protocol in ("tcp", "http"):
                scene.probe(origin, item, "pod_to_nodeport", protocol, address="198.18.0.3")
    target = {**service_target("local", port=9000), "id": "pod/shop/pair-1:9000", "kind": "pod", "name": "pair-1"}
    scene.probe(pods[0], target, "container_to_container", "tcp", address="127.0.0.1", via="loopback")
    return scene


def healthy() -> Data:
    """Return a lab where everything works."""
    finished = {"what": "Pod shop/migrate-x7", "reason": "it has finished (Succeeded)", "remedy": ""}
    return lab().document([finished])


def broken_node() -> Data:
    """Return a lab where nothing crosses to or from w2, with a hole in a policy, a dead container and a 503."""

    def fault(origin: Data, target: Data, cell: Data) -> Data:
        if origin["id"].startswith("jobs/") and cell["verdict"] == "pass":
            reason = "the container died while it was asked (exit 137)"
            return {
                "outcome": "probe_error",
                "verdict": "unknown",
                "reason": reason,
                "latency_ms": None,
                "evidence": {},
            }
        if cell["model"] == "pod_to_pod_cross_node":
            return timeout(f"expected to open: nothing denies it; no answer from {cell['asked']} in 4000 ms")
        if target["node" if "node" in target else "name"] == "w2" and origin["node"] == "w1":
            return timeout(f"expected to open on every node; no answer from {cell['asked']} in 4000 ms")
        if target["name"] == "api" and origin["pod"] == "debug-1" and cell["protocol"] == "tcp":
            return {
                "expectation": "deny",
                "expectation_reason": "NetworkPolicy shop/api-from-web lets only app=web in",
                "verdict": "unexpected_open",
                "reason": "it opened although NetworkPolicy shop/api-from-web denies it",
            }
        if target["name"] == "api" and cell["protocol"] == "http" and cell["via"] == "fqdn":
            note = "port 80 answers with a server error (HTTP 503)"
            return {"outcome": "http_503", "author": "peer", "application": "http_5xx", "note": note}
        if target["name"] == "api" and origin["pod"] == "web-1" and cell["protocol"] == "tcp":
            asked = {"sent": 2, "received": 1, "askings": [{"timeout": 1}, {"open": 1}]}
            return {"evidence": {**cell["evidence"], **asked, "error": "at first: no answer after 4000 ms"}}
        return {}

    scene = lab(fault)
    scene.sources["jobs/batch-1/batch"].update(
        error="the container died while it was asked (exit 137)",
        remedy="kubectl -n jobs logs batch-1 -c batch --previous",
        routes=[],
        resolv_conf=[],
    )
    skipped = [
        {"what": "Pod shop/migrate-x7", "reason": "it has finished (Succeeded)", "remedy": ""},
        {"what": "Pod shop/migrate-x8", "reason": "it has finished (Succeeded)", "remedy": ""},
        {
            "what": "Pod shop/tiny-1",
            "reason": "its container has no shell and no Python",
            "remedy": "allow ephemeral containers: create on pods/ephemeralcontainers",
        },
    ]
    return scene.document(skipped, end="2026-11-21T08:41:14.9Z")


def mesh(sources: int, targets: int, per_pair: int = 1, broken: bool = True) -> Data:
    """Return a mesh of Pods on up to ten nodes; the paths into one node are broken."""

    def fault(origin: Data, target: Data, cell: Data) -> Data:
        if broken and target["node"] == "node-03" and origin["node"] != "node-03":
            return timeout(f"expected to open: nothing denies it; no answer from {cell['asked']} in 4000 ms")
        return {}

    scene = Scene(fault)
    pods = [
        source(n, f"node-{n % 10:02d}", f"team-{n % 4}", ("checkout", "cart", "search")[n % 3], n % 250)
        for n in range(max(sources, targets))
    ]
    protocols = ("tcp", "http", "icmp", "dns")
    for origin in pods[:sources]:
        for item in pods[:targets]:
            for protocol in protocols[:per_pair]:
                scene.probe(origin, pod_target(item), "pod_to_pod_cross_node", protocol, address=item["addresses"][0])
    return scene.document()


#: One target for each way traffic takes: (model, kind of source, target, protocol)
WAYS = (
    ("container_to_container", "pod", ("pod/shop/web-1:9000", "pod", "web-1", "shop", 9000, "w1"), "tcp"),
    ("pod_to_pod_same_node", "pod", ("pod/shop/api-1:8080", "pod", "api-1", "shop", 8080, "w1"), "http"),
    ("pod_to_pod_cross_node", "pod", ("pod/shop/api-2", "pod", "api-2", "shop", 0, "w2"), "mtu"),
    ("pod_to_service", "pod", ("svc/shop/api:80", "service", "api", "shop", 80, ""), "http"),
    ("pod_to_self_service", "pod", ("svc/shop/web:80", "service", "web", "shop", 80, ""), "http"),
    ("pod_to_headless", "pod", ("endpoint/shop/db/db-0:5432", "service", "db", "shop", 5432, ""), "tcp"),
    ("pod_to_nodeport", "pod", ("node/w2:30080", "node", "w2", "shop", 30080, "w2"), "http"),
    ("pod_to_loadbalancer", "pod", ("lb/shop/web:80", "service", "web", "shop", 80, ""), "http"),
    ("pod_to_ingress", "pod", ("ingress/shop/web/shop.lab/cart:443", "ingress", "web", "shop", 443, ""), "https"),
    ("pod_to_internet", "pod", ("host/example.org:443", "host", "example.org", "", 443, ""), "https"),
    ("pod_to_apiserver", "pod", ("apiserver:443", "apiserver", "kubernetes", "default", 443, ""), "https"),
    ("pod_to_dns", "pod", ("dns/1", "dns", "name server 1 of resolv.conf", "", 0, ""), "dns"),
    ("node_to_pod", "node", ("pod/shop/api-2:8080", "pod", "api-2", "shop", 8080, "w2"), "tcp"),
    ("node_to_service", "node", ("svc/shop/api:80", "service", "api", "shop", 80, ""), "tcp"),
    ("node_to_node", "node", ("node/w2:10250", "node", "w2", "", 10250, "w2"), "tcp"),
    ("outside_to_nodeport", "outside", ("node/w2:30080", "node", "w2", "shop", 30080, "w2"), "http"),
    ("outside_to_loadbalancer", "outside", ("lb/shop/web:80", "service", "web", "shop", 80, ""), "http"),
    ("outside_to_ingress", "outside", ("ingress/shop/web/shop.lab/:443", "ingress", "web", "shop", 443, ""), "tls"),
)


def every_model(fault: Fault | None = None) -> Data:
    """Return a sampled run with one check of each traffic model, with all that evidence may hold."""
    origins = {
        "pod": {**source(1, "w1"), "kind": "pod", "level": "pod", "workload": "Deployment/web"},
        "node": {"id": "node/w1", "kind": "node", "node": "w1", "level": "node", "runner": "python"},
        "outside": {"id": "outside/controller", "kind": "outside", "level": "host", "runner": "python"},
    }
    scene = Scene(fault)
    for model, kind, (name, what, own, namespace, port, node), protocol in WAYS:
        target = {"id": name, "kind": what, "name": own, "namespace": namespace, "port": port, "node": node}
        scene.probe(origins[kind], target, model, protocol, decided_by=f"{what} {own}")
    scene.cells[2]["evidence"]["mtu"] = 1430
    scene.cells[3]["evidence"].update(sent=5, received=4, percentiles={"p50": 0.4, "p99": 2.25}, control=1)
    scene.cells[7]["evidence"]["path"] = "kube-proxy answers on the node itself"
    scene.cells[17]["evidence"]["tls"] = {"version": "TLSv1.3", "names": ["shop.lab", "www.shop.lab"], "days_left": 88}
    document = scene.document()
    document["coverage"] = {
        "mode": "ring",
        "sources": [3, 200],
        "targets": [15, 400],
        "pairs": [18, 80_000],
        "nodes_out": [2, 3],
        "nodes_in": [3, 3],
        "confidence": "a node that is broken as a whole is seen",
        "left_out": [{"what": "Pods as sources", "count": 197}, {"what": "targets", "count": 385}],
    }
    return document


def empty() -> Data:
    """Return a run that found nothing to test."""
    missing = {
        "what": "namespace shop",
        "reason": "no running Pod matches app=none",
        "remedy": "choose another selector",
    }
    return Scene().document([missing])


def one(**cell: t.Any) -> Data:
    """Return a run of a single probe."""
    scene = Scene()
    scene.probe(source(1, "w1"), service_target("api"), "pod_to_service", "http", **cell)
    return scene.document()


def hostile() -> Data:
    """Return a failed run in which every text that a cluster controls is an attack."""
    scene = Scene(lambda _origin, _target, _cell: timeout(HOSTILE))
    origin = {key: _poison(value) for key, value in source(1, "w1").items()}
    target = {**service_target("api"), "id": "svc/" + HOSTILE, "name": HOSTILE, "namespace": HOSTILE}
    words = {"asked": HOSTILE, "via": HOSTILE, "expectation_reason": HOSTILE}
    scene.probe(origin, target, "pod_to_service", "http", **words)
    scene.cells[0]["evidence"] = {"address": HOSTILE, "answers": [HOSTILE], "error": HOSTILE, "name": HOSTILE}
    run = {"id": HOSTILE, "options": {HOSTILE: [HOSTILE]}, "versions": {HOSTILE: HOSTILE}}
    run["cluster"] = {"server": HOSTILE, "version": HOSTILE, "nodes": 1}
    return scene.document([{"what": HOSTILE, "reason": HOSTILE, "remedy": HOSTILE}], **run)


def _poison(value: t.Any) -> t.Any:
    if isinstance(value, str):
        return value + HOSTILE
    return [HOSTILE] if isinstance(value, list) else value


SCENES = [healthy, broken_node, every_model, empty, one, hostile]


COVERAGE = every_model()["coverage"]


def poisoned(word: str) -> Data:
    """Return a failed and a passed check in which a cluster says this word wherever it may."""
    word = word or "nothing"
    scene = Scene()
    for bent in ({}, timeout(word)):
        origin = {**source(1, "w1"), "id": word, "namespace": word, "pod": word}
        target = {**service_target("api"), "id": word, "name": word, "namespace": word}
        more = {"via": word, "asked": word, "expectation_reason": word, "decided_by": word, **bent}
        scene.probe(origin, target, "pod_to_service", "http", **more)
    document = scene.document([{"what": word, "reason": word, "remedy": word}], id=word)
    document["run"]["cluster"] = {**document["run"]["cluster"], "server": word}
    document["left"] = [dict.fromkeys(("kind", "namespace", "name", "state", "until", "reason"), word)]
    document["coverage"] = {**COVERAGE, "confidence": word, "left_out": [{"what": word, "count": 2}]}
    return document

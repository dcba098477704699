# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`connectivity --check` on a cluster of 1,000 Pods and 100 nodes, against one of 10 Pods, as whole playbooks.

Their lists are generated and served by a small API server of the benchmark's own: no lab can be that large.
Run by C(make bench); the result is a section of docs/benchmarks.md.
"""

from __future__ import annotations

import http.server
import json
import sys
import threading
import typing as t
import urllib.parse

from contest import PLAYBOOK, ROOT, WORK, Contender, goals, race, times, where, write_section

sys.path.insert(0, str(ROOT / "build" / "collections"))

from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster

Json = dict[str, t.Any]
WHAT = (
    "`ansible-playbook kubewire.netdebug.connectivity --check` with no option but the address of the API server: "
    "facts, count, sample, plan and rights. Each Pod has two addresses and a port, each of 200 Services five Pods."
)
SIZES = {"1,000 Pods on 100 nodes": (100, 10, 200), "10 Pods on 5 nodes": (5, 2, 2)}


def lists(nodes: int, pods: int, services: int, ingresses: int = 0) -> dict[str, list[Json]]:
    """The objects of a cluster, whose Pods belong to as many Deployments as there are Services."""
    names = [f"n{number}" for number in range(nodes)]
    made, by_app = [], dict[str, list[Json]]()
    for number, name in enumerate(names * pods, 1):
        app = f"s{number % services}"
        owner = {"kind": "ReplicaSet", "name": f"{app}-5d8c7b9f6d", "controller": True}
        pod = cluster.pod(
            f"{app}-5d8c7b9f6d-p{number}",
            name,
            f"10.{number // 62500}.{number // 250 % 250}.{number % 250 + 1}",
            f"fd00:10:244::{number:x}",
            ports=[cluster.HTTP],
            labels={"app": app, "pod-template-hash": "5d8c7b9f6d"},
            meta={"ownerReferences": [owner]},
        )
        made.append(pod)
        by_app.setdefault(app, []).append(pod)
    return {
        "pods": made,
        "nodes": [
            cluster.node(name, f"198.18.{number // 250}.{number % 250 + 1}") for number, name in enumerate(names)
        ],
        "namespaces": [{"metadata": {"name": "shop"}}],
        "services": [
            cluster.service(f"s{number}", f"10.96.{number // 250}.{number % 250 + 1}", ports=[{"port": 80}])
            for number in range(services)
        ],
        "endpointslices": [
            cluster.endpoint_slice(
                app,
                "IPv4",
                {"port": 8080},
                *(
                    (pod["status"]["podIPs"][0]["ip"], pod["spec"]["nodeName"], pod["metadata"]["name"], True)
                    for pod in there
                ),
            )
            for app, there in by_app.items()
        ],
        "ingresses": [ingress(number) for number in range(ingresses)],
    }


def ingress(number: int) -> Json:
    """One host with one path to a Service."""
    backend = {"service": {"name": f"s{number}", "port": {"number": 80}}}
    path = {"path": "/", "pathType": "Prefix", "backend": backend}
    return {
        "metadata": {"namespace": "shop", "name": f"s{number}"},
        "spec": {"rules": [{"host": f"s{number}.shop.example", "http": {"paths": [path]}}]},
        "status": {"loadBalancer": {"ingress": [{"ip": "198.18.200.1"}]}},
    }


def serve(objects: dict[str, list[Json]]) -> http.server.ThreadingHTTPServer:
    """An API server that only lists, page by page, and allows everything."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            url = urllib.parse.urlsplit(self.path)
            query = dict(urllib.parse.parse_qsl(url.query))
            items = [] if "labelSelector" in query else objects.get(url.path.rsplit("/", 1)[1], [])
            first, most = int(query.get("continue", 0)), int(query.get("limit", 500))
            more = str(first + most) if len(items) > first + most else ""
            self.give({"gitVersion": "v1.36.0", "items": items[first : first + most], "metadata": {"continue": more}})

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.give({"status": {"allowed": True}})

        def give(self, body: Json) -> None:
            data = json.dumps(body).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_words: t.Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def main() -> None:
    WORK.mkdir(parents=True, exist_ok=True)
    contenders = []
    for name, size in SIZES.items():
        host = f"K8S_AUTH_HOST=http://127.0.0.1:{serve(lists(*size)).server_port}"
        command = ["env", host, "K8S_AUTH_API_KEY=none", PLAYBOOK, "kubewire.netdebug.connectivity", "--check"]
        contenders.append(Contender(name, command, 5, runner=()))
    race(contenders)
    large, small = contenders
    figures = (
        ("seconds of the large one, whole", large.median, 20),
        ("seconds that its size takes", min(large.seconds) - min(small.seconds), 10),
    )
    write_section(
        "Check mode on 1,000 Pods and 100 nodes, as whole playbooks",
        f"{where()}\n\n{WHAT}\n\n{times(contenders)}\n\n{goals(figures)}",
    )


if __name__ == "__main__":
    main()

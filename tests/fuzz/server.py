# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An API server on which everything works: Pods run at once, and every command ends well."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import typing as t
import urllib.parse

from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._snapshot.test_gather import LISTS, Cluster

Json = dict[str, t.Any]

_VERSION = {"resourceVersion": "1"}


def web(name: str, node: str, *ips: str) -> Json:
    """A Pod of a workload, as the API server gives it."""
    pod = cluster.pod(name, node, *ips, ports=[cluster.HTTP], labels={"app": "web"}, meta={"uid": f"uid-of-{name}"})
    return {"kind": "Pod", **pod}


class Closed:
    """A port on loopback that closes every connection at once."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                self.listener.accept()[0].close()


class Kube:
    """What it says, and what was made on it."""

    def __init__(self) -> None:
        self.snapshot = Cluster()
        self._lock = threading.Lock()
        self.forget()

    def forget(self) -> None:
        """Be as at first."""
        with self._lock:
            self.made: dict[str, Json] = {}
            self.pods = {"web-1": web("web-1", "w1", "10.0.1.1")}

    def __call__(self, peer: t.Any) -> None:
        method, target, _http = peer.request.split(" ", 2)
        url = urllib.parse.urlsplit(target)
        query = {key: values[0] for key, values in urllib.parse.parse_qs(url.query).items()}
        size = int(peer.header("Content-Length") or 0)
        body = json.loads(peer.file.read(size)) if size else {}
        parts = urllib.parse.unquote(url.path).strip("/").split("/")
        if peer.header("Upgrade"):
            peer.upgrade()
            peer.send(1, b"said\n")
            peer.status(status="Success")
            peer.close()
            while peer.file.read(1 << 16):  # else what is still on its way makes the kernel reset the connection
                pass
        elif method == "POST":
            peer.answer(201, self._post(parts[-1], body, "dryRun" in query))
        elif method == "DELETE":
            with self._lock:
                self.made.pop(parts[-1], None)
            peer.answer(200, {"kind": "Status", "status": "Success"})
        elif method == "PATCH":
            peer.answer(200, self._patched(parts[-2], body, "dryRun" in query))
        else:
            self._get(peer, parts, query)

    def _post(self, resource: str, body: Json, dry: bool) -> Json:
        if resource == "selfsubjectaccessreviews":
            return {**body, "status": {"allowed": True}}
        whole = {**body, "metadata": {**body["metadata"], "uid": f"uid-of-{body['metadata']['name']}", **_VERSION}}
        if resource == "pods" and not dry:
            containers = whole["spec"]["containers"]
            states = [{"name": each["name"], "state": {"running": {}}, "ready": True} for each in containers]
            whole["spec"] = {"nodeName": "w1", **whole["spec"]}
            whole["status"] = {"phase": "Running", "containerStatuses": states}
            with self._lock:
                self.made[whole["metadata"]["name"]] = whole
        return whole

    def _patched(self, name: str, body: Json, dry: bool) -> Json:
        pod = self.pods[name]
        added = body["spec"]["ephemeralContainers"]
        running = {"running": {"startedAt": "2026-11-21T12:00:00Z"}}
        states = [{"name": each["name"], "state": running} for each in added]
        spec = {**pod["spec"], "ephemeralContainers": added}
        whole = {**pod, "spec": spec, "status": {**pod["status"], "ephemeralContainerStatuses": states}}
        if not dry:
            with self._lock:
                self.pods[name] = whole
        return whole

    def _get(self, peer: t.Any, parts: list[str], query: t.Mapping[str, str]) -> None:
        labels = query.get("labelSelector", "")
        if parts[-2:-1] == ["pods"]:
            found = {**self.pods, **self.made}.get(parts[-1])
            peer.answer(200, found) if found else peer.answer(404, {"kind": "Status", "message": "no such Pod"})
        elif parts[-2:-1] == ["nodes"]:
            peer.answer(200, next(node for node in LISTS["nodes"] if node["metadata"]["name"] == parts[-1]))
        elif parts[-1] == "pods" and "dns" not in labels:
            self._list(peer, self.made if "kubewire" in labels else self.pods)
        elif parts[-1] in ("jobs", "events"):
            self._list(peer, {})
        else:
            self.snapshot(peer)

    def _list(self, peer: t.Any, found: t.Mapping[str, Json]) -> None:
        with self._lock:
            peer.answer(200, {"metadata": _VERSION, "items": list(found.values())})

# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes Pods that do not start and lets one wait judge them; prints what it said, and how long after the first sign.

Run as the operator by test_start.py. Standard input, JSON: C(namespace grace deadline), C(first) and C(then): lists of
Pods; the first ones are made early, so that they have ended or crash by the time that is asked for them. C(ephemeral):
Pod name -> ephemeral container to add. C(signs): Pod name -> text that its object holds as soon as there is a sign;
what was there before the wait counts from its begin. C(open): a Pod whose scheduling gates are removed meanwhile.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster import connection
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.rest import Api
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug import start, wait

Json = dict[str, t.Any]
SELECTED = {"labelSelector": "test=start"}


class Timed(wait._Wait):
    """Notes when a Pod's wait was over."""

    over: t.ClassVar[dict[str, float]] = {}

    def __setattr__(self, name: str, value: t.Any) -> None:
        super().__setattr__(name, value)
        if name == "result" and value is not None:
            self.over.setdefault(self.name, time.monotonic())


class Observer(threading.Thread):
    """Watches the same Pods beside the wait and notes when each first shows its sign."""

    def __init__(self, server: Api, path: str, signs: dict[str, str], seconds: float) -> None:
        super().__init__(daemon=True)
        self.server, self.path, self.signs, self.seconds = server, path, signs, seconds
        self.seen: dict[str, float] = {}

    def run(self) -> None:
        for _kind, pod in self.server.watch(self.path, SELECTED, self.seconds):
            name = pod["metadata"]["name"]
            if name in self.signs and self.signs[name] in json.dumps(pod):
                self.seen.setdefault(name, time.monotonic())


def until(what: str, check: t.Callable[[], bool], seconds: float = 180.0) -> None:
    """Wait for what the setting needs."""
    end = time.monotonic() + seconds
    while not check():
        if time.monotonic() > end:
            raise TimeoutError(what)
        time.sleep(0.2)


def main() -> None:
    given = json.load(sys.stdin)
    place = f"/api/v1/namespaces/{given['namespace']}"
    server, beside = (Api(connection.connect({"kubeconfig": os.environ["KUBECONFIG"]})) for _number in range(2))
    pods = f"{place}/pods"
    until("service account", lambda: bool(list(server.list(f"{place}/serviceaccounts"))))
    for pod in given["first"]:
        server.post(pods, pod)

    def ready(pod: Json) -> bool:
        """Whether it has ended, or is held back after it crashed for the second time."""
        pod = server.get(f"{pods}/{pod['metadata']['name']}")
        if pod["spec"]["restartPolicy"] == "Always":
            status = start.status_of(pod, "debug")
            return status.get("restartCount", 0) > 0 and "running" not in status["state"]
        return start.ended(pod, "debug") is not None

    until("the first Pods", lambda: all(map(ready, given["first"])))
    observer = Observer(beside, pods, given["signs"], given["deadline"])
    observer.start()
    for name, container in given["ephemeral"].items():
        server.patch(f"{pods}/{name}/ephemeralcontainers", {"spec": {"ephemeralContainers": [container]}})
    for pod in given["then"]:
        server.post(pods, pod)
    until("the first Pods", lambda: all(map(ready, given["first"])))
    threading.Timer(0.5, lambda: beside.patch(f"{pods}/{given['open']}", given["gates"])).start()
    containers = {pod["metadata"]["name"]: "debug" for pod in (*given["first"], *given["then"])}
    containers.update({name: container["name"] for name, container in given["ephemeral"].items()})
    wait._Wait = Timed  # type: ignore[misc]
    before, requests = time.monotonic(), server.requests
    seen = wait.until_running(server, given["namespace"], containers, SELECTED, given["deadline"], given["grace"])
    # Both read a stream of their own, and that of the observer may be the later one.
    until("the observer", lambda: given["signs"].keys() <= observer.seen.keys(), 60)
    answers = {
        name: {
            **({"runs": True} if isinstance(one, dict) else one.to_dict()),
            "after_sign": Timed.over[name] - max(before, observer.seen[name]) if name in observer.seen else None,
            "seconds": Timed.over[name] - before,
        }
        for name, one in seen.items()
    }
    took = time.monotonic() - before
    sys.stdout.write(json.dumps({"answers": answers, "seconds": took, "requests": server.requests - requests}))


if __name__ == "__main__":
    main()

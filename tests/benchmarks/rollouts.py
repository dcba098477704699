# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long deletions and rollouts take with a helper of ours in the Pods, and without one, turn by turn.

Run by C(make bench), with the lab up; the result is a section of docs/benchmarks.md.
"""

from __future__ import annotations

import statistics
import time
import typing as t

from contest import WORK, Contender, goals, kubectl, say, where, write_playbook, write_section

NAMESPACE, ROUNDS, MOST_S = "bench-rollouts", 5, 0.5
GRACE_S = 60  #: how long a container that ignores SIGTERM holds its Pod
#: Ends at once on SIGTERM, as a good application does.
APPLICATION = "import os, signal, time; signal.signal(15, lambda *_: os._exit(0)); time.sleep(3600)"
Json = dict[str, t.Any]


def template(name: str) -> Json:
    main = {"name": "main", "image": "registry.lab:5000/shop-frontend:1", "command": ["python3", "-c", APPLICATION]}
    spec = {"containers": [main], "terminationGracePeriodSeconds": GRACE_S}
    return {"metadata": {"labels": {"app": name}}, "spec": spec}


def workload(kind: str, name: str, replicas: int, **spec: t.Any) -> Json:
    spec = {"replicas": replicas, "selector": {"matchLabels": {"app": name}}, "template": template(name), **spec}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}


#: What is timed, and the object that it is about.
CASES: dict[str, Json] = {
    "deletion of a Pod": {
        "apiVersion": "v1",
        "kind": "Pod",
        **template("single"),
        "metadata": {"name": "single", "labels": {"app": "single"}},
    },
    "rollout of a Deployment, Recreate": workload("Deployment", "recreated", 1, strategy={"type": "Recreate"}),
    "rollout of a StatefulSet of two": workload("StatefulSet", "ordered", 2, serviceName="ordered"),
}


def here(*words: str, stdin: t.Any = None) -> str:
    return kubectl("-n", NAMESPACE, *words, stdin=stdin)


def settle(manifest: Json) -> str:
    """Have the object, with all of its Pods Ready, and return how kubectl names it."""
    name = f"{manifest['kind'].lower()}/{manifest['metadata']['name']}"
    here("apply", "-f", "-", stdin=manifest)
    if manifest["kind"] == "Pod":
        here("wait", name, "--for=condition=Ready", "--timeout=120s")
    else:
        here("rollout", "status", name, "--timeout=120s")
    return name


def seconds(manifest: Json, attach: Contender | None) -> float:
    name = settle(manifest)
    if attach:
        attach.run()
    begin = time.monotonic()
    if manifest["kind"] == "Pod":
        here("delete", name, "--timeout=120s")
    else:
        here("rollout", "restart", name)
        here("rollout", "status", name, "--timeout=400s")
    return time.monotonic() - begin


def helper(manifest: Json) -> Contender:
    name = manifest["metadata"]["name"]
    options = {
        "namespace": NAMESPACE,
        "label_selectors": [f"app={name}"],
        "image": "registry.lab:5000/shop-ledger:1",
        "argv": ["true"],
    }
    task = {"kubewire.netdebug.ephemeral_attach": options}
    return Contender(f"attach-{name}", write_playbook(f"attach-{name}", [task]), ROUNDS)


def main() -> None:
    WORK.mkdir(parents=True, exist_ok=True)
    measured: dict[str, tuple[list[float], list[float]]] = {case: ([], []) for case in CASES}
    kubectl("create", "namespace", NAMESPACE)
    try:
        for _round in range(ROUNDS):
            for case, manifest in CASES.items():
                without, with_one = measured[case]
                without.append(seconds(manifest, None))
                with_one.append(seconds(manifest, helper(manifest)))
                say(f"{case}: {without[-1]:.2f} s without, {with_one[-1]:.2f} s with")
    finally:
        kubectl("delete", "namespace", NAMESPACE, "--wait=false")
    rows, figures = [], []
    for case, both in measured.items():
        without, with_one = map(statistics.median, both)
        rows.append(f"| {case} | {without:.2f} | {with_one:.2f} | {max(both[1]):.2f} | {with_one - without:+.2f} |")
        figures.append((f"{case}: s more", with_one - without, MOST_S))
    table = "\n".join(rows)
    text = f"""{where()}

An ephemeral container of `ephemeral_attach` runs in each Pod, whose grace period is {GRACE_S} s; {ROUNDS} rounds,
turn by turn, medians. A helper that ignored SIGTERM would hold each of the Pods for {GRACE_S} s.

| what | without s | with s | longest with s | difference s |
| --- | --- | --- | --- | --- |
{table}

{goals(figures)}"""
    write_section("Deletions and rollouts with a helper in the Pods", text)


if __name__ == "__main__":
    main()

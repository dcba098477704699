# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A debug Pod on each node of a cluster, run and removed: in one task, and with kubectl on each node in turn.

Run by C(make bench), with the lab up; the result is a section of docs/benchmarks.md.
"""

from __future__ import annotations

import json
import os

from contest import (
    WORK,
    Contender,
    goals,
    kubectl,
    plain_kubectl,
    race,
    times,
    where,
    write_playbook,
    write_section,
)

NAMESPACE, ROUNDS = "bench", 7
IMAGE = os.environ.get("KUBEWIRE_TEST_IMAGE", "registry.lab:5000/debug:1")

#: Sets name to what kubectl debug calls its Pod; an attach that comes too late shows nothing, the log then has it.
DEBUG = """
said=$({kubectl} debug node/{node} -n {namespace} --image={image} --attach -- hostname 2>debug.err) || exit
name=$(echo "$said" | sed -n 's/^Creating debugging pod \\([^ ]*\\) .*/\\1/p')
echo "$said" | grep -qx {node} || {kubectl} logs -n {namespace} "$name" | grep -x {node} || exit
"""
DELETE = '{kubectl} delete pod -n {namespace} "$name" --wait\n'
FORCE = '{kubectl} delete pod -n {namespace} "$name" --wait=false --grace-period=0 --force\n'
RUN = """
{kubectl} run bench-{node} -n {namespace} --image={image} --rm --attach --restart=Never --overrides='{overrides}' \\
  -- hostname | grep {node} || exit
"""


def overrides(node: str) -> str:
    host = {"hostNetwork": True, "hostPID": True, "hostIPC": True}
    return json.dumps({"spec": {"nodeName": node, "tolerations": [{"operator": "Exists"}], **host}})


def contenders(nodes: list[str]) -> list[Contender]:
    pod = {"namespace": NAMESPACE, "level": "node", "every_node": True, "image": IMAGE, "argv": ["hostname"]}
    seen = "{{ pods.answers | map(attribute='stdout') | map('trim') }}"
    ours = [
        {"kubewire.netdebug.debug_pod": pod, "register": "pods"},
        {"ansible.builtin.assert": {"that": "seen == nodes and pods.left == []"}, "vars": {"seen": seen}},
    ]
    others = {"kubectl debug": DEBUG + DELETE, "kubectl debug, forced": DEBUG + FORCE, "kubectl run": RUN}
    words = {"kubectl": plain_kubectl(), "namespace": NAMESPACE, "image": IMAGE}
    found = [Contender("debug_pod", write_playbook("debug_pod", ours, nodes=nodes), ROUNDS)]
    for name, script in others.items():
        file = f"{name.replace(', ', ' ').replace(' ', '_')}.sh"
        turns = [script.format(node=node, overrides=overrides(node), **words) for node in nodes]
        (WORK / file).write_text("".join(turns))
        found.append(Contender(name, ["sh", file], ROUNDS))
    return found


def report(measured: list[Contender], nodes: list[str]) -> None:
    ours, *others = measured
    figures = [(f"debug_pod / {other.name}", ours.median / other.median, 1 / 3) for other in others]
    text = f"""{where()}

- **debug_pod**: `ansible-playbook` with one task of `kubewire.netdebug.debug_pod` at level `node`.
- **kubectl debug**: `kubectl debug node/NODE --attach -- hostname`, then `kubectl delete pod`, on each node in turn, \
with upstream's own kubectl. Where the attach came too late to show the output, `kubectl logs` does.
- **kubectl debug, forced**: the same with `kubectl delete --force`, which waits for nothing.
- **kubectl run**: `kubectl run --rm --attach --overrides` with the node and its namespaces, on each node in turn.

{times(measured)}

{goals(figures)}"""
    write_section(f"A debug Pod on each of {len(nodes)} nodes, run and removed, as whole processes", text)


def main() -> None:
    WORK.mkdir(parents=True, exist_ok=True)
    nodes = sorted(kubectl("get", "nodes", "-o", "jsonpath={.items[*].metadata.name}").split())
    kubectl("create", "namespace", NAMESPACE)
    try:
        measured = contenders(nodes)
        race(measured)
    finally:
        kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found", "--wait=false")
    report(measured, nodes)


if __name__ == "__main__":
    main()

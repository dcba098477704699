# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A debug Pod on each node of a cluster, run and removed: in one task, and with kubectl on each node in turn.

Run by C(make bench), with the lab up; the result is a section of docs/benchmarks.md.
"""

from __future__ import annotations

import json
import math
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


def playbook(name: str, nodes: list[str]) -> Contender:
    """Ours: one task, on some or all nodes."""
    pod = {"namespace": NAMESPACE, "level": "node", "nodes": nodes, "image": IMAGE, "argv": ["hostname"]}
    seen = "{{ pods.answers | map(attribute='stdout') | map('trim') }}"
    tasks = [
        {"kubewire.netdebug.debug_pod": pod, "register": "pods"},
        {"ansible.builtin.assert": {"that": "seen == nodes and pods.left == []"}, "vars": {"seen": seen}},
    ]
    return Contender(name, write_playbook(name.replace(" ", "_"), tasks, nodes=nodes), ROUNDS)


def script(name: str, text: str, nodes: list[str]) -> Contender:
    """Theirs: one node after the other."""
    words = {"kubectl": plain_kubectl(), "namespace": NAMESPACE, "image": IMAGE}
    file = WORK / f"{name.replace(' ', '_')}.sh"
    file.write_text("".join(text.format(node=node, overrides=overrides(node), **words) for node in nodes))
    return Contender(name, ["sh", file.name], ROUNDS)


def contenders(nodes: list[str]) -> list[Contender]:
    return [
        playbook("debug_pod", nodes),
        script("kubectl debug", DEBUG + DELETE, nodes),
        script("kubectl debug forced", DEBUG + FORCE, nodes),
        script("kubectl run", RUN, nodes),
        playbook("debug_pod on one node", nodes[:1]),
    ]


def crossing(ours: Contender, one: Contender, theirs: Contender, count: int) -> str:
    """From how many nodes on the goal would be reached; computed, since the lab has only so many."""
    each, their_each = (ours.median - one.median) / (count - 1), theirs.median / count
    text = f"Each further node adds {each:.2f} s to debug_pod and {their_each:.2f} s to kubectl debug"
    if their_each / 3 <= each:
        return f"{text}."
    nodes = math.ceil((one.median - each) / (their_each / 3 - each))
    return f"{text}: by these figures the goal is reached from {nodes} nodes on."


def report(measured: list[Contender], nodes: list[str]) -> None:
    ours, *others, one = measured
    figures = [(f"debug_pod / {other.name}", ours.median / other.median, 1 / 3) for other in others]
    text = f"""{where()}

- **debug_pod**: `ansible-playbook` with one task of `kubewire.netdebug.debug_pod` at level `node`.
- **kubectl debug**: `kubectl debug node/NODE --attach -- hostname`, then `kubectl delete pod`, on each node in turn, \
with upstream's own kubectl. Where the attach came too late to show the output, `kubectl logs` does.
- **kubectl debug forced**: the same with `kubectl delete --force`, which waits for nothing.
- **kubectl run**: `kubectl run --rm --attach --overrides` with the node and its namespaces, on each node in turn.

{times(measured)}

{goals(figures)}

{crossing(ours, one, others[0], len(nodes))}"""
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

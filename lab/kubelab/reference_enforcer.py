# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""kube-network-policies, the reference enforcer of Kubernetes' network group, in place of the lab's own.

It judges the first packet of each connection in user space, as the plugins of kind and minikube do. It would queue the
packets by nftables, whose expression for it this kernel may lack, so that the lab does it by legacy iptables, with the
rules of upstream's `syncNFTablesRules`.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from kubelab import machines, programs
from kubelab.cluster import apply, kubectl
from kubelab.components import Component
from kubelab.proc import LabError, output, succeeds, together
from kubelab.progress import Progress
from kubelab.settings import KUBECONFIG, NODES, Host

MODULE = programs.REFERENCE_ENFORCER
MANIFEST = MODULE / "daemonset.yaml"
PROGRAM = Path("opt/reference-enforcer/kube-network-policies")
NAMESPACE, OWN, REFERENCE = "network-policy", "daemonset/enforcer", "daemonset/reference-enforcer"
#: nftables' table of the lab's own, whose rules stay while its agent is away.
OWN_TABLE = ("inet", "network-policy")
QUEUE, CHAIN, SECONDS = "100", "FIRST-PACKETS", 60.0
#: What is not asked about: answers, what the node's root sends (the kubelet), and neighbour discovery.
PASSED = (
    ("-o", "lo"),
    ("-m", "conntrack", "--ctstate", "ESTABLISHED,RELATED"),
    ("-m", "owner", "--uid-owner", "0"),
)
FAMILIES = {"iptables-legacy": (), "ip6tables-legacy": (("-p", "ipv6-icmp"),)}


def stands() -> bool:
    """Whether it is in the cluster."""
    return succeeds(kubectl("get", "-n", NAMESPACE, REFERENCE, "--request-timeout=10s"))


def up(progress: Progress) -> None:
    """Put it in the place of the lab's own; policies hold all the while, by one, by both, by the other."""
    _need_lab()
    program = programs.build_module(MODULE, progress) / "cmd"
    with progress.task("putting the reference enforcer in place"):
        for node in NODES:
            target = machines.FOLDER / node.name / "root" / PROGRAM
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(program, target)
            target.chmod(0o755)
        apply([[MANIFEST]])
        _rolled_out(REFERENCE)
        together(*(partial(_queue, node) for node in NODES))
        output(kubectl("delete", "-n", NAMESPACE, OWN, "--ignore-not-found", "--cascade=foreground"))
        for node in NODES:
            succeeds(machines.command(node, "nft", "delete", "table", *OWN_TABLE))


def down(parts: Iterable[Component], progress: Progress) -> None:
    """Put the lab's own back."""
    _need_lab()
    with progress.task("putting the lab's own enforcer back"):
        apply([[path for part in parts if part.name == "policy" for path in part.manifests]])
        _rolled_out(OWN)
        for node in NODES:
            _unqueue(node)
        output(kubectl("delete", "--ignore-not-found", "--cascade=foreground", "-f", str(MANIFEST)))
        for node in NODES:
            shutil.rmtree((machines.FOLDER / node.name / "root" / PROGRAM).parent, ignore_errors=True)


def _need_lab() -> None:
    if not KUBECONFIG.exists():
        raise LabError("the lab is down; start it with: make lab")


def _rolled_out(name: str) -> None:
    output(kubectl("rollout", "status", "-n", NAMESPACE, name, f"--timeout={SECONDS:.0f}s"), timeout=SECONDS + 10)


def _queue(node: Host) -> None:
    """Hand first packets over, once somebody takes them: without a taker they are dropped."""
    end = time.monotonic() + SECONDS
    while not any(line.split()[0] == QUEUE for line in _queues(node)):
        if time.monotonic() > end:
            raise LabError(f"the reference enforcer takes no packets on {node.name}")
        time.sleep(0.2)
    _unqueue(node)
    for tables, more in FAMILIES.items():
        mangle = partial(machines.command, node, tables, "-w", "-t", "mangle")
        output(mangle("-N", CHAIN))
        for passed in (*PASSED, *more):
            output(mangle("-A", CHAIN, *passed, "-j", "RETURN"))
        output(mangle("-A", CHAIN, "-j", "NFQUEUE", "--queue-num", QUEUE))
        output(mangle("-A", "POSTROUTING", "-j", CHAIN))


def _queues(node: Host) -> list[str]:
    return output(machines.command(node, "cat", "/proc/net/netfilter/nfnetlink_queue")).splitlines()


def _unqueue(node: Host) -> None:
    for tables in FAMILIES:
        mangle = partial(machines.command, node, tables, "-w", "-t", "mangle")
        for words in (("-D", "POSTROUTING", "-j", CHAIN), ("-F", CHAIN), ("-X", CHAIN)):
            succeeds(mangle(*words))

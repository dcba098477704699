# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operator's way onto the plain host and the nodes: keys made anew at each start, an /etc/ssh that only it sees.

`ip netns exec op` puts what lies in /etc/netns/op in place of what lies in /etc, so that `ssh h1`, `scp` and Ansible
need neither an option nor anything in a home directory.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from kubelab import network
from kubelab.proc import output
from kubelab.settings import H1, INVENTORY, NODES, OPERATOR, STATE, Host

FOLDER = STATE / "ssh"
KEY, HOST_KEY, KNOWN_HOSTS = FOLDER / "id_ed25519", FOLDER / "ssh_host_ed25519_key", FOLDER / "known_hosts"
REACHED = (H1, *NODES)
NAMES = tuple(name for host in REACHED for name in (host.name, f"{host.name}.lab", host.ipv4, host.ipv6))

# The default key exchange also resists quantum computers, for a twentieth of a second of a processor each time.
CONFIG = f"""Host {" ".join(NAMES)}
    User root
    IdentityFile {KEY}
    IdentitiesOnly yes
    StrictHostKeyChecking yes
    GlobalKnownHostsFile {KNOWN_HOSTS}
    UserKnownHostsFile none
    UpdateHostKeys no
    KexAlgorithms curve25519-sha256
"""


def create() -> None:
    """Keys, the operator's settings, and an Ansible inventory: the plain host, and the group of the nodes."""
    FOLDER.mkdir(mode=0o700)
    for key, comment in ((KEY, "operator of the lab"), (HOST_KEY, "machines of the lab")):
        output(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", key])
    KNOWN_HOSTS.write_text(f"{','.join(NAMES)} {_public(HOST_KEY).read_text()}")
    etc = network.ETC / OPERATOR.name / "ssh"
    etc.mkdir(parents=True)
    (etc / "ssh_config").write_text(CONFIG)
    groups = {"hosts": _variables(H1), "children": {"nodes": {"hosts": _variables(*NODES)}}}
    INVENTORY.write_text(json.dumps({"all": groups}, indent=1) + "\n")


def _variables(*hosts: Host) -> dict[str, dict[str, str]]:
    login = {"ansible_user": "root", "ansible_python_interpreter": "/usr/bin/python3"}
    return {host.name: {"ansible_host": host.ipv4, **login} for host in hosts}


def install(root: Path) -> None:
    """Put a machine's key, and who may log in, below the root of its file system."""
    (root / "etc" / "ssh").mkdir(parents=True, exist_ok=True)
    for file in (HOST_KEY, _public(HOST_KEY)):
        shutil.copy(file, root / "etc" / "ssh")
    home = root / "root" / ".ssh"
    home.mkdir(mode=0o700, parents=True)
    shutil.copy(_public(KEY), home / "authorized_keys")


def _public(key: Path) -> Path:
    return key.with_name(f"{key.name}.pub")

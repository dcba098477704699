# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The network of the lab: namespaces, a bridge in one of them, and a leg into it for each host.

Nothing is made in the machine's own namespace. `inet` is everybody's default route; the addresses of the lab's
Internet (www.outside.lab) lie behind it.
"""

from __future__ import annotations

import os
import shutil
import signal
import time
from contextlib import suppress
from pathlib import Path

from kubelab.proc import LabError, output, succeeds
from kubelab.settings import HOSTS, INET, LAN, OPERATOR, OUTSIDE4, OUTSIDE6, Host

NAMESPACES = (LAN, *(host.name for host in HOSTS))
NETNS = Path("/run/netns")
ETC = Path("/etc/netns")


def conflicts() -> list[str]:
    """Namespaces of the machine that already go by a name the lab needs."""
    return [name for name in NAMESPACES if (NETNS / name).exists()]


def create() -> None:
    """All namespaces with their links, addresses and routes."""
    commands = [f"netns add {name}" for name in NAMESPACES]
    _ip(None, commands)
    _ip(LAN, ["link set lo up", "link add br0 type bridge", "link set br0 up"])
    for host in HOSTS:
        _ip(None, [f"link add name leg-{host.name} netns {LAN} type veth peer name eth0 netns {host.name}"])
        _ip(LAN, [f"link set leg-{host.name} master br0 up"])
        _ip(host.name, _leg(host))
    forward = {"net.ipv4.ip_forward": "1", "net.ipv6.conf.all.forwarding": "1"}
    for host in HOSTS:
        sysctls = {} if host == OPERATOR else forward
        sysctls = {**sysctls, "net.ipv4.ping_group_range": "0 2147483647"}
        output(["ip", "netns", "exec", host.name, "sysctl", "-qw", *(f"{k}={v}" for k, v in sysctls.items())])
    operator = ETC / OPERATOR.name
    operator.mkdir(parents=True, exist_ok=True)
    (operator / "resolv.conf").write_text(resolv_conf())


def resolv_conf() -> str:
    """Everybody asks the lab's Internet."""
    return f"nameserver {INET.ipv4}\nsearch lab\n"


def remove(names: list[str]) -> None:
    """Remove these namespaces and what belongs to them."""
    for name in names:
        if not (NETNS / name).exists():
            continue
        if not succeeds(["ip", "netns", "del", name]):
            (NETNS / name).unlink(missing_ok=True)  # a plain file is all that a reboot leaves
    if OPERATOR.name in names:
        shutil.rmtree(ETC / OPERATOR.name, ignore_errors=True)
        if ETC.is_dir() and not any(ETC.iterdir()):
            ETC.rmdir()


def end_processes(names: list[str]) -> None:
    """End what runs in these namespaces; with a machine's first process everything in it ends."""
    for attempt in range(50):
        pids = {int(p) for name in names for p in output(["ip", "netns", "pids", name], check=False).split()}
        pids.discard(os.getpid())
        if not pids:
            return
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.1 if attempt < 20 else 0.5)
    raise LabError(f"these processes in the lab's network do not end: {sorted(pids)}")


def _leg(host: Host) -> list[str]:
    commands = [
        "link set lo up",
        f"addr add {host.ipv4}/24 dev eth0",
        f"addr add {host.ipv6}/64 dev eth0 nodad",
        "link set eth0 up",
    ]
    if host == INET:
        web = [f"addr add {OUTSIDE4}.80/32 dev lo", f"addr add {OUTSIDE6}:80/128 dev lo nodad"]
        return [*commands, *web, f"route add blackhole {OUTSIDE4}.99/32"]  # dead.outside.lab: no answer at all
    return [*commands, f"route add default via {INET.ipv4}", f"-6 route add default via {INET.ipv6}"]


def _ip(namespace: str | None, commands: list[str]) -> None:
    plain = [c for c in commands if not c.startswith("-6 ")]
    six = [c.removeprefix("-6 ") for c in commands if c.startswith("-6 ")]
    where = ["-n", namespace] if namespace else []
    output(["ip", *where, "-batch", "-"], stdin="\n".join(plain) + "\n")
    if six:
        output(["ip", "-6", *where, "-batch", "-"], stdin="\n".join(six) + "\n")

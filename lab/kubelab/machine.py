# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The machine the lab runs on: what it lacks, and the Debian packages that are put on it."""

from __future__ import annotations

import os
import platform
from pathlib import Path

from kubelab.proc import output, run, succeeds
from kubelab.progress import Progress
from kubelab.settings import GO_MINIMUM, LAB

#: Several systemd nodes use up the kernel's default; kube-proxy then dies with "too many open files". And all their
#: Pods share one table of neighbours: beyond 1,024 entries, Pods of one node no longer find each other.
SYSCTLS = {
    "fs.inotify.max_user_instances": 8192,
    "fs.inotify.max_user_watches": 524288,
    "net.ipv4.neigh.default.gc_thresh2": 8192,
    "net.ipv4.neigh.default.gc_thresh3": 16384,
}


def missing() -> str | None:
    """What this machine lacks to host the lab, in one line."""
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        return f"Linux on x86_64 (this is {platform.system()} on {platform.machine()})"
    if os.geteuid():
        return "root (the lab makes network namespaces and systemd containers)"
    release = Path("/etc/os-release")
    if not release.exists() or "\nVERSION_CODENAME=bookworm" not in f"\n{release.read_text()}":
        return "Debian 12 (its packages podman, runc and mmdebstrap are what the lab stands on)"
    if not succeeds(["unshare", "--net", "--mount", "--pid", "--fork", "true"]):
        return "the right to make network, mount and process namespaces"
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    if memory < 5:
        return f"memory: 6 GiB (it has {memory:.0f})"
    return None


def packages() -> list[str]:
    """The Debian packages the lab needs on the machine."""
    lines = (LAB / "apt-packages.txt").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def install(wanted: list[str], progress: Progress) -> None:
    """Debian packages that are not there yet."""
    query = ["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n"]
    have = {line.split()[0] for line in output(query).splitlines() if line.endswith(" installed")}
    lacking = [name for name in wanted if name not in have]
    if not lacking:
        return
    env = {"DEBIAN_FRONTEND": "noninteractive"}
    with progress.task(f"installing Debian packages: {' '.join(lacking)}") as task:

        def show(line: str) -> None:
            task.detail = line[:70]

        run(["apt-get", "update", "-q"], "apt", "apt-get update", env=env, on_line=show)
        command = ["apt-get", "install", "-q", "-y", "--no-install-recommends", *lacking]
        run(command, "apt", "installing Debian packages", env=env, on_line=show)


def raise_sysctls() -> dict[str, int]:
    """Raise what the nodes need; says what was there before."""
    before = {}
    for name, wanted in SYSCTLS.items():
        path = Path("/proc/sys", *name.split("."))
        if (now := int(path.read_text())) < wanted:
            before[name] = now
            path.write_text(str(wanted))
    return before


def restore_sysctls(before: dict[str, int]) -> None:
    """Put back what `raise_sysctls` found, unless somebody else changed it since."""
    for name, old in before.items():
        path = Path("/proc/sys", *name.split("."))
        if int(path.read_text()) == SYSCTLS.get(name):
            path.write_text(str(old))


def boot_id() -> str:
    """Differs after each boot of the machine."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def go_is_new_enough(program: str) -> bool:
    """Whether that Go can build the lab's programs."""
    words = output([program, "env", "GOVERSION"], check=False).strip().removeprefix("go").split(".")
    try:
        return (int(words[0]), int(words[1])) >= GO_MINIMUM
    except (ValueError, IndexError):
        return False

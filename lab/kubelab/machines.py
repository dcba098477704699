# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The machines of the lab: systemd containers, each on an overlay over the one Debian root file system.

podman runs them from a root file system of ours (no image, no storage), with its records in a folder of ours.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from kubelab import components, network, ssh
from kubelab.components import Component
from kubelab.proc import LabError, output, succeeds
from kubelab.settings import HOSTS, INET, MACHINES, OUTSIDE4, RUN, STATE, Host

#: Overlay on overlay does not work, so what containers are unpacked into lies on the machine's own file system.
VOLUMES = {
    "control-plane": ("/var/lib/containerd", "/var/lib/kubelet", "/var/lib/etcd", "/var/log"),
    "worker": ("/var/lib/containerd", "/var/lib/kubelet", "/var/log"),
    "plain": ("/var/lib/containers", "/var/lib/docker", "/var/log"),
    "outside": ("/var/log",),
}
CGROUP = "/kubewire-lab"
FOLDER = STATE / "machines"

#: Our own settings, whatever the user's podman has: and file locks, because those in /dev/shm are shared by all.
CONTAINERS_CONF = """[engine]
cgroup_manager = "cgroupfs"
events_logger = "none"
lock_type = "file"
runtime = "runc"
"""

#: --cgroupns=private: without it no container starts inside. --systemd=false: `always` would make all machines share
#: one tree of systemd. Bounded limits: the default ones need CAP_SYS_RESOURCE.
OPTIONS = (
    *("--cgroupns=private", "--privileged", "--systemd=false", "--env=container=podman", "--stop-signal=SIGRTMIN+3"),
    *("--ulimit=nofile=20000:20000", "--ulimit=nproc=32000:32000"),
    *("--tmpfs=/run", "--tmpfs=/run/lock", "--tmpfs=/tmp", "--dns=none", "--no-hosts", "--log-driver=none"),
    f"--cgroup-parent={CGROUP}",
)
MASKED = ("systemd-udevd.service", "systemd-networkd.service", "systemd-resolved.service", "getty.target",
          "console-getty.service", "apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer",
          "e2scrub_all.timer", "fstrim.timer", "systemd-timesyncd.service", "e2scrub_reap.service",
          "systemd-firstboot.service", "podman-auto-update.service", "podman-auto-update.timer",
          "podman-restart.service")  # fmt: skip


def podman(*arguments: str | Path) -> list[str]:
    """A podman command on the lab's own records."""
    places = ["--root", FOLDER / "podman", "--runroot", RUN / "podman", "--tmpdir", RUN / "libpod"]
    places += ["--runtime-flag", f"root={RUN / 'runc'}"]
    return [str(a) for a in ("podman", *places, "--storage-driver", "vfs", *arguments)]


def configure_podman() -> None:
    """Every podman command of ours reads these settings and no others."""
    RUN.mkdir(parents=True, exist_ok=True)
    (RUN / "containers.conf").write_text(CONTAINERS_CONF)
    os.environ["CONTAINERS_CONF"] = str(RUN / "containers.conf")


def start(host: Host, layers: Sequence[Path], parts: Iterable[Component], extra: Sequence[str] = ()) -> None:
    """Make the machine's root file system over these layers, the topmost first, and boot it."""
    home = FOLDER / host.name
    upper, work, root = home / "upper", home / "work", home / "root"
    volumes = {v: home / v.lstrip("/") for v in VOLUMES[host.role]}
    for folder in (upper / "etc", work, root, *volumes.values()):
        folder.mkdir(parents=True)
    components.install_host_files(parts, host, upper)
    if host in ssh.REACHED:
        ssh.install(upper)
    (upper / "etc" / "resolv.conf").write_text(network.resolv_conf())
    (upper / "etc" / "hosts").write_text(hosts_file())
    (upper / "etc" / "hostname").write_text(f"{host.name}\n")
    units = upper / components.UNITS
    units.mkdir(parents=True, exist_ok=True)
    for unit in MASKED:
        (units / unit).symlink_to("/dev/null")
    (units / "default.target").symlink_to("/lib/systemd/system/multi-user.target")
    lower = ":".join(str(layer) for layer in layers)
    overlay = f"lowerdir={lower},upperdir={upper},workdir={work}"
    output(["mount", "-t", "overlay", f"kubewire-{host.name}", "-o", overlay, root])
    options = [*OPTIONS, *(f"--volume={folder}:{v}" for v, folder in volumes.items()), *extra]
    name = ["--name", host.name, "--hostname", host.name, "--network", f"ns:{network.NETNS / host.name}"]
    # The shims of a hundred Pods have more threads than the 2,048 that Podman allows, and runc dies of it. No part of
    # OPTIONS: that would end labs that run.
    options.append("--pids-limit=-1")
    output(podman("run", "-d", *name, *options, "--rootfs", root, "/sbin/init"))


def hosts_file() -> str:
    """Names that must not depend on the name service: it runs on one of them."""
    lines = ["127.0.0.1 localhost", "::1 localhost"]
    lines += [f"{address} {h.name} {h.name}.lab" for h in HOSTS for address in (h.ipv4, h.ipv6)]
    return "\n".join([*lines, f"{INET.ipv4} registry.lab", f"{OUTSIDE4}.80 www.outside.lab", ""])


def command(host: Host, *argv: str) -> list[str]:
    """The command that runs something on a machine."""
    return podman("exec", host.name, *argv)


def write(host: Host, path: str, content: str) -> None:
    """A file on a machine."""
    file = FOLDER / host.name / "root" / path.lstrip("/")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content)


def wait_active(host: Host, unit: str, seconds: float = 45) -> None:
    """Until the unit runs there."""
    end = time.monotonic() + seconds
    while not succeeds(command(host, "systemctl", "-q", "is-active", unit)):
        if time.monotonic() > end:
            said = output(command(host, "journalctl", "-q", "-n", "3", "-o", "cat", "-u", unit), check=False)
            raise LabError(f"{unit} does not start on {host.name}: {said.strip()}")
        time.sleep(0.2)


def gone() -> list[str]:
    """The machines that do not run."""
    listing = output(podman("ps", "--format", "json"), check=False)
    running = {name for c in json.loads(listing or "[]") for name in c["Names"]}
    return [name for name in names() if name not in running]


def remove() -> None:
    """Every machine, with what it mounted and the cgroups it left."""
    _kill_cgroups()
    if FOLDER.exists():
        succeeds(podman("rm", "-f", "-a", "-t", "0"), timeout=120)
    for mount in reversed(_mounts()):
        succeeds(["umount", "-l", mount])
    if left := _mounts():
        raise LabError(f"cannot unmount {', '.join(left)}")
    for top in _cgroups():
        for folder, _folders, _files in os.walk(top, topdown=False):
            _remove_cgroup(Path(folder))
    shutil.rmtree(FOLDER, ignore_errors=True)
    shutil.rmtree(RUN, ignore_errors=True)


def _mounts() -> list[str]:
    mounts = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    return [m for m in mounts if m.startswith((f"{STATE}/", f"{RUN}/"))]


def _cgroups() -> list[Path]:
    """Our part of each hierarchy; the Pods' cgroups lie below it."""
    root = Path("/sys/fs/cgroup")
    return [p for p in (root / CGROUP.lstrip("/"), *root.glob(f"*{CGROUP}")) if p.is_dir()]


def _kill_cgroups() -> None:
    """Everything that runs in the lab, at once: this also ends what a crash left without a record."""
    for _ in range(50):
        pids = {
            pid for top in _cgroups() for folder, _, _ in os.walk(top) for pid in _pids(Path(folder, "cgroup.procs"))
        }
        if not pids:
            return
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.1)


def _pids(procs: Path) -> list[int]:
    try:
        return [int(word) for word in procs.read_text().split() if word != "0"]
    except OSError:
        return []


def _remove_cgroup(folder: Path) -> None:
    for _ in range(20):
        try:
            folder.rmdir()
        except FileNotFoundError:
            return
        except OSError:  # busy: the kernel has not let go of the last process yet
            time.sleep(0.1)
        else:
            return


def names() -> list[str]:
    """Their names."""
    return [m.name for m in MACHINES]

# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Debian root file system of the lab's machines, and what the plain host has on top of it.

Images take single packages out of the first. The second is a layer of its own, so that the nodes stay small.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from kubelab import cache
from kubelab.proc import run
from kubelab.progress import Progress
from kubelab.settings import DEBIAN, LAB

PACKAGES = LAB / "machine-packages.txt"
HOST_PACKAGES = LAB / "host-packages.txt"
UNWANTED = ("doc", "info", "locale", "man")
MIRROR = "http://deb.debian.org/debian"

#: What apt installs goes into the upper folder of an overlay over the machines' root file system. In namespaces of
#: their own, so that neither a mount nor a process outlives it.
ADD = """set -e
base=$1 out=$2; shift 2
mount -t overlay kubewire -o "lowerdir=$base,upperdir=$out/layer,workdir=$out/work,redirect_dir=off" "$out/root"
mount -t proc proc "$out/root/proc"
mount --rbind /dev "$out/root/dev"
cat /etc/resolv.conf > "$out/root/etc/resolv.conf"
export DEBIAN_FRONTEND=noninteractive
chroot "$out/root" apt-get update -q
chroot "$out/root" apt-get install -q -y --no-install-recommends "$@"
chroot "$out/root" apt-get clean
rm -rf "$out/root/etc/resolv.conf" "$out"/root/var/lib/apt/lists/*
"""


def packages(listing: Path = PACKAGES) -> list[str]:
    """The Debian packages of a machine of the lab."""
    return [line for line in listing.read_text().splitlines() if line and not line.startswith("#")]


def key() -> str:
    """Everything the root file system is made from."""
    return cache.digest(DEBIAN, MIRROR, " ".join(packages()), " ".join(UNWANTED))


def build(progress: Progress) -> Path:
    """The folder that holds it."""
    return cache.entry("debian", key(), lambda out: _build(out, progress))


def build_host(base: Path, progress: Progress) -> Path:
    """The folder with what the plain host has on top of `base`."""
    wanted = packages(HOST_PACKAGES)
    key_ = cache.digest(base.name, ADD, " ".join(wanted))
    return cache.entry("debian", f"host-{key_}", lambda out: _add(base, wanted, out, progress)) / "layer"


def _build(out: Path, progress: Progress) -> None:
    options = [f"--dpkgopt=path-exclude=/usr/share/{folder}/*" for folder in UNWANTED]
    command = ["mmdebstrap", "--mode=root", "--variant=minbase", "--format=directory", *options]
    command += ['--aptopt=Acquire::Languages "none"', f"--include={','.join(packages())}"]
    with progress.task("making the root file system of the machines") as task:

        def show(line: str) -> None:
            if match := re.match(r"I: (.*)", line):
                task.detail = f"({match[1][:50]})"

        run([*command, DEBIAN, out, MIRROR], "debian", "making the root file system", on_line=show)
    for name in ("resolv.conf", "hostname", "machine-id", "hosts"):
        (out / "etc" / name).unlink(missing_ok=True)


def _add(base: Path, wanted: list[str], out: Path, progress: Progress) -> None:
    for name in ("layer", "work", "root"):
        (out / name).mkdir()
    apart = ["unshare", "--mount", "--pid", "--fork", "--kill-child"]
    with progress.task("adding the packages of the plain host") as task:

        def show(line: str) -> None:
            task.detail = f"({line[:50]})"

        what = "adding the packages of the plain host"
        run([*apart, "sh", "-c", ADD, "sh", base, out, *wanted], "debian", what, on_line=show)
    for name in ("work", "root"):
        shutil.rmtree(out / name)

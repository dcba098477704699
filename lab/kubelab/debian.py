# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Debian root file system of the lab's machines; images take single packages out of it."""

from __future__ import annotations

import re
from pathlib import Path

from kubelab import cache
from kubelab.proc import run
from kubelab.progress import Progress
from kubelab.settings import DEBIAN, LAB

PACKAGES = LAB / "machine-packages.txt"
UNWANTED = ("doc", "info", "locale", "man")
MIRROR = "http://deb.debian.org/debian"


def packages() -> list[str]:
    """The Debian packages of a machine of the lab."""
    return [line for line in PACKAGES.read_text().splitlines() if line and not line.startswith("#")]


def key() -> str:
    """Everything the root file system is made from."""
    return cache.digest(DEBIAN, MIRROR, " ".join(packages()), " ".join(UNWANTED))


def build(progress: Progress) -> Path:
    """The folder that holds it."""
    return cache.entry("debian", key(), lambda out: _build(out, progress))


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

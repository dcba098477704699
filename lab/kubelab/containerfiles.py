# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Images that are built as their users build them: `podman build` of a Containerfile, on a minimal Debian as base."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path

from kubelab import cache, machines
from kubelab.debian import MIRROR
from kubelab.images import Image
from kubelab.proc import run
from kubelab.progress import Progress
from kubelab.settings import CACHE, DEBIAN

BASE = "localhost/debian:base"
SOURCES = f"""deb {MIRROR} {DEBIAN} main
deb {MIRROR} {DEBIAN}-updates main
deb {MIRROR}-security {DEBIAN}-security main
"""
#: As in Debian's own slim images: no documentation but the licences. Without merged-usr, a package that merges /usr
#: afterwards brings 47 MB of Perl.
OPTIONS = (
    *("--variant=minbase", "--include=usr-is-merged", "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr"),
    *("--dpkgopt=path-exclude=/usr/share/doc/*", "--dpkgopt=path-include=/usr/share/doc/*/copyright"),
    *(f"--dpkgopt=path-exclude=/usr/share/{folder}/*" for folder in ("info", "locale", "man")),
    '--aptopt=Acquire::Languages "none"',
)


def build(images: list[Image], progress: Progress) -> dict[str, Path]:
    """The OCI layout of each image that has a Containerfile, by the image's name."""
    made = {}
    for image in images:
        if "containerfile" in image.spec:
            context = image.folder / image.spec["containerfile"]
            key = cache.digest(_base_key(), context)
            make = partial(_build, image.name, context, progress)
            made[image.name] = cache.entry("built", f"{image.name}-{key}", make)
    return made


def _base_key() -> str:
    return cache.digest(SOURCES, *OPTIONS)


def _base(progress: Progress, out: Path) -> None:
    with progress.task("making the base of the debug image"):
        command = ["mmdebstrap", "--mode=root", *OPTIONS, DEBIAN, out / "root.tar", "-"]
        run(command, "base", "making the base of the debug image", stdin=SOURCES.encode())


def _build(name: str, context: Path, progress: Progress, out: Path) -> None:
    """In a storage of our own that is gone afterwards; copies instead of overlays, so that it works on an overlay."""
    base = cache.entry("base", _base_key(), partial(_base, progress))
    work = CACHE / "work" / "podman"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    settings = work / "containers.conf"
    settings.write_text(machines.CONTAINERS_CONF)

    def podman(*words: str | Path) -> None:
        places = ["--root", work / "root", "--runroot", work / "runroot", "--tmpdir", work / "tmp"]
        command = ["podman", *places, "--storage-driver", "vfs", *words]
        run(command, f"image-{name}", f"building the image {name}", env={"CONTAINERS_CONF": str(settings)})

    with progress.task(f"building the image {name}"):
        podman("import", base / "root.tar", BASE)
        # --network host: apt's remedy.
        podman("build", "--layers=false", "--network=host", f"--build-arg=BASE={BASE}", "-t", name, context)
        podman("save", "-q", "--format=oci-dir", "-o", out, f"localhost/{name}")
    shutil.rmtree(work)

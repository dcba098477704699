# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Container images, written straight into the storage folder of the lab's registry: no build daemon, no push.

An image is described in a component's `component.toml`:

    [images.NAME]
    tag = "1"
    programs = ["kube"]                  # of lab/tools, to /usr/local/bin with the names they go by
    packages = ["busybox", "libc6"]      # files of these Debian packages, out of the machines' root file system
    files = "image"                      # a folder of the component, copied to /
    take = {"/usr/bin/x" = "/y"}         # single files of that root file system
    links = {"/usr/bin/sh" = "dash"}
    busybox = true                       # links for all its applets
    entrypoint, cmd, user, env           # as in any image
    packing = "gzip"                     # for docker 20.10 on h1, which does not know zstd
    on = "workers"                       # they fetch it while the control plane starts; "nodes": all do, later
    containerfile = "folder"             # instead of all that: built by podman from that folder (containerfiles.py)

Layers are packed with zstd, lightly: nodes hash what they fetch as well as what they unpack: most of a pull.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kubelab import cache, programs
from kubelab.proc import LabError, output
from kubelab.progress import Progress
from kubelab.settings import REGISTRY

PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
MERGED = ("bin", "lib", "lib64", "sbin")
TYPES = "application/vnd.oci.image"
PACKINGS = {"zstd": "zstd -q -T0 -c", "gzip": "gzip -1 -n -c"}


@dataclass(frozen=True)
class Sources:
    """Where the content of images comes from."""

    bin: Path
    debian: Path
    built: dict[str, Path]  # OCI layouts, by the image's name


@dataclass(frozen=True)
class Image:
    """One `[images.NAME]` of a component."""

    name: str
    folder: Path
    spec: dict[str, Any]

    @property
    def tag(self) -> str:
        """The tag it is served under."""
        return str(self.spec.get("tag", "1"))

    @property
    def reference(self) -> str:
        """What a Pod calls it."""
        return f"{REGISTRY}/{self.name}:{self.tag}"


def key(images: list[Image], sources: Sources) -> str:
    """Everything the images are made from."""
    parts: list[str | Path] = [sources.bin.name, sources.debian.name, Path(__file__)]
    parts += [layout.name for layout in sources.built.values()]
    for image in images:
        parts.append(json.dumps([image.name, image.spec], sort_keys=True))
        if "files" in image.spec:
            parts.append(image.folder / image.spec["files"])
    return cache.digest(*parts)


def build(images: list[Image], sources: Sources, progress: Progress) -> Path:
    """The registry's storage folder with all of them in it."""

    def make(out: Path) -> None:
        with progress.task("making images") as task:
            storage = Storage(out)
            for number, image in enumerate(images, 1):
                task.detail = f"{number}/{len(images)} ({image.name})"
                _write(storage, image, sources)

    return cache.entry("registry", key(images, sources), make)


#: A layer's descriptor, and the digest of its content before packing.
Layer = tuple[dict[str, Any], str]


class Storage:
    """The folder layout of the distribution registry (docker/registry/v2)."""

    def __init__(self, root: Path) -> None:
        self.root = root / "docker" / "registry" / "v2"
        self._layers: dict[str, Layer] = {}

    def blob(self, media_type: str, content: bytes) -> dict[str, Any]:
        """Store bytes; gives the descriptor."""
        name = hashlib.sha256(content).hexdigest()
        self._data(name).write_bytes(content)
        return {"mediaType": media_type, "digest": f"sha256:{name}", "size": len(content)}

    def layer(self, identity: str, members: Iterator[tuple[str, Path | str]], packing: str) -> Layer:
        """Store a layer, once for all images that have the same."""
        identity = f"{packing} {identity}"
        if identity not in self._layers:
            unnamed, packed = self.root / "layer", self.root / "layer.packed"
            unnamed.parent.mkdir(parents=True, exist_ok=True)
            with tarfile.open(unnamed, "w", format=tarfile.PAX_FORMAT) as tar:
                _fill(tar, members)
            output(["sh", "-c", f'{PACKINGS[packing]} < "$1" > "$2"', "sh", unnamed, packed])
            plain, name = _digest(unnamed), _digest(packed)
            unnamed.unlink()
            descriptor = {"mediaType": f"{TYPES}.layer.v1.tar+{packing}", "digest": f"sha256:{name}"}
            self._layers[identity] = {**descriptor, "size": packed.stat().st_size}, f"sha256:{plain}"
            packed.rename(self._data(name))
        return self._layers[identity]

    def publish(self, image: Image, config: dict[str, Any], layers: list[dict[str, Any]]) -> None:
        """Store the manifest and link everything below the image's name."""
        held = self.blob(f"{TYPES}.config.v1+json", json.dumps(config).encode())
        manifest = {"schemaVersion": 2, "mediaType": f"{TYPES}.manifest.v1+json", "config": held, "layers": layers}
        digest = self.blob(f"{TYPES}.manifest.v1+json", json.dumps(manifest).encode())["digest"]
        self._tag(image, digest, [held, *layers])

    def adopt(self, image: Image, layout: Path) -> None:
        """Store an image that lies in an OCI layout."""
        for blob in (layout / "blobs" / "sha256").iterdir():
            if not (stored := self._data(blob.name)).exists():
                stored.hardlink_to(blob)
        index = json.loads((layout / "index.json").read_text())
        digest = index["manifests"][0]["digest"]
        manifest = json.loads(self._data(digest.removeprefix("sha256:")).read_text())
        self._tag(image, digest, [manifest["config"], *manifest["layers"]])

    def _tag(self, image: Image, digest: str, blobs: list[dict[str, Any]]) -> None:
        repository = self.root / "repositories" / image.name
        for descriptor in blobs:
            self._link(repository / "_layers", descriptor["digest"])
        self._link(repository / "_manifests" / "revisions", digest)
        folder = repository / "_manifests" / "tags" / image.tag
        self._link(folder / "index", digest)
        (folder / "current").mkdir()
        (folder / "current" / "link").write_text(digest)

    def _data(self, name: str) -> Path:
        path = self.root / "blobs" / "sha256" / name[:2] / name / "data"
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    @staticmethod
    def _link(folder: Path, digest: str) -> None:
        path = folder / digest.replace(":", "/") / "link"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(digest)


def _write(storage: Storage, image: Image, sources: Sources) -> None:
    if image.name in sources.built:
        storage.adopt(image, sources.built[image.name])
        return
    spec = image.spec
    packing = spec.get("packing", "zstd")
    layers: list[Layer] = []
    for name in spec.get("programs", ()):  # first: images that share a program then share its unpacked layer
        layers.append(storage.layer(f"program {name}", _program(sources.bin, name), packing))
    if packages := spec.get("packages", ()):
        layers.append(storage.layer(f"packages {sorted(packages)}", _packages(sources.debian, packages), packing))
    taken = spec.get("take", {}).items()
    own: list[tuple[str, Path | str]] = [(to, sources.debian / at.lstrip("/")) for at, to in taken]
    if "files" in spec:
        folder = image.folder / spec["files"]
        own += [("/" + str(p.relative_to(folder)), p) for p in sorted(folder.rglob("*")) if p.is_file()]
    own += list(spec.get("links", {}).items())
    if spec.get("busybox"):
        own += [(f"/usr/bin/{applet}", "busybox") for applet in _applets(sources.debian)]
    if "user" in spec:
        own.append(("/tmp", ""))
    if own:
        layers.append(storage.layer(f"own {image.folder} {image.name}", iter(own), packing))
    process = {
        "Env": [PATH, *(f"{k}={v}" for k, v in spec.get("env", {}).items())],
        "Entrypoint": spec.get("entrypoint"),
        "Cmd": spec.get("cmd"),
        "User": spec.get("user"),
        "WorkingDir": "/",
    }
    config = {
        "architecture": "amd64",
        "os": "linux",
        "config": {k: v for k, v in process.items() if v is not None},
        "rootfs": {"type": "layers", "diff_ids": [diff_id for _descriptor, diff_id in layers]},
    }
    storage.publish(image, config, [descriptor for descriptor, _diff_id in layers])


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _program(bin_: Path, name: str) -> Iterator[tuple[str, Path | str]]:
    if not (bin_ / name).exists():
        raise LabError(f"no program {name} is built under lab/tools; there are: {' '.join(os.listdir(bin_))}")
    yield f"/usr/local/bin/{name}", bin_ / name
    for alias in programs.ALIASES.get(name, ()):
        yield f"/usr/local/bin/{alias}", name


def _packages(debian: Path, names: list[str]) -> Iterator[tuple[str, Path | str]]:
    """The files of Debian packages. /bin, /lib and /sbin are links into /usr, as on the machine itself."""
    for folder in MERGED:
        yield f"/{folder}", f"usr/{folder}"
    for name in names:
        for path in _package_files(debian, name):
            source = debian / path.lstrip("/")
            if path.lstrip("/") in MERGED:
                continue
            if source.is_symlink():
                yield _usr(path), os.readlink(source)
            elif source.is_file():
                yield _usr(path), source


@functools.cache
def _package_files(debian: Path, name: str) -> list[str]:
    info = debian / "var" / "lib" / "dpkg" / "info"
    lists = [info / f"{name}.list", info / f"{name}:amd64.list"]
    found = next((p for p in lists if p.exists()), None)
    if not found:
        raise LabError(f"an image wants files of the Debian package {name}, which machine-packages.txt does not bring")
    return found.read_text().splitlines()


def _applets(debian: Path) -> list[str]:
    """The names busybox goes by, except those that have a program of their own."""
    listed = output(["chroot", debian, "busybox", "--list"]).split()
    return [name for name in listed if name not in ("busybox", "iptables", "ip6tables")]


def _usr(path: str) -> str:
    return f"/usr{path}" if path.split("/")[1] in MERGED else path


def _fill(tar: tarfile.TarFile, members: Iterator[tuple[str, Path | str]]) -> None:
    """A path is a file to copy, a text is where a link points, an empty text is a folder for everybody."""
    folders: set[str] = set()
    for name, content in members:
        for parent in reversed(Path(name).parents):
            if str(parent) != "/" and str(parent) not in folders:
                folders.add(str(parent))
                tar.addfile(_member(str(parent), tarfile.DIRTYPE, 0o755))
        if isinstance(content, Path):
            info = _member(name, tarfile.REGTYPE, content.stat().st_mode & 0o7777)
            info.size = content.stat().st_size
            with content.open("rb") as file:
                tar.addfile(info, file)
        elif content:
            info = _member(name, tarfile.SYMTYPE, 0o777)
            info.linkname = content
            tar.addfile(info)
        elif name not in folders:
            tar.addfile(_member(name, tarfile.DIRTYPE, 0o1777))


def _member(name: str, kind: bytes, mode: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name.lstrip("/"))
    info.type, info.mode, info.mtime = kind, mode, 0
    return info

# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the lab consists of: one folder for each part, found by listing `lab/components` (and `lab/shop`).

- `component.toml`: order, namespaces, `[images.NAME]` (images.py), `[definitions]` (definitions.py),
  `[[certificates]]` (certificates.py), `[[answers]]` (ready.py); may be missing
- `*.yaml`: Kubernetes manifests, applied in order of component and file name, `namespaces.yaml` first
- `hosts/WHICH/...`: files for the machines (`all`, `nodes`, or one by name); each *.service is enabled
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import tomllib

from kubelab import cache
from kubelab.images import Image
from kubelab.settings import LAB, Host

UNITS = Path("etc/systemd/system")


@dataclass
class Component:
    """One folder."""

    folder: Path

    @property
    def name(self) -> str:
        return self.folder.name

    @cached_property
    def spec(self) -> dict[str, Any]:
        file = self.folder / "component.toml"
        return tomllib.loads(file.read_text()) if file.exists() else {}

    @property
    def order(self) -> int:
        return int(self.spec.get("order", 50))

    @property
    def namespaces(self) -> list[str]:
        """Those whose workloads must be ready."""
        return list(self.spec.get("namespaces", ()))

    @property
    def images(self) -> list[Image]:
        return [Image(name, self.folder, spec) for name, spec in self.spec.get("images", {}).items()]

    @property
    def manifests(self) -> list[Path]:
        return sorted(self.folder.glob("*.yaml"), key=lambda path: (path.name != "namespaces.yaml", path.name))

    @property
    def certificates(self) -> list[dict[str, Any]]:
        return list(self.spec.get("certificates", ()))

    @property
    def answers(self) -> list[dict[str, Any]]:
        return list(self.spec.get("answers", ()))

    def host_files(self, host: Host) -> list[Path]:
        """The folders whose content goes onto this machine."""
        names = ["all", *(["nodes"] if host.is_node else []), host.name]
        return [p for name in names if (p := self.folder / "hosts" / name).is_dir()]


def discover() -> list[Component]:
    """All of them, in the order in which they are applied."""
    folders = [*(p for p in (LAB / "components").iterdir() if p.is_dir()), LAB / "shop"]
    return sorted((Component(f) for f in folders), key=lambda c: (c.order, c.name))


def images(components: Iterable[Component]) -> list[Image]:
    """Every image."""
    return [image for component in components for image in component.images]


def manifests(components: Iterable[Component]) -> list[Path]:
    """Every manifest, in order."""
    return [path for component in components for path in component.manifests]


def install_host_files(components: Iterable[Component], host: Host, root: Path) -> None:
    """Put each component's files for a machine below `root`, and enable the units among them."""
    for component in components:
        for folder in component.host_files(host):
            shutil.copytree(folder, root, dirs_exist_ok=True)
            for unit in (folder / UNITS).glob("*.service"):
                wants = root / UNITS / "multi-user.target.wants"
                wants.mkdir(parents=True, exist_ok=True)
                (wants / unit.name).unlink(missing_ok=True)
                (wants / unit.name).symlink_to(f"/{UNITS / unit.name}")


def units(components: Iterable[Component], host: Host) -> list[str]:
    """The units that a machine's files bring."""
    return [u.stem for c in components for folder in c.host_files(host) for u in (folder / UNITS).glob("*.service")]


def host_files_key(components: Iterable[Component]) -> str:
    """Changes with the files of the machines."""
    return cache.digest(*(p for c in components for p in [c.folder / "hosts"] if p.is_dir()))

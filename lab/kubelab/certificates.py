# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates of the lab's own authority as Secrets of the cluster, for what ends TLS there. Made anew at each start.

[[certificates]]                     # in a component's component.toml
namespace = "shop"
secret = "shop-tls"
names = ["shop.lab", "api.shop.lab"]
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from pathlib import Path

from kubelab import pki
from kubelab.components import Component
from kubelab.settings import STATE

FOLDER = STATE / "certificates"


def create(parts: Iterable[Component], authority: Path) -> None:
    """A manifest for each, with the key in it: the folder is the owner's alone."""
    FOLDER.mkdir(mode=0o700, exist_ok=True)
    for spec in (spec for part in parts for spec in part.certificates):
        name = f"{spec['namespace']}-{spec['secret']}"
        pki.sign(authority, name, [f"DNS:{host}" for host in spec["names"]])
        files = {"tls.crt": f"{name}.crt", "tls.key": f"{name}.key"}
        secret = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": spec["secret"], "namespace": spec["namespace"]},
            "type": "kubernetes.io/tls",
            "data": {k: base64.b64encode((authority / file).read_bytes()).decode() for k, file in files.items()},
        }
        (FOLDER / f"{name}.json").write_text(json.dumps(secret))


def manifests() -> list[Path]:
    """Those of the lab that runs."""
    return sorted(FOLDER.glob("*.json"))

# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab's own certificate authority, and the certificate of its outside world. Made anew at each start."""

from __future__ import annotations

from pathlib import Path

from kubelab.proc import output
from kubelab.settings import INET, OUTSIDE4, OUTSIDE6

NAMES = ("www.outside.lab", "outside.lab", "registry.lab")


def create(folder: Path) -> None:
    """ca.crt, and outside.crt with outside.key, signed by it."""
    folder.mkdir(parents=True, exist_ok=True)
    ca, key = folder / "ca.crt", folder / "ca.key"
    _certificate(folder / "ca", "/CN=Kubewire lab CA", ["keyUsage=critical,keyCertSign,cRLSign"])
    names = [f"DNS:{name}" for name in NAMES] + [f"IP:{a}" for a in (f"{OUTSIDE4}.80", f"{OUTSIDE6}:80", INET.ipv4)]
    extensions = [f"subjectAltName={','.join(names)}", "basicConstraints=critical,CA:FALSE"]
    _certificate(folder / "outside", f"/CN={NAMES[0]}", extensions, ["-CA", str(ca), "-CAkey", str(key)])


def _certificate(path: Path, subject: str, extensions: list[str], signer: list[str] | None = None) -> None:
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-days", "365", "-subj", subject, "-keyout", f"{path}.key", "-out", f"{path}.crt", *(signer or [])]
    output([*command, *(word for text in extensions for word in ("-addext", text))])

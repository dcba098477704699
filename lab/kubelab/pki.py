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
    _certificate(folder / "ca", "/CN=Kubewire lab CA", ["keyUsage=critical,keyCertSign,cRLSign"])
    names = [f"DNS:{name}" for name in NAMES] + [f"IP:{a}" for a in (f"{OUTSIDE4}.80", f"{OUTSIDE6}:80", INET.ipv4)]
    sign(folder, "outside", names)


def sign(folder: Path, name: str, names: list[str]) -> None:
    """A certificate for these names (`DNS:...`, `IP:...`), `name`.crt with `name`.key, by the authority in `folder`."""
    extensions = [f"subjectAltName={','.join(names)}", "basicConstraints=critical,CA:FALSE"]
    signer = ["-CA", str(folder / "ca.crt"), "-CAkey", str(folder / "ca.key")]
    _certificate(folder / name, f"/CN={names[0].partition(':')[2]}", extensions, signer)


def _certificate(path: Path, subject: str, extensions: list[str], signer: list[str] | None = None) -> None:
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-days", "365", "-subj", subject, "-keyout", f"{path}.key", "-out", f"{path}.crt", *(signer or [])]
    output([*command, *(word for text in extensions for word in ("-addext", text))])

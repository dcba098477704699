# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""TLS Secrets of a fault: certificates of the lab's own authority, right or wrong in one way."""

from __future__ import annotations

import base64
import tempfile
from pathlib import Path
from typing import Any

from kubelab.proc import output
from kubelab.settings import STATE


def secret(spec: dict[str, Any]) -> dict[str, Any]:
    """`secret`, its name; `names`; `days` of validity, -1 for one that ended yesterday; `foreign_key` for another's."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _certificate(folder / "tls", spec["names"], spec.get("days", 30))
        if spec.get("foreign_key"):
            _key(folder / "tls", spec["names"])
        data = {file: base64.b64encode((folder / file).read_bytes()).decode() for file in ("tls.crt", "tls.key")}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": spec["secret"]},
        "type": "kubernetes.io/tls",
        "data": data,
    }


def _certificate(path: Path, names: list[str], days: int) -> None:
    """`openssl x509` takes a certificate that has expired already, where `openssl req` does not."""
    _key(path, names)
    extensions = path.with_suffix(".ext")
    extensions.write_text(f"subjectAltName={','.join(f'DNS:{name}' for name in names)}\n")
    pki = STATE / "pki"
    serial = "0x" + path.parent.name.encode().hex()  # of a folder that nobody else has
    signer: list[str | Path] = ["-CA", pki / "ca.crt", "-CAkey", pki / "ca.key", "-set_serial", serial]
    out: list[str | Path] = ["-days", str(days), "-extfile", extensions, "-in", f"{path}.csr", "-out", f"{path}.crt"]
    output(["openssl", "x509", "-req", *signer, *out])


def _key(path: Path, names: list[str]) -> None:
    new = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", f"/CN={names[0]}"]
    output(["openssl", "req", "-new", *new, "-keyout", f"{path}.key", "-out", f"{path}.csr"])

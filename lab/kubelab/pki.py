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
    new = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days"]
    ca = ["-keyout", folder / "ca.key", "-out", folder / "ca.crt", "-subj", "/CN=Kubewire lab CA"]
    output([*new, "365", *ca, "-addext", "keyUsage=critical,keyCertSign,cRLSign"])
    alternatives = [*(f"DNS:{n}" for n in NAMES), *(f"IP:{a}" for a in (f"{OUTSIDE4}.80", f"{OUTSIDE6}:80", INET.ipv4))]
    leaf = ["-keyout", folder / "outside.key", "-out", folder / "outside.crt", "-subj", f"/CN={NAMES[0]}"]
    signed = ["-CA", folder / "ca.crt", "-CAkey", folder / "ca.key"]
    extensions = ["-addext", f"subjectAltName={','.join(alternatives)}", "-addext", "basicConstraints=critical,CA:FALSE"]
    output([*new, "365", *leaf, *signed, *extensions])

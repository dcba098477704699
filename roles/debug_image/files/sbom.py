# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints what is installed as a software bill of materials: CycloneDX 1.5, JSON.

It reads the package database of the image it runs in, and on stdin what the self-test printed: the tools and what they
say of themselves. The same packages give the same bytes: there is no time in it, and its serial number is a hash.

Sources: https://cyclonedx.org/docs/1.5/json/, https://github.com/package-url/purl-spec, deb822(5), the installed
database of apk. Runs with every Python since 3.6.

Usage: python3 sbom.py [ROOT]
"""

import json
import os
import re
import subprocess
import sys
import uuid
from urllib.parse import quote

#: Alpine moved it in 3.23.
APK_DATABASES = ("lib/apk/db/installed", "usr/lib/apk/db/installed")
RPM_FIELDS = ("NAME", "EPOCHNUM", "VERSION", "RELEASE", "ARCH", "LICENSE")


def os_release(root):
    """Return the fields of os-release(5)."""
    fields = {}
    for line in read(os.path.join(root, "etc/os-release")).splitlines():
        key, found, value = line.partition("=")
        if found:
            fields[key] = value.strip("\"'")
    return fields


def dpkg(root, distribution):
    """Yield a component for each package that dpkg has installed."""
    for paragraph in read(os.path.join(root, "var/lib/dpkg/status")).split("\n\n"):
        fields = dict(re.findall(r"^([A-Za-z-]+): *(.*)$", paragraph, re.M))
        if fields.get("Status", "").endswith(" installed"):
            name, architecture = fields["Package"], fields["Architecture"]
            text = read(os.path.join(root, "usr/share/doc", name, "copyright"))
            # Files in the machine-readable format (DEP-5) name the licence of each part.
            licences = re.findall(r"^License: *(\S.*?) *$", text, re.M) if text.startswith("Format:") else []
            qualifiers = {"arch": architecture}
            yield component("deb", distribution, name, fields["Version"], licences, qualifiers)


def rpm(root, distribution):
    """Yield a component for each package that rpm has installed."""
    form = "\\t".join(f"%{{{field}}}" for field in RPM_FIELDS) + "\\n"
    listing = subprocess.check_output(["rpm", "--root", os.path.abspath(root), "-qa", "--queryformat", form])
    for line in listing.decode(errors="replace").splitlines():
        name, epoch, version, release, architecture, licence = line.split("\t")
        if name != "gpg-pubkey":
            qualifiers = {"arch": architecture, "epoch": epoch if epoch != "0" else ""}
            yield component("rpm", distribution, name, f"{version}-{release}", [licence], qualifiers)


def apk(root, distribution):
    """Yield a component for each package that apk has installed."""
    for database in APK_DATABASES:
        for paragraph in read(os.path.join(root, database)).split("\n\n"):
            fields = dict(re.findall(r"^([A-Za-z]):(.*)$", paragraph, re.M))
            if "P" in fields:
                qualifiers = {"arch": fields.get("A", "")}
                yield component("apk", distribution, fields["P"], fields["V"], [fields.get("L", "")], qualifiers)


def component(kind, distribution, name, version, licences, qualifiers):
    """Return a package in the words of CycloneDX."""
    vendor = distribution.get("ID", "unknown")
    if "VERSION_ID" in distribution:
        qualifiers["distro"] = f"{vendor}-{distribution['VERSION_ID']}"
    tail = "&".join(f"{key}={quote(value, safe='')}" for key, value in sorted(qualifiers.items()) if value)
    known_as = name if kind == "rpm" else name.lower()
    purl = f"pkg:{kind}/{quote(vendor)}/{quote(known_as, safe='')}@{quote(version, safe=':')}?{tail}"
    found = {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}
    names = sorted(set(filter(None, licences)))
    if names:
        # Distributions' own short names, which are not all SPDX identifiers.
        found["licenses"] = [{"license": {"name": licence}} for licence in names]
    return found


def document(root, tools):
    """Return the whole of it. tools: lines of the self-test."""
    distribution = os_release(root)
    managers = []
    if os.path.exists(os.path.join(root, "var/lib/dpkg/status")):
        managers.append(dpkg)
    if os.path.isdir(os.path.join(root, "var/lib/rpm")) or os.path.isdir(os.path.join(root, "usr/lib/sysimage/rpm")):
        managers.append(rpm)
    managers.append(apk)
    packages = {found["bom-ref"]: found for manager in managers for found in manager(root, distribution)}
    system = {
        "type": "operating-system",
        "bom-ref": "operating-system",
        "name": distribution.get("ID", "unknown"),
        "version": distribution.get("VERSION_ID", ""),
    }
    rows = (line.split("\t") for line in tools)
    properties = [{"name": f"kubewire:tool:{row[0]}", "value": row[2]} for row in rows if row[1:2] == ["ok"]]
    described = {
        "metadata": {
            "component": {"type": "container", "bom-ref": "image", "name": "kubewire debug image"},
            "properties": properties,
        },
        "components": [system, *(packages[ref] for ref in sorted(packages))],
    }
    serial = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(described, sort_keys=True))
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        **described,
    }


def read(path):
    """Return a file's text, nothing where there is no such file."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


if __name__ == "__main__":
    json.dump(document(sys.argv[1] if sys.argv[1:] else "/", sys.stdin.read().splitlines()), sys.stdout, indent=1)
    sys.stdout.write("\n")

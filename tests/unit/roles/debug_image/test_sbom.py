# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of packages is CycloneDX 1.5, whatever the package manager."""

from __future__ import annotations

import ast
import json
import os
import pathlib
import re
import subprocess
import sys
import typing as t

import pytest

from .conftest import CONTEXT

#: bom-1.5.schema.json: the enumeration of a component's type, and the pattern of serialNumber.
TYPES = {"application", "framework", "library", "container", "platform", "operating-system", "device", "device-driver"}
TYPES |= {"firmware", "file", "machine-learning-model", "data"}
SERIAL = r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
#: package-url's grammar, as far as it is used here.
WORD = "[A-Za-z0-9.%~_-]+"
PURL = rf"pkg:(deb|rpm|apk)/[a-z0-9.-]+/{WORD}@({WORD}:)?{WORD}(\?[a-z]+={WORD}(&[a-z]+={WORD})*)?"

DPKG = """Package: libstdc++6
Status: install ok installed
Architecture: amd64
Source: gcc-12
Version: 12.2.0-14
Description: library
 more of it
 Version: not this one

Package: bind9-host
Status: install ok installed
Architecture: amd64
Version: 1:9.18.49-1~deb12u3

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1.0
"""
COPYRIGHT = """Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/

Files: *
License: MPL-2.0

Files: lib/*
License: BSD-3-clause

License: MPL-2.0
 The text of it.
"""
APK = """C:Q1abc=
P:musl
V:1.2.5-r1
A:x86_64
L:MIT
F:lib

P:iputils-ping
V:20240905-r0
A:x86_64
L:BSD-3-Clause AND GPL-2.0-or-later
"""
RPM = r"""#!/bin/sh
printf 'iproute\t0\t6.2.0\t6.el9\tx86_64\tGPLv2+ and Public Domain\n'
printf 'bind-utils\t32\t9.16.23\t24.el9\tx86_64\tMPLv2.0\n'
printf 'gpg-pubkey\t0\tfd431d51\t4ae0493b\t(none)\tpubkey\n'
"""


def write(root: pathlib.Path, files: dict[str, str]) -> pathlib.Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return root


@pytest.fixture
def debian(tmp_path: pathlib.Path) -> pathlib.Path:
    files = {
        "etc/os-release": 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\n',
        "var/lib/dpkg/status": DPKG,
        "usr/share/doc/bind9-host/copyright": COPYRIGHT,
        "usr/share/doc/libstdc++6/copyright": "This is free text.\nLicense: not a field\n",
    }
    return write(tmp_path, files)


def sbom(root: pathlib.Path, said: str = "", path: str = "") -> str:
    return subprocess.run(
        [sys.executable, str(CONTEXT / "sbom.py"), str(root)],
        input=said,
        env={"PATH": path or os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    ).stdout


def libraries(text: str) -> dict[str, dict[str, t.Any]]:
    """Hold a document to what the specification requires, and return its packages by name."""
    document = json.loads(text)
    assert (document["bomFormat"], document["specVersion"], document["version"]) == ("CycloneDX", "1.5", 1)
    assert re.fullmatch(SERIAL, document["serialNumber"])
    everything = [document["metadata"]["component"], *document["components"]]
    for component in everything:
        assert component["type"] in TYPES
        assert component["name"]
        assert all(set(choice) == {"license"} and choice["license"]["name"] for choice in component.get("licenses", []))
    references = [component["bom-ref"] for component in everything]
    assert len(references) == len(set(references))
    for entry in document["metadata"]["properties"]:
        assert set(entry) == {"name", "value"}
    found = {component["name"]: component for component in document["components"] if component["type"] == "library"}
    assert all(re.fullmatch(PURL, component["purl"]) for component in found.values())
    return found


def test_packages_of_dpkg(debian):
    found = libraries(sbom(debian))
    assert sorted(found) == ["bind9-host", "libstdc++6"]
    assert found["libstdc++6"]["version"] == "12.2.0-14"
    assert found["libstdc++6"]["purl"] == "pkg:deb/debian/libstdc%2B%2B6@12.2.0-14?arch=amd64&distro=debian-12"
    assert "licenses" not in found["libstdc++6"]
    host = found["bind9-host"]
    assert host["purl"] == "pkg:deb/debian/bind9-host@1:9.18.49-1~deb12u3?arch=amd64&distro=debian-12"
    assert [choice["license"]["name"] for choice in host["licenses"]] == ["BSD-3-clause", "MPL-2.0"]


def test_packages_of_apk(tmp_path):
    files = {"etc/os-release": "ID=alpine\nVERSION_ID=3.22.1\n", "lib/apk/db/installed": APK}
    found = libraries(sbom(write(tmp_path, files)))
    assert found["iputils-ping"]["purl"] == "pkg:apk/alpine/iputils-ping@20240905-r0?arch=x86_64&distro=alpine-3.22.1"
    assert found["musl"]["licenses"] == [{"license": {"name": "MIT"}}]


def test_packages_of_rpm(tmp_path):
    files = {"etc/os-release": 'ID="rhel"\nVERSION_ID="9.6"\n', "var/lib/rpm/rpmdb.sqlite": "", "bin/rpm": RPM}
    root = write(tmp_path, files)
    (root / "bin" / "rpm").chmod(0o755)
    found = libraries(sbom(root, path=f"{root / 'bin'}:{os.environ['PATH']}"))
    assert sorted(found) == ["bind-utils", "iproute"]
    assert found["bind-utils"]["purl"] == "pkg:rpm/rhel/bind-utils@9.16.23-24.el9?arch=x86_64&distro=rhel-9.6&epoch=32"
    assert found["iproute"]["licenses"] == [{"license": {"name": "GPLv2+ and Public Domain"}}]


def test_tools_that_start_are_in_it_with_what_they_say(debian):
    document = json.loads(sbom(debian, "ip\tok\tip utility, iproute2-6.1.0\nnft\tmissing\t\ndig\tok\tDiG 9.18\n"))
    assert document["metadata"]["properties"] == [
        {"name": "kubewire:tool:ip", "value": "ip utility, iproute2-6.1.0"},
        {"name": "kubewire:tool:dig", "value": "DiG 9.18"},
    ]


def test_the_same_packages_give_the_same_bytes(debian):
    first = sbom(debian, "ip\tok\tip 1\n")
    assert sbom(debian, "ip\tok\tip 1\n") == first
    other = sbom(debian, "ip\tok\tip 2\n")
    assert json.loads(other)["serialNumber"] != json.loads(first)["serialNumber"]


def test_an_image_without_packages_has_a_document_too(tmp_path):
    assert libraries(sbom(tmp_path)) == {}


@pytest.mark.parametrize("name", ["sbom", "privileges"])
def test_it_is_read_by_the_python_of_red_hat_8(name):
    ast.parse((CONTEXT / f"{name}.py").read_text(), feature_version=(3, 6))

# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a privileged Pod on a node reads of a container stays within that container."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._vantage.node_namespaces import READ_INSIDE

SECRET = "the node's own"


def read(root: pathlib.Path | str, name: str, copy: pathlib.Path) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-I", "-S", "-c", READ_INSIDE, str(root), name, str(copy)]
    return subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def root(tmp_path: pathlib.Path) -> pathlib.Path:
    """The root of a container, and beside it a file that is not its own."""
    (tmp_path / "secret").write_text(SECRET)
    (tmp_path / "root" / "etc").mkdir(parents=True)
    (tmp_path / "root" / "run").mkdir()
    (tmp_path / "root" / "run" / "resolv.conf").write_text("nameserver 10.96.0.10\n")
    return tmp_path / "root"


@pytest.mark.parametrize("link", ["", "../run/resolv.conf", "/run/resolv.conf", "../../../../run/resolv.conf"])
def test_a_file_is_copied_and_links_are_the_containers_own(root, tmp_path, link):
    path = root / "etc" / "resolv.conf"
    if link:
        path.symlink_to(link)
    else:
        path.write_text("nameserver 10.96.0.10\n")
    assert read(root, "etc/resolv.conf", tmp_path / "copy").returncode == 0
    assert (tmp_path / "copy").read_text() == "nameserver 10.96.0.10\n"


@pytest.mark.parametrize("link", ["../../secret", "SECRET", "/proc/self/root/SECRET"])
def test_a_link_out_of_the_container_finds_nothing(root, tmp_path, link):
    (root / "etc" / "resolv.conf").symlink_to(link.replace("SECRET", str(tmp_path / "secret")))
    read(root, "etc/resolv.conf", tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_a_magic_link_is_not_followed(tmp_path):
    """In a container with its own C(/proc), this leads to the root of the node for whoever is not in its namespace."""
    (tmp_path / "secret").write_text(SECRET)
    (tmp_path / "link").symlink_to(f"/proc/self/root{tmp_path}/secret")
    done = read("/", f"{tmp_path}/link".lstrip("/"), tmp_path / "copy")
    assert done.returncode == 1
    assert "symbolic links" in done.stderr
    assert not (tmp_path / "copy").exists()


def test_what_is_large_or_no_file_is_refused(root, tmp_path):
    (root / "etc" / "hosts").write_bytes(b"x" * ((1 << 16) + 1))
    assert "it is larger than 64 KiB" in read(root, "etc/hosts", tmp_path / "copy").stderr
    os.mkfifo(root / "etc" / "resolv.conf")
    assert "it is no regular file" in read(root, "etc/resolv.conf", tmp_path / "copy").stderr
    assert read(root, "etc/none", tmp_path / "copy").returncode == 0
    assert not (tmp_path / "copy").exists()

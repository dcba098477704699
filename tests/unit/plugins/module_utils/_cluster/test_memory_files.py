# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys of a kubeconfig stay in the memory of the process."""

from __future__ import annotations

import base64
import json
import pathlib
import subprocess
import sys
import types

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster import memory_files


def inline(user):
    """An inline kubeconfig with this user."""
    cluster = {"server": "https://198.18.0.2:6443", "certificate-authority-data": encoded("ca")}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}],
        "clusters": [{"name": "k", "cluster": cluster}],
        "users": [{"name": "u", "user": user}],
    }


def test_no_key_of_a_kubeconfig_is_written_to_a_disk(tmp_path):
    text = "-----BEGIN PRIVATE KEY-----"
    config = inline({"client-certificate-data": encoded("cert"), "client-key-data": encoded(text)})
    code = """
import json, sys
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster import rest
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.connection import connect
configuration = connect({"kubeconfig": json.load(sys.stdin)}).configuration
print(*[open(path).read() for path in (configuration.cert_file, configuration.key_file, configuration.ssl_ca_cert)])
"""
    done = subprocess.run(
        # As one that is killed, it tidies up nothing.
        [sys.executable, "-c", code + "import os; sys.stdout.flush(); os._exit(0)"],
        input=json.dumps(config),
        env={"PYTHONPATH": ":".join(sys.path), "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == (f"cert {text} ca\n", "")
    assert list(tmp_path.iterdir()) == []


def encoded(text):
    return base64.b64encode(text.encode()).decode()


def test_the_same_content_is_one_file():
    module = types.SimpleNamespace(_create_temp_file_with_content=None)
    memory_files.use(module)
    write = module._create_temp_file_with_content
    first = write("cert")
    assert (write(b"cert"), write("cert", force_recreate=True)) == (first, first)
    assert write("key") != first
    assert pathlib.Path(first).read_text() == "cert"


def test_a_package_without_that_function_is_left_alone():
    module = types.SimpleNamespace()
    memory_files.use(module)
    assert not vars(module)

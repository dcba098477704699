# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a module says at the highest verbosity: no secret of an option, and its own sentences whole."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import typing as t

import pytest
import yaml

from ansible_collections.kubewire.netdebug.plugins.modules import net_probe

TREE = pathlib.Path(net_probe.__file__).parents[5]
COLLECTION = pathlib.Path(net_probe.__file__).parents[2]
TOKEN, PASSWORD, KEY, ENV, STDIN = "the-token-7", "the-password-7", "dGhlLWtleS03", "the-env-7", "the-stdin-7"
SECRETS = (TOKEN, PASSWORD, KEY, ENV, STDIN)
USER = {"token": TOKEN, "password": PASSWORD, "username": "u", "client-key-data": KEY}
KUBECONFIG = {
    "apiVersion": "v1",
    "kind": "Config",
    "current-context": "c",
    "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}],
    "clusters": [{"name": "k", "cluster": {"server": "http://127.0.0.1:9"}}],
    "users": [{"name": "u", "user": USER}],
}
COMMAND = {"argv": ["id"], "stdin": STDIN}
CUSTOM = {"env": [{"name": "A", "value": ENV}]}
OPTIONS: dict[str, dict[str, t.Any]] = {
    "debug_exec": {"name": "a", **COMMAND},
    "debug_pod": {"image": "a", "env": {"A": ENV, "B": "1"}, "custom": CUSTOM, **COMMAND},
    "debug_sweep": {},
    "ephemeral_attach": {"name": "a", "image": "a", "env": {"A": ENV, "B": "1"}, "custom": CUSTOM, **COMMAND},
    "net_info": {},
    "net_probe": {},
}


@pytest.mark.parametrize("name", OPTIONS)
def test_no_secret_is_shown_and_no_sentence_is_blotted_out(name, tmp_path):
    arguments = tmp_path / "arguments.json"
    params = {"kubeconfig": KUBECONFIG, **OPTIONS[name], "_ansible_verbosity": 4}
    arguments.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": params}))
    words = [sys.executable, "-m", f"ansible_collections.kubewire.netdebug.plugins.modules.{name}", str(arguments)]
    environ = {**os.environ, "PYTHONPATH": str(TREE)}
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, env=environ, check=False)
    result = json.loads(done.stdout)
    assert "the API server http://127.0.0.1:9 cannot be reached" in result["msg"]
    if "invocation" in result:  # from ansible-core 2.20 on, where the controller asks for it
        assert result["invocation"]["module_args"]["kubeconfig"]["contexts"] == KUBECONFIG["contexts"]
    assert [secret for secret in SECRETS if secret in done.stdout + done.stderr] == []


def test_the_group_for_module_defaults_has_the_modules_that_take_credentials():
    groups = yaml.safe_load((COLLECTION / "meta" / "runtime.yml").read_text())["action_groups"]
    with_auth = {path.stem for path in (COLLECTION / "plugins/modules").glob("*.py") if "AUTH_SPEC" in path.read_text()}
    assert {entry for entry in groups["netdebug"] if isinstance(entry, str)} == with_auth == set(OPTIONS)

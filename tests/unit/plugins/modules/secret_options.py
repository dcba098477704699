# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module at its highest verbosity, with a secret in every option that may hold one."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import typing as t

from ansible_collections.kubewire.netdebug.plugins.modules import net_probe

TREE = pathlib.Path(net_probe.__file__).parents[5]
TOKEN, PASSWORD, KEY, ENV, STDIN = "the-token-7", "the-password-7", "dGhlLWtleS03", "the-env-7", "the-stdin-7"
SECRETS = (TOKEN, PASSWORD, KEY, ENV, STDIN)
USER = {"token": TOKEN, "client-key-data": KEY}
ANOTHER = {"username": "u", "password": PASSWORD}  # one user with a token and a password is refused
KUBECONFIG = {
    "apiVersion": "v1",
    "kind": "Config",
    "current-context": "c",
    "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}],
    "clusters": [{"name": "k", "cluster": {"server": "http://127.0.0.1:9"}}],
    "users": [{"name": "u", "user": USER}, {"name": "another", "user": ANOTHER}],
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


def assert_hidden(name: str, folder: pathlib.Path) -> None:
    """Run a module against a server that cannot be reached: no secret is shown, and no sentence is blotted out."""
    arguments = folder / "arguments.json"
    params = {"kubeconfig": KUBECONFIG, **OPTIONS[name], "_ansible_verbosity": 4}
    arguments.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": params}))
    words = [sys.executable, "-m", f"ansible_collections.kubewire.netdebug.plugins.modules.{name}", str(arguments)]
    environ = {**os.environ, "PYTHONPATH": str(TREE)}
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, env=environ, check=False)
    result = json.loads(done.stdout)
    assert "the API server http://127.0.0.1:9 cannot be reached" in result["msg"], result
    if "invocation" in result:  # from ansible-core 2.20 on, where the controller asks for it
        assert result["invocation"]["module_args"]["kubeconfig"]["contexts"] == KUBECONFIG["contexts"]
    assert [secret for secret in SECRETS if secret in done.stdout + done.stderr] == []

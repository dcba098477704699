# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Which words a module may show although C(no_log) hides the options that they come from."""

from __future__ import annotations

import typing as t

from ansible.module_utils.basic import AnsibleModule

from .._runs.masked import Json, options

_SECRETS = ("token", "password", "client-key-data")  #: of a user in a kubeconfig
_SHORTEST = 4  #: characters of what is hidden: shorter words are no secret, and stand in every sentence


def take_options(module: AnsibleModule) -> Json:
    """Return the options as they were given; what the module shows of them holds no secret value from then on."""
    given = dict(module.params)
    hidden = {name: given[name] for name in ("env", "custom", "stdin") if given.get(name)}
    module.params.update(options(hidden))
    show(module, hidden)
    return given


def show_kubeconfig(module: AnsibleModule) -> None:
    """Let the module say what is no secret in O(kubeconfig): a path, or all but the credentials of an inline one."""
    kubeconfig = module.params.get("kubeconfig")
    if isinstance(kubeconfig, t.Mapping) or "\n" not in str(kubeconfig):
        show(module, kubeconfig)


def show(module: AnsibleModule, value: t.Any) -> None:
    """Let the module say these words, though C(no_log) keeps the whole option out of the host's log.

    Ansible would blot out every C(1) of the answers for the sake of C(DEBUG=1), and every C(v1) for C(apiVersion: v1).
    """
    secrets = {str(module.params[name]) for name in ("api_key", "password") if module.params.get(name)}
    secrets.update(_credentials(module.params.get("kubeconfig")))
    module.no_log_values = (set(module.no_log_values) - set(_words(value))) | secrets


def _credentials(kubeconfig: t.Any) -> t.Iterator[str]:
    """The secret values of an inline kubeconfig (C(client.authentication.k8s.io), C(clientcmd/api/v1 AuthInfo))."""
    if not isinstance(kubeconfig, t.Mapping):
        return
    users = kubeconfig.get("users")
    for entry in users if isinstance(users, list) else ():
        user = entry.get("user") if isinstance(entry, t.Mapping) else None
        if isinstance(user, t.Mapping):
            exec_ = user.get("exec")
            env = exec_.get("env") if isinstance(exec_, t.Mapping) else None
            values = [entry.get("value") for entry in env or () if isinstance(entry, t.Mapping)]
            provider = user.get("auth-provider")
            found = [[user.get(name) for name in _SECRETS], values, provider]
            yield from (word for word in _words(found) if len(word) >= _SHORTEST)


def _words(value: t.Any) -> t.Iterator[str]:
    """Everything in a value that C(no_log) would hide."""
    if isinstance(value, t.Mapping):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for each in value:
            yield from _words(each)
    elif value is not None:
        yield str(value)

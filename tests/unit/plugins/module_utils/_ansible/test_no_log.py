# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which words a module may show although the option that they come from is hidden, and which it never shows."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._ansible import no_log
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs.masked import HIDDEN

USER = {"token": "the-token", "password": "the-password", "client-key-data": "the-key", "username": "admin"}
KUBECONFIG = {"contexts": [{"name": "prod"}], "users": [{"name": "u", "user": USER}]}


class Module:
    """A module whose options Ansible hides whole, as C(no_log) does."""

    def __init__(self, *hidden: str, **params: t.Any) -> None:
        self.params = params
        self.no_log_values = set(hidden)


def shown(module: Module, value: t.Any) -> set[str]:
    no_log.show(t.cast(t.Any, module), value)
    return module.no_log_values


def test_words_of_a_hidden_option_are_shown_and_credentials_are_not():
    module = Module("1", "v1", "the-token", "other", api_key="the-api-key", password=None)
    assert shown(module, {"DEBUG": "1", "list": ["v1", {"deep": "the-token"}]}) == {"other", "the-api-key"}


def test_the_secrets_of_an_inline_kubeconfig_stay_hidden():
    module = Module("prod", "admin", "the-token", kubeconfig=KUBECONFIG)
    no_log.show_kubeconfig(t.cast(t.Any, module))
    assert module.no_log_values == {"the-token", "the-password", "the-key"}


def test_so_do_those_of_its_plugins():
    exec_ = {"command": "login", "env": [{"name": "TOKEN", "value": "the-env"}]}
    provider = {"name": "oidc", "config": {"id-token": "the-oidc", "short": "abc"}}
    users = [{"user": {"exec": exec_, "auth-provider": provider}}]
    module = Module("login", kubeconfig={"users": users})
    no_log.show_kubeconfig(t.cast(t.Any, module))
    assert module.no_log_values == {"the-env", "oidc", "the-oidc"}


@pytest.mark.parametrize(
    "kubeconfig", ["/home/user/config", {"a": "/home/user/config"}, {"users": 7}, {"users": [7, {"user": 7}]}]
)
def test_what_holds_no_secret_hides_nothing(kubeconfig):
    module = Module("/home/user/config", "7", kubeconfig=kubeconfig)
    no_log.show_kubeconfig(t.cast(t.Any, module))
    assert not module.no_log_values & set(no_log._words(kubeconfig))


def test_a_kubeconfig_that_is_text_is_hidden_whole():
    text = "apiVersion: v1\nusers: []\n"
    module = Module(text, kubeconfig=text)
    no_log.show_kubeconfig(t.cast(t.Any, module))
    assert module.no_log_values == {text}


def test_options_are_given_whole_and_shown_masked():
    params = {"env": {"A": "the-env"}, "stdin": "the-stdin", "custom": {}, "name": "web"}
    module = Module("the-env", "the-stdin", **params)
    given = no_log.take_options(t.cast(t.Any, module))
    assert given == params
    assert "the-env" not in str(module.params)
    assert "the-stdin" not in str(module.params)
    assert HIDDEN in str(module.params)
    assert module.params["name"] == "web"

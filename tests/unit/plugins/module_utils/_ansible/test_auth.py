# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of authentication are read as kubernetes.core reads them."""

from __future__ import annotations

import pathlib

import pytest
import yaml

from ansible_collections.kubewire.netdebug.plugins.module_utils._ansible.auth import AUTH_SPEC, auth_params
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs.run_section import VERSION


@pytest.mark.parametrize(
    ("variable", "text", "option", "value"),
    [
        ("K8S_AUTH_HOST", "https://a", "host", "https://a"),
        ("K8S_AUTH_API_KEY", "t", "api_key", "t"),
        ("K8S_AUTH_VERIFY_SSL", "False", "validate_certs", False),
        ("K8S_AUTH_VALIDATE_CERTS", "yes", "validate_certs", True),
        ("K8S_AUTH_SSL_CA_CERT", "/ca", "ca_cert", "/ca"),
        ("K8S_AUTH_CERT_FILE", "/crt", "client_cert", "/crt"),
        ("K8S_AUTH_KEY_FILE", "/key", "client_key", "/key"),
        ("K8S_AUTH_IMPERSONATE_GROUPS", "a,b", "impersonate_groups", ["a", "b"]),
        ("K8S_AUTH_PROXY_HEADERS_USER_AGENT", "x", "proxy_headers", {"user_agent": "x"}),
    ],
)
def test_environment(variable, text, option, value):
    assert auth_params({}, {variable: text})[option] == value
    assert auth_params({}, {})[option] is None


def test_an_option_wins_over_the_environment():
    assert auth_params({"host": "https://a"}, {"K8S_AUTH_HOST": "https://b"})["host"] == "https://a"


def test_a_variable_that_is_no_boolean_is_refused():
    with pytest.raises(ValueError, match="K8S_AUTH_VERIFY_SSL: 'maybe' is not allowed; it must be true or false"):
        auth_params({}, {"K8S_AUTH_VERIFY_SSL": "maybe"})


def test_secrets_are_marked():
    secret = {"kubeconfig", "api_key", "password"}
    assert {name for name, spec in AUTH_SPEC.items() if spec.get("no_log")} == secret


def test_the_version_is_that_of_galaxy_yml():
    galaxy = pathlib.Path(__file__).resolve().parents[5] / "galaxy.yml"
    if not galaxy.exists():
        pytest.skip("an installed collection has no galaxy.yml")
    assert yaml.safe_load(galaxy.read_text())["version"] == VERSION

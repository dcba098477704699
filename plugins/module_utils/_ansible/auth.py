# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Options that all modules share: those of kubernetes.core, by the same names, aliases and environment variables."""

from __future__ import annotations

import os
import typing as t

from ansible.module_utils.parsing.convert_bool import boolean

from .._bad_input import BadInput

AUTH_SPEC: dict[str, dict[str, t.Any]] = {
    "kubeconfig": {"type": "raw", "no_log": True},
    "context": {"type": "str"},
    "host": {"type": "str"},
    "api_key": {"type": "str", "no_log": True},
    "username": {"type": "str"},
    "password": {"type": "str", "no_log": True},
    "validate_certs": {"type": "bool", "aliases": ["verify_ssl"]},
    "ca_cert": {"type": "path", "aliases": ["ssl_ca_cert"]},
    "client_cert": {"type": "path", "aliases": ["cert_file"]},
    "client_key": {"type": "path", "aliases": ["key_file"]},
    "proxy": {"type": "str"},
    "no_proxy": {"type": "str"},
    "proxy_headers": {
        "type": "dict",
        "options": {
            "proxy_basic_auth": {"type": "str", "no_log": True},
            "basic_auth": {"type": "str", "no_log": True},
            "user_agent": {"type": "str"},
        },
    },
    "persist_config": {"type": "bool"},
    "impersonate_user": {"type": "str"},
    "impersonate_groups": {"type": "list", "elements": "str"},
    "request_timeout": {"type": "float", "default": 30.0},
}


def auth_params(params: t.Mapping[str, t.Any], environ: t.Mapping[str, str] | None = None) -> dict[str, t.Any]:
    """Fill unset auth options from C(K8S_AUTH_*), as kubernetes.core's C(_create_auth_spec) does.

    Each option listens to its name and its alias: C(K8S_AUTH_VALIDATE_CERTS) and C(K8S_AUTH_VERIFY_SSL).

    Raises:
        BadInput: what should be a boolean is none; the message names the variable and what is allowed.
    """
    environ = os.environ if environ is None else environ
    found = {}
    for name, spec in AUTH_SPEC.items():
        value = params.get(name)
        if value is None and name == "proxy_headers":
            headers = {key: environ.get(f"K8S_AUTH_PROXY_HEADERS_{key.upper()}") for key in spec["options"]}
            value = {key: header for key, header in headers.items() if header} or None
        if value is None:
            key = next((key for key in _variables(name, spec) if environ.get(key)), "")
            value = _read(key, environ[key], spec["type"]) if key else None
        found[name] = value
    return found


def _variables(name: str, spec: t.Mapping[str, t.Any]) -> list[str]:
    return [f"K8S_AUTH_{key.upper()}" for key in (name, *spec.get("aliases", ()))]


def _read(variable: str, text: str, kind: str) -> t.Any:
    if kind == "bool":
        try:
            return boolean(text)  # type: ignore[no-untyped-call]
        except TypeError:
            raise BadInput(
                f"{variable}: {text!r} is not allowed; it must be true or false, yes or no, 1 or 0"
            ) from None
    if kind == "list":
        return [part for part in text.split(",") if part]
    return os.path.expanduser(text) if kind == "path" else text

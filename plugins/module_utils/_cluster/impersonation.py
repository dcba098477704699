# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""In whose name requests are sent: the options C(impersonate_*), or the fields C(as*) of the kubeconfig's user.

Released clients ignore these fields, and would send what was meant for somebody else with the user's own rights.
kubectl sends them (client-go, C(clientcmd/api/v1/types.go), AuthInfo): an option replaces the field of its name, the
others stay.
"""

from __future__ import annotations

import typing as t
from urllib.parse import quote

from .._bad_input import BadInput

Header = tuple[str, str]
Json = t.Mapping[str, t.Any]


def headers(params: Json, user: Json) -> list[Header]:
    """The headers that every request and stream carries (RFC 9110 says what a value may hold).

    Args:
        params: the auth options of M(kubernetes.core.k8s) by name, C(None) where unset.
        user: the C(users[].user) of the kubeconfig that is used; empty where there is none.

    Raises:
        BadInput: a value would end its header or be another one to the server; the message names option or field.
    """
    if not isinstance(user, t.Mapping):
        raise BadInput("kubeconfig: user: it is not allowed; it must be an object")
    found: list[tuple[str, str, t.Any]] = []
    option = params.get("impersonate_user") or ""
    found.append(("impersonate_user", "User", option) if option else ("as", "User", user.get("as") or ""))
    found.append(("as-uid", "Uid", user.get("as-uid") or ""))
    groups = params.get("impersonate_groups") or []
    name, groups = ("impersonate_groups", groups) if groups else ("as-groups", user.get("as-groups") or [])
    found += [(name, "Group", group) for group in _list(name, groups)]
    extra = user.get("as-user-extra") or {}
    if not isinstance(extra, t.Mapping):
        raise BadInput(f"kubeconfig: as-user-extra: {extra!r:.80} is not allowed; it must map keys to lists of strings")
    for key, values in extra.items():
        # Keys are case-insensitive and percent-encoded (kubernetes/website, authentication, "User impersonation").
        found += [
            ("as-user-extra", f"Extra-{quote(str(key).lower(), safe='')}", value)
            for value in _list("as-user-extra", values)
        ]
    given = [(f"Impersonate-{header}", _checked(name, value)) for name, header, value in found if value != ""]
    if given and given[0][0] != "Impersonate-User":
        name = next(name for name, _header, value in found if value != "")
        where = name if name.startswith("impersonate_") else f"kubeconfig: {name}"
        raise BadInput(f"{where}: it is not allowed alone; there must be a user to impersonate, too")
    return given


def _list(name: str, values: t.Any) -> list[t.Any]:
    if not isinstance(values, list):
        raise BadInput(f"kubeconfig: {name}: {values!r:.80} is not allowed; it must be a list of strings")
    return values


def _checked(name: str, value: t.Any) -> str:
    if not isinstance(value, str) or not value.isprintable() or not value.strip() or value != value.strip():
        where = name if name.startswith("impersonate_") else f"kubeconfig: {name}"
        raise BadInput(
            f"{where}: {value!r:.300} is not allowed; it must be one line of printable text without leading or "
            "trailing spaces"
        )
    return value.encode().decode("latin-1")  # as client-go: UTF-8 on the wire

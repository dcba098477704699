# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What the client package reads from a kubeconfig and does not say: its contexts, and what it has of their users."""

from __future__ import annotations

import os
import typing as t

_OWN = ("exec", "token", "tokenFile")


def contexts(config: t.Any) -> list[str]:
    """The names of the contexts of a kubeconfig, as plain data or as the client package has merged it."""
    return [entry["name"] for entry in _get(config, "contexts") or ()]


def user_of(config: t.Any, context: str | None) -> t.Mapping[str, t.Any]:
    """The user of a context, or of the current one, in a kubeconfig as the client package has merged it."""
    entry = _named(config, "users", _get(_context(config, context), "user"))
    user = _get(entry, "user")
    return t.cast("t.Mapping[str, t.Any]", getattr(user, "value", user) or {})


def cluster_of(config: t.Any, context: str | None) -> t.Mapping[str, t.Any]:
    """The cluster of a context, or of the current one."""
    cluster = _get(_named(config, "clusters", _get(_context(config, context), "cluster")), "cluster")
    return t.cast("t.Mapping[str, t.Any]", getattr(cluster, "value", cluster) or {})


def user_name(config: t.Any, context: str | None) -> str:
    """The name of a context's user, empty where it has none."""
    name = _get(_context(config, context), "user")
    return name if isinstance(name, str) else ""


def folder_of(config: t.Any, context: str | None) -> str:
    """The folder that relative paths of the user are in, empty for a kubeconfig that is no file."""
    entry = _named(config, "users", user_name(config, context))
    path = getattr(entry, "path", None)
    return os.path.dirname(os.path.abspath(path)) if path else ""


def namespace_of(config: t.Any, context: str | None) -> str:
    """The namespace of a context, or of the current one; empty where it has none."""
    namespace = _get(_context(config, context), "namespace")
    return namespace if isinstance(namespace, str) else ""


def current_context(config: t.Any) -> str:
    """The name of the current context, empty where there is none."""
    name = _get(config, "current-context")
    return name if isinstance(name, str) else ""


def has_user(config: t.Any, name: str) -> bool:
    """Whether a kubeconfig has a user of this name."""
    return _named(config, "users", name) is not None


def without_tokens(config: t.Any, name: str) -> t.Any:
    """A kubeconfig whose user of this name has nothing left that is read without the client package.

    What the package changes and saves, the C(auth-provider), stays the same object.
    """
    users = [_bare(entry) if entry["name"] == name else entry for entry in _plain(_get(config, "users")) or ()]
    changed = {**_plain(config), "users": users}
    return changed if isinstance(config, t.Mapping) else type(config)(config.name, changed, config.path)


def _bare(entry: t.Any) -> t.Any:
    whole = _plain(entry)
    user = {key: value for key, value in (whole.get("user") or {}).items() if key not in _OWN}
    changed = {**whole, "user": user}
    return changed if isinstance(entry, t.Mapping) else type(entry)(entry.name, changed, entry.path)


def _plain(node: t.Any) -> t.Any:
    return getattr(node, "value", node)


def _context(config: t.Any, context: str | None) -> t.Any:
    name = context or _get(config, "current-context")
    return _get(_named(config, "contexts", name), "context")


def _named(config: t.Any, kind: str, name: t.Any) -> t.Any:
    return next((entry for entry in _get(config, kind) or () if entry["name"] == name), None)


def _get(node: t.Any, key: str) -> t.Any:
    """A field of plain data or of the client's C(ConfigNode), None where it is not there."""
    return None if node is None or key not in node else node[key]

# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What the client package reads from a kubeconfig and does not say: its contexts, and what it has of their users."""

from __future__ import annotations

import typing as t


def contexts(config: t.Any) -> list[str]:
    """The names of the contexts of a kubeconfig, as plain data or as the client package has merged it."""
    return [entry["name"] for entry in _get(config, "contexts") or ()]


def user_of(config: t.Any, context: str | None) -> t.Mapping[str, t.Any]:
    """The user of a context, or of the current one, in a kubeconfig as the client package has merged it."""
    entry = _named(config, "users", _get(_context(config, context), "user"))
    user = _get(entry, "user")
    return t.cast("t.Mapping[str, t.Any]", getattr(user, "value", user) or {})


def namespace_of(config: t.Any, context: str | None) -> str:
    """The namespace of a context, or of the current one; empty where it has none."""
    namespace = _get(_context(config, context), "namespace")
    return namespace if isinstance(namespace, str) else ""


def _context(config: t.Any, context: str | None) -> t.Any:
    name = context or _get(config, "current-context")
    return _get(_named(config, "contexts", name), "context")


def _named(config: t.Any, kind: str, name: t.Any) -> t.Any:
    return next((entry for entry in _get(config, kind) or () if entry["name"] == name), None)


def _get(node: t.Any, key: str) -> t.Any:
    """A field of plain data or of the client's C(ConfigNode), None where it is not there."""
    return None if node is None or key not in node else node[key]

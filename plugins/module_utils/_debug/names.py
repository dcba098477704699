# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Names of what we make, and whether a name that a user gave is one."""

from __future__ import annotations

import hashlib
import json
import re
import typing as t

MAX_LABEL = 63  #: RFC 1123 label; a Pod's name is its host name, so ours are never longer
MAX_SUBDOMAIN = 253
_LABEL = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL}(?:\.{_LABEL})*"


def digest(data: t.Any) -> str:
    """Return 16 hexadecimal digits that are the same for equal JSON data, whatever the order of its keys."""
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def pod_name(prefix: str, node: str, run_id: str) -> str:
    """Return the name of one Pod of a run, readable, and the same each time for the same run.

    Args:
        prefix: what it begins with, such as C(node-debugger).
        node: the node it is for, or an empty string; it may hold anything, for a node's name is not ours.
        run_id: which run.

    Returns:
        An RFC 1123 label of at most 63 characters. The digest at its end keeps apart what had to be cut or replaced.
    """
    tail = digest([prefix, node, run_id])[:8]
    words = "-".join(part for part in (_slug(prefix), _slug(node)) if part) or "debugger"
    return f"{words[: MAX_LABEL - len(tail) - 1].rstrip('-')}-{tail}"


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def check_label(option: str, value: str) -> None:
    """Refuse what is no RFC 1123 label: the name of a container or a namespace.

    Raises:
        ValueError: names the option, the value and what is allowed.
    """
    if len(value) > MAX_LABEL or not re.fullmatch(_LABEL, value):
        raise ValueError(
            f"{option} is {value!r}; it must be 1 to {MAX_LABEL} of a-z, 0-9 and '-', with no '-' at either end"
        )


def check_subdomain(option: str, value: str) -> None:
    """Refuse what is no RFC 1123 subdomain: the name of a Pod, a node, a Secret; raises as M(check_label) does."""
    if len(value) > MAX_SUBDOMAIN or not re.fullmatch(_SUBDOMAIN, value):
        raise ValueError(
            f"{option} is {value!r}; it must be 1 to {MAX_SUBDOMAIN} of a-z, 0-9, '-' and '.', "
            "and each part between dots begins and ends with a letter or a digit"
        )

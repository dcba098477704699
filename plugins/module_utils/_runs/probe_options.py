# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What the argument spec of M(kubewire.netdebug.net_probe) cannot check."""

from __future__ import annotations

import re
import typing as t

from .. import _words
from .._bad_input import BadInput
from .._debug import names
from .._probe.question.plan import assert_alone
from . import bounds, outside

_BOUNDS = (
    ("probe_timeout", 0.1, 60),
    ("deadline", 1, 86400),
    ("concurrency", 1, 32),
    ("tries", 1, 100),
    ("limit", 0, 10_000_000),
)
_MOST_NEIGHBOURS = 1000
#: What messages about the Pods of a run call their options, and what those are for the user of a run.
INNER_NAMES = {
    "image": "debug_image",
    "namespace": "debug_namespace",
    "profile": "debug_profile",
    "image_pull_policy": "imagePullPolicy",
    "image_pull_secrets": "imagePullSecrets of the namespace's default ServiceAccount",
    "lifetime": "deadline",
    "service_account": "serviceAccountName",
}
_DOMAIN = re.compile(r"[a-z0-9]([a-z0-9.-]{0,200}[a-z0-9])?")


def check(params: t.Mapping[str, t.Any]) -> None:
    """Check the values that are not only of the wrong type.

    Raises:
        BadInput: one is out of bounds; the message names it and what is allowed.
    """
    bounds.check(params, *_BOUNDS)
    if params["replay"] and not params["snapshot"]:
        raise BadInput("snapshot: it is empty; it must be the snapshot that the answers of O(replay) belong to")
    if not 1 <= params["sample"]["neighbours"] <= _MOST_NEIGHBOURS:
        given = params["sample"]["neighbours"]
        raise BadInput(f"sample: neighbours {given} is not allowed; it must be from 1 to {_MOST_NEIGHBOURS}")
    for name, most in (("max_cells", 10_000_000), ("max_execs", 100_000)):
        given = params["sample"][name]
        if given is not None and not 1 <= given <= most:
            raise BadInput(f"sample: {name} {given} is not allowed; it must be from 1 to {most}")
    outside.check(params["outside"])
    assert_alone(params)
    _check_echo(params)
    names.check_label("debug_namespace", params["debug_namespace"])
    if params["debug_image"]:
        names.check_image("debug_image", params["debug_image"])
    if not _DOMAIN.fullmatch(params["cluster_domain"]):
        raise BadInput(f"cluster_domain: {params['cluster_domain']!r} is not allowed; it must be a DNS name")
    for option in ("targets", "internet"):
        for entry in params[option] or ():
            _check_host(option, entry)


def _check_echo(params: t.Mapping[str, t.Any]) -> None:
    """What makes Pods of its own asks these, and needs an image for them."""
    if not params["echo"]:
        return
    for option in ("snapshot", "replay", "rerun_failed", "from", "to", "label_selectors", "field_selectors"):
        if params[option]:
            raise BadInput(f"echo: it is mutually exclusive with O({option}): it selects what is there already")
    if not params["debug_image"]:
        raise BadInput("echo: it needs O(debug_image), an image with a shell and with Python or BusyBox")


def _check_host(option: str, entry: t.Mapping[str, t.Any]) -> None:
    if entry["port"] is not None and not 1 <= entry["port"] <= 65535:
        raise BadInput(f"{option}: port {entry['port']} is not allowed; it must be from 1 to 65535")
    protocol = _words.PROTOCOLS.get(entry["protocol"] or "")
    if entry["host"] and protocol and protocol.port == "required" and not entry["port"]:
        raise BadInput(f"{option}: host {entry['host']!r} with protocol {entry['protocol']} needs a port")

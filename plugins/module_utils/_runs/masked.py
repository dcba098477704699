# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Objects and options as a result, a diff or a log may show them: no value of an environment variable is in them."""

from __future__ import annotations

import typing as t

Json = t.Dict[str, t.Any]  # noqa: UP006 - host_debug runs with Python 3.8

HIDDEN = "VALUE_NOT_SHOWN"  #: stands for a value
#: kubectl keeps a whole object in it, values included.
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def container(whole: t.Mapping[str, t.Any]) -> Json:
    """A container with the names of its environment variables, and no value."""
    env = whole.get("env")
    if not isinstance(env, list):
        return dict(whole)
    masked = [{**entry, "value": HIDDEN} if isinstance(entry, dict) and "value" in entry else entry for entry in env]
    return {**whole, "env": masked}


def pod(whole: t.Mapping[str, t.Any]) -> Json:
    """A Pod with such containers."""
    spec, metadata = dict(whole["spec"]), dict(whole["metadata"])
    for field in ("initContainers", "containers", "ephemeralContainers"):
        if spec.get(field):
            spec[field] = [container(each) for each in spec[field]]
    if _LAST_APPLIED in (metadata.get("annotations") or {}):
        metadata["annotations"] = {**metadata["annotations"], _LAST_APPLIED: HIDDEN}
    return {**whole, "metadata": metadata, "spec": spec}


def created(whole: t.Mapping[str, t.Any]) -> Json:
    """Either of them: a Pod has a spec, a container that is added to a Pod has none."""
    return pod(whole) if "spec" in whole else container(whole)


def options(given: t.Mapping[str, t.Any]) -> Json:
    """The options that hold values of environment variables, or what a command is given to read."""
    shown = dict(given)
    if "env" in given:
        shown["env"] = dict.fromkeys(given["env"], HIDDEN)
    if "custom" in given:
        shown["custom"] = container(given["custom"])
    if "stdin" in given:
        shown["stdin"] = HIDDEN
    return shown

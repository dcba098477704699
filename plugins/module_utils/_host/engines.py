# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Which engines a host has, and which of them is meant."""

from __future__ import annotations

import re
import typing as t

from .._bad_input import BadInput
from .._cluster.errors import ClusterError
from .._debug.types import Refusal, Refused
from .engine import NAMES, Engine, EngineContainer

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,252}")  # both engines' rule; an ID is one, too
_WAY_OUT = "install podman or docker; commands in the namespaces of a process (mode: namespace) need neither"

Which = t.Callable[[str], t.Optional[str]]  # noqa: UP045 - evaluated, and hosts may have Python 3.8


def check_name(option: str, name: str) -> None:
    """Refuse what cannot be the name or the ID of a container.

    Raises:
        BadInput: names the option, the value and what is allowed.
    """
    if not _NAME.fullmatch(name):
        raise BadInput(
            f"{option} is {name!r}; it must be at most 253 letters, digits, '_', '.' and '-', and begin with a "
            "letter or a digit"
        )


def answering(wanted: str, host: str, which: Which) -> list[Engine]:
    """Return the engines that answer, podman first.

    Args:
        wanted: C(podman), C(docker), or C(auto) for both.
        host: the name of this host.
        which: finds a program's path.

    Raises:
        ClusterError: none does; the first one that is there says why.
    """
    names = NAMES if wanted == "auto" else (wanted,)
    found: list[Engine] = []
    silent: list[ClusterError] = []
    for path in filter(None, map(which, names)):
        try:
            engine = Engine(path, host)
        except ClusterError as error:
            silent.append(error)
            continue
        if engine.name not in [other.name for other in found]:  # docker may be podman's own imitation
            found.append(engine)
    if found:
        return found
    if silent:
        raise silent[0]
    what = f"a container on {host}"
    raise Refused(Refusal("no_engine", what, f"there is no {' and no '.join(names)}", _WAY_OUT))


def holding(engines: t.Sequence[Engine], name: str) -> tuple[Engine, EngineContainer]:
    """Return the engine that runs a container, and the container.

    Raises:
        Refused: none of them does, or more than one.
    """
    found = [(engine, container) for engine in engines for container in [engine.find(name)] if container]
    running = [(engine, container) for engine, container in found if container.pid]
    if len(running) == 1:
        return running[0]
    if running:
        what = f"container {name} on {engines[0].host}"
        message = f"{' and '.join(engine.name for engine, _container in running)} both run a container of this name"
        raise Refused(Refusal("ambiguous", what, message, "set O(engine) to one of them"))
    if found:
        engine, container = found[0]
        raise engine.no_such_container(name, f"it is not running: its state is {container.state}")
    raise engines[0].no_such_container(name)

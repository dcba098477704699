# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Programs of the host in namespaces of one of its processes, by nsenter: no engine and no image are needed."""

from __future__ import annotations

import os
import typing as t

from .._debug.types import Command, CommandAnswer, Refusal, Refused
from . import exit_class, process
from .namespaces import NamespaceTarget, not_permitted
from .process import Finished
from .watchdog import Watchdog

_TRIAL = "true"


class Nsenter:
    """A way into namespaces, open for one task.

    Attributes:
        host: the name of this host.
        target: whose namespaces.
        warnings: what is worth knowing about them.
    """

    def __init__(self, host: str, target: NamespaceTarget, kinds: t.Sequence[str], nsenter: str | None) -> None:
        """Find the way.

        Raises:
            Refused: there is no nsenter.
        """
        self.host, self.target = host, target
        self.what = f"namespaces of {self.place}"
        if not nsenter:
            message = "there is no nsenter on the host"
            raise Refused(Refusal("no_program", self.what, message, "install util-linux"))
        self.words = [nsenter, *target.words(kinds), "--"]
        self.watchdog: Watchdog | None = None
        self.warnings = [
            f"{self.place} is in the host's own {kind} namespace"
            for kind in target.namespaces
            if kind == "net" and target.namespaces[kind] == _own(kind)
        ]

    @property
    def place(self) -> str:
        """How results name it."""
        return f"{self.host}{self.target.path}" if self.target.path else f"{self.host}/pid/{self.target.pid}"

    def command(self, command: Command) -> list[str]:
        """The words that run a command there."""
        return [*self.words, *command.argv]

    def try_it(self) -> None:
        """Enter once, and do nothing there.

        Raises:
            Refused: that is not possible.
        """
        tried = process.run([*self.words, _TRIAL])
        ended, rc, _message = exit_class.of_namespace(tried)
        if rc == 0 or ended in ("not_found", "not_executable"):  # entered, and another root has no such program
            return
        said = tried.said or tried.message
        if "not permitted" in said or "Permission denied" in said:
            raise not_permitted(self.what, said)
        raise Refused(Refusal("other", self.what, said, "use a running process, or a network namespace"))

    def open(self, lifetime: float) -> None:
        """Have somebody who ends a command with us."""
        self.watchdog = Watchdog((), lifetime)

    def ask(self, command: Command, stdin: bytes | None, deadline: float, limit: int) -> CommandAnswer:
        """Run a command there."""
        watch = self.watchdog.watch if self.watchdog else None
        if self.target.is_still_there():
            finished = process.run(self.command(command), stdin, deadline, limit, watch, alone=True)
            meant = exit_class.of_namespace(finished)
        else:
            finished, meant = Finished(), ("no_container", None, f"{self.place} has ended")
        return exit_class.answer(self.place, self.host, command, finished, meant, limit)

    def close(self) -> None:
        """Nothing runs any more."""
        if self.watchdog:
            self.watchdog.dismiss()


def _own(kind: str) -> str:
    try:
        return os.readlink(f"/proc/1/ns/{kind}")
    except OSError:
        return os.readlink(f"/proc/self/ns/{kind}")

# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the module and shows how far it is, a line for each source that is done."""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
import typing as t

from ansible import constants
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.kubewire.netdebug.plugins.module_utils._ansible.auth import AUTH_SPEC
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs.progress import END

display = Display()
_POLL_S = 0.3  #: seconds between two looks at the file


class ActionModule(ActionBase):
    """Action plugin of M(kubewire.netdebug.net_probe)."""

    _supports_check_mode = True
    _supports_async = True

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Run the module.

        Under C(async) with a C(poll) this returns at once, and the same process goes on to poll: the lines still come.
        """
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        arguments = without_credentials(self._task.args)
        wrap_async = self._task.async_val and not self._connection.has_native_async
        name = _name(task_vars or {})
        follower = None
        if self._is_followed(arguments):
            follower = Follower(name)
            arguments["progress"] = follower.path
        result.update(self._execute_module(module_args=arguments, task_vars=task_vars, wrap_async=wrap_async))
        if not wrap_async:
            self._remove_tmp_path(self._connection._shell.tmpdir)
            if follower:
                follower.stop()
        if self._task.check_mode and not self._task.no_log:
            show(result, name)
        return result

    def _is_followed(self, arguments: t.Mapping[str, t.Any]) -> bool:
        """Whether there is a file that grows on this machine, and somebody to show it to."""
        waits = not self._task.async_val or self._task.poll > 0
        local = self._connection.transport == "local" and not self._task.check_mode
        return local and waits and not (arguments.get("progress") or arguments.get("replay") or self._task.no_log)


def without_credentials(arguments: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return the arguments of a task without secrets where it needs no API server: they could leave this machine.

    A task asks hosts outside alone where it has a snapshot and no other source; it is then delegated to them. What an
    argument spec marks with C(no_log) is a secret, also where a C(module_defaults) block gave it.
    """
    sources = arguments.get("sources") or ()
    asks_outside_alone = all(isinstance(entry, dict) and entry.get("outside") for entry in sources)
    if not (arguments.get("snapshot") and sources and asks_outside_alone):
        return dict(arguments)
    secrets = {
        name
        for name, option in AUTH_SPEC.items()
        if option.get("no_log") or any(part.get("no_log") for part in option.get("options", {}).values())
    }
    return {name: value for name, value in arguments.items() if name not in secrets}


def _name(task_vars: t.Mapping[str, t.Any]) -> str:
    """The name of the inventory host where the play has several, as it has one for each cluster; else nothing."""
    hosts = task_vars.get("ansible_play_hosts_all") or ()
    return str(task_vars.get("inventory_hostname", "")) if len(hosts) > 1 else ""


def show(result: dict[str, t.Any], name: str) -> None:
    """Show what check mode found, as one piece: other clusters have theirs. The task never fails for that."""
    text = result.get("text")
    if isinstance(text, str):
        try:
            display.display("\n".join(["", *([f"[{name}]"] if name else []), text]))
        except Exception as error:  # a closed terminal, an encoding: the result stands
            display.vvv(f"net_probe: cannot show the plan: {error}")


class Follower:
    """Shows what comes into a file, until its last line or until it is told to stop.

    Where several clusters are asked, each line says which one it is about.

    The file is in Ansible's own temporary folder, which goes with the playbook however that ends.
    """

    def __init__(self, name: str = "") -> None:
        self._name = f"[{name}] " if name else ""
        handle, self.path = tempfile.mkstemp(prefix="kubewire-progress-", dir=constants.DEFAULT_LOCAL_TMP)
        os.close(handle)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Show what is left and remove the file."""
        self._stopped.set()
        self._thread.join(5)

    def _follow(self) -> None:
        try:
            with open(self.path, encoding="utf-8", errors="replace") as stream:
                while not self._show(stream) and not self._stopped.wait(_POLL_S):
                    pass
                self._show(stream)
        except Exception as error:  # a closed terminal: the task goes on
            display.vvv(f"net_probe: cannot show how far it is: {error}")
        finally:
            with contextlib.suppress(OSError):
                os.unlink(self.path)

    def _show(self, stream: t.TextIO) -> bool:
        """Show the lines that came; tell whether the last one was among them."""
        for line in stream:
            if line.rstrip("\n") == END:
                return True
            display.display(self._name + line.rstrip("\n"))
        return False

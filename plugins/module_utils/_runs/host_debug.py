# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""One run of M(kubewire.netdebug.host_debug): from the options to answers, and to nothing that is left on the host."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shlex
import typing as t

from .._bad_input import BadInput
from .._cluster.errors import ClusterError
from .._debug import keepalive, names, output, runs
from .._debug.types import Command, CommandAnswer, Left
from .._host import engines, namespaces
from .._host.engine import Engine, EngineContainer
from .._host.helper_container import VOLUMES, ContainerSpec, HelperContainer, get_image
from .._host.namespaces import NamespaceTarget
from .._host.nsenter import Nsenter
from .._host.sweep import sweep
from . import bounds, command_answers

if t.TYPE_CHECKING:
    Json = dict[str, t.Any]

_WAYS = ("pid", "process", "container", "path")  #: of naming whose namespaces are meant
_CONTAINERS = ("on_os", "within_os")

#: option -> the modes that it is for
_MODES = {
    **dict.fromkeys(("image", "user", "keepalive", "archive"), _CONTAINERS),
    **dict.fromkeys(("network", "share_processes", "capabilities"), ("on_os",)),
    **dict.fromkeys(("protect",), ("within_os",)),
    **dict.fromkeys((*_WAYS, "namespaces"), ("namespace",)),
}
_JOIN = "container:"


class HostRun:
    """The state that moves through the steps; each method is one of them."""

    def __init__(
        self, params: t.Mapping[str, t.Any], wanted_commands: t.Sequence[Command], which: engines.Which
    ) -> None:
        """Check the options that an argument spec cannot.

        Raises:
            BadInput: one is out of bounds, or is not for this mode; the message names it and what is allowed.
        """
        self.params, self.commands, self.which = params, list(wanted_commands), which
        self.host = os.uname().nodename
        self.mode = str(params["mode"])
        self.stdin = None if params["stdin"] is None else str(params["stdin"]).encode()
        self.limit = output.LIMIT if params["limit"] is None else int(params["limit"])
        self.run = runs.run_id()
        self.engine: Engine | None = None
        self.target = NamespaceTarget()
        self.helper: HelperContainer | None = None
        self.nsenter: Nsenter | None = None
        self.answers: list[CommandAnswer] = []
        self.left: list[Left] = []
        self.changed = False
        if params["state"] == "present":
            self._check()

    def _check(self) -> None:
        params = self.params
        for option, modes in _MODES.items():
            if self.mode not in modes and params[option]:
                raise BadInput(f"{option}: is for O(mode) {' or '.join(modes)}, and O(mode) is {self.mode}")
        runs.check(params["lifetime"])
        bounds.seconds(params, "start_timeout")
        if self.mode == "namespace":
            self._check_ways()
        else:
            self._check_container()

    def _check_ways(self) -> None:
        params = self.params
        if not any(params[way] for way in _WAYS):
            ways = ", ".join(f"O({way})" for way in _WAYS)
            raise BadInput(f"mode: 'namespace' needs a target; set one of {ways}")
        if params["path"] and params["namespaces"] not in (None, ["net"]):
            raise BadInput("namespaces: O(path) is one network namespace, so it must be net")
        if params["container"]:
            engines.check_name("container", params["container"])

    def _check_container(self) -> None:
        params = self.params
        if not params["image"]:
            raise BadInput(
                f"mode: '{self.mode}' needs an image: set O(image) to one with the tools, or set O(mode) to namespace, "
                "which runs the host's own programs"
            )
        names.check_image("image", params["image"])
        if params["network"]:
            engines.check_name("network", self._joined or params["network"])
        if params["share_processes"] and not self._joined:
            raise BadInput("share_processes: needs O(network) to be container:NAME")

    @property
    def _joined(self) -> str:
        """Name of the container whose network is shared."""
        network = str(self.params["network"] or "")
        return network[len(_JOIN) :] if network.startswith(_JOIN) else ""

    def prepare(self) -> None:
        """Find what is needed; nothing is made and none of the commands is run.

        Raises:
            ClusterError: it is not there, or may not be used.
            BadInput: an option is not allowed.
        """
        if self.mode == "namespace":
            self._find_target()
        else:
            self._find_engine()

    def _find_target(self) -> None:
        params, host = self.params, self.host
        kinds = sorted(set(params["namespaces"] or ["net"]))
        if params["path"]:
            self.target = namespaces.by_path(host, params["path"])
        elif params["container"]:
            engine, container = self._holding(params["container"])
            self.engine = engine
            self.target = namespaces.by_container(host, container.pid, container.name, kinds)
        elif params["process"]:
            self.target = namespaces.by_name(host, params["process"], kinds)
        else:
            self.target = namespaces.by_pid(host, params["pid"], kinds)
        self.nsenter = Nsenter(host, self.target, kinds, self.which("nsenter"))
        self.nsenter.try_it()

    def _find_engine(self) -> None:
        params = self.params
        if self._joined:
            self.engine, joined = self._holding(self._joined)
            self.target = NamespaceTarget(container=joined.name)
            network = f"{_JOIN}{joined.id}"
        else:
            self.engine = engines.answering(params["engine"], self.host, self.which)[0]
            network = self._network(self.engine)
        within = self.mode == "within_os"
        protect = VOLUMES if params["protect"] is None else params["protect"]
        wanted = ContainerSpec(
            image=params["image"],
            within=within,
            network=network,
            pid=network if params["share_processes"] else "",
            capabilities=tuple(params["capabilities"]),
            user=params["user"] or "",
            protect=tuple(protect) if within else (),
            program=tuple(params["keepalive"] or keepalive.command(params["lifetime"])),
            lifetime=params["lifetime"],
        )
        self.helper = HelperContainer(self.engine, wanted, self.run)

    def _holding(self, name: str) -> tuple[Engine, EngineContainer]:
        return engines.holding(engines.answering(self.params["engine"], self.host, self.which), name)

    def _network(self, engine: Engine) -> str:
        """Without a wish, a bridge; to a user who is not root, podman gives something else that does the same."""
        if self.mode == "within_os":
            return ""
        default = "" if engine.name == "podman" and os.geteuid() != 0 else "bridge"
        return str(self.params["network"] or default)

    def plan(self) -> Json:
        """What check mode returns: what is there, and the command lines that would be run.

        Raises:
            ClusterError: the image cannot be had.
        """
        argvs: list[list[str]] = []
        if self.helper:
            self.changed = self._image(self.helper, dry=True)
            engine, stdin = self.helper.engine, self.stdin is not None
            words = [self.helper.options(), *(self.helper.command(command, stdin) for command in self.commands)]
            argvs = [[engine.path, *each] for each in words] + [engine.removal(self.helper.name)]
        if self.nsenter:
            argvs = [self.nsenter.command(command) for command in self.commands]
        return {**self.result(), "answers": [], "would_run": argvs}

    def start(self) -> None:
        """Start the container, or have somebody watch over what runs in the namespaces.

        Raises:
            ClusterError: the container does not start; the trouble says why.
        """
        if self.nsenter:
            self.nsenter.open(self.params["lifetime"])
        if self.helper:
            self.changed = self._image(self.helper, dry=False)
            self.helper.start(self.params["start_timeout"])
            pid = self.helper.inner.pid if self.helper.inner else 0
            with contextlib.suppress(ClusterError):  # who is not root may not look
                joined = self.target.container
                self.target = dataclasses.replace(namespaces.by_pid(self.host, pid, ["net"]), container=joined)

    def _image(self, helper: HelperContainer, dry: bool) -> bool:
        params = self.params
        seconds, archive = params["start_timeout"], params["archive"] or ""
        return get_image(helper.engine, helper.wanted.image, params["pull"], archive, seconds, dry)

    def run_commands(self) -> None:
        """Run the commands, one after the other."""
        for command in self.commands:
            words = command, self.stdin, self.params["deadline"], self.limit
            if self.helper:
                self.answers.append(self.helper.ask(*words))
            elif self.nsenter:
                self.answers.append(self.nsenter.ask(*words))

    @contextlib.contextmanager
    def tidied_up(self) -> t.Iterator[None]:
        """Remove what was made when the block ends, however it ends."""
        try:
            yield
        finally:
            if self.helper:
                self.left = self.helper.remove()
            if self.nsenter:
                self.nsenter.close()

    def absent(self, dry: bool) -> Json:
        """Remove what earlier runs left on the host; return the module's result.

        Raises:
            ClusterError: no engine answers.
        """
        if self.params["older_than"] < 0:
            raise BadInput(f"older_than: {self.params['older_than']} is not allowed; it must be 0 or more")
        found = engines.answering(self.params["engine"], self.host, self.which)
        swept = sweep(found, self.params["older_than"], self.params["run_ids"], dry)
        told = {key: [entry.to_dict() for entry in getattr(swept, key)] for key in ("removed", "young", "left")}
        return {"changed": bool(swept.removed), "answers": [], "run_id": self.run, **told}

    def partial(self) -> Json:
        """What a task returns that does not come to its end."""
        return {**(command_answers.result(self.answers) if self.answers else {}), **self.result()}

    def result(self) -> Json:
        """What every run returns beside the answers."""
        return {
            "run_id": self.run,
            "engine": self.engine.name if self.engine else "",
            "container": self.helper.name if self.helper else "",
            "target": self.target.to_dict(),
            "left": [entry.to_dict() for entry in self.left],
            "changed": self.changed,
        }

    def diff(self) -> Json:
        """What C(--diff) shows: the command line that makes the container."""
        if not self.helper:
            return {}
        words = [self.helper.engine.path, *self.helper.options()]
        header = f"container {self.helper.place}"
        after = " \\\n  ".join(map(shlex.quote, words)) + "\n"
        return {"diff": {"before_header": header, "after_header": header, "before": "", "after": after}}

    @property
    def warnings(self) -> list[str]:
        """What is worth knowing."""
        inner = self.helper or self.nsenter
        return inner.warnings if inner else []

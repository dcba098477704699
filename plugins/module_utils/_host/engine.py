# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""podman and docker by their common command line: it needs no Python library on the host, and says the same of both."""

from __future__ import annotations

import dataclasses
import json
import time
import typing as t

from .._cluster.errors import ClusterError
from .._debug import troubles
from .._debug.types import MANAGED_BY, RUN_ID, NotStarted, Refusal, Refused
from . import process
from .namespaces import not_permitted
from .process import Finished

NAMES = ("podman", "docker")  #: in the order that C(auto) asks them
_TIMEOUT_S = 60.0  #: seconds for a call that only asks; podman waits for its own locks
_ABSENT = ("no such container", "no container with")
_NO_IMAGE = ("no such image", "image not known")
_RETRY_DELAYS_S = (0.0, 0.5, 2.0)  #: seconds before each try to remove a container
_MOST_NAMED = 20

#: what an engine says that does not answer -> kind of the refusal and the remedy
_SILENT = (
    (("permission denied", "connect"), "permission", ""),
    (("cannot connect to the docker daemon",), "no_engine", "start it: systemctl start docker"),
    (("error during connect",), "no_engine", "start it: systemctl start docker"),
)

#: kind of a failed pull -> the remedy that is a host's
_PULL = {
    "image_denied": "log in on the host, as the same user: {engine} login",
    "image_registry": "configure the registry for {engine} (name, certificate), or load the image from an archive",
    "image_pull": "check the network path from the host to the registry, or load the image from an archive",
}


@dataclasses.dataclass(frozen=True)
class EngineContainer:
    """A container, as far as we ask.

    Attributes:
        id: whole.
        name: without a slash.
        pid: of its first process as the host sees it; 0 where it does not run.
        labels: all of them.
        created: as the engine writes it.
        state: in the engine's words.
    """

    id: str
    name: str
    pid: int
    labels: t.Mapping[str, str]
    created: str
    state: str


class Engine:
    """One of them, which answers.

    Attributes:
        name: C(podman) or C(docker); what C(podman-docker) installs as docker is podman.
        path: of its program.
        version: of the client.
        host: the name of this host.
    """

    def __init__(self, path: str, host: str) -> None:
        """Ask for its version.

        Raises:
            Refused: it does not answer.
        """
        self.path, self.host = path, host
        asked = self.call("version", "--format", "{{json .}}")
        try:
            said = json.loads(asked.stdout)
            client = said["Client"]
            self.name = "podman" if "APIVersion" in client else "docker"  # docker writes ApiVersion
            self.version = str(client["Version"])
        except (ValueError, KeyError, TypeError):
            raise self.failure(asked, f"{path} of {host}", "no_engine") from None
        if asked.rc != 0:
            raise self.failure(asked, f"{self.name} of {host}", "no_engine")

    def call(self, *words: str, deadline: float = _TIMEOUT_S, **options: t.Any) -> Finished:
        """Run one of its commands."""
        return process.run((self.path, *words), deadline=deadline, **options)

    def failure(self, finished: Finished, what: str, kind: str) -> ClusterError:
        """Say why it did not do what it was asked."""
        if finished.timed_out:
            return ClusterError("timeout", f"{what}: no answer within {finished.seconds:.0f} s")
        said = finished.said or finished.message or f"it ended with {finished.rc}"
        return self.silence(finished, what) or Refused(Refusal(kind, what, said))

    def silence(self, finished: Finished, what: str) -> Refused | None:
        """Say why the engine did not answer, where it did not."""
        for words, kind, remedy in _SILENT:
            if all(word in finished.said.lower() for word in words):
                if kind == "permission":
                    return not_permitted(what, finished.said)
                return Refused(Refusal(kind, what, finished.said, remedy))
        return None

    # Images

    def image_id(self, image: str) -> str:
        """The digest of an image that the host has, or an empty string.

        Raises:
            ClusterError: the engine does not say.
        """
        asked = self.call("image", "inspect", "--format", "{{.Id}}", image)
        if asked.rc == 0:
            return asked.stdout.decode().strip().rpartition(":")[2]
        if any(words in asked.said.lower() for words in _NO_IMAGE):
            return ""
        raise self.failure(asked, f"image {image} on {self.host}", "other")

    def pull(self, image: str, seconds: float) -> None:
        """Pull an image.

        Raises:
            NotStarted: it cannot be had; the trouble says why.
        """
        pulled = self.call("pull", "--quiet", image, deadline=seconds)
        if pulled.rc == 0:
            return
        said = f"no answer within {seconds:g} s" if pulled.timed_out else pulled.said
        kind = troubles.pull(said)
        remedy = _PULL.get(kind, "").format(engine=self.name)
        raise NotStarted(
            f"container of {image} on {self.host}",
            troubles.trouble(kind, said, remedy, image=image, node=self.host),
        )

    def load(self, archive: str, seconds: float) -> str:
        """Load a saved image; return what the engine says it was.

        Raises:
            ClusterError: the file is no archive of images.
        """
        loaded = self.call("load", f"--input={archive}", deadline=seconds)
        if loaded.rc != 0:
            raise self.failure(loaded, f"archive {archive} on {self.host}", "other")
        return loaded.stdout.decode("utf-8", "replace").strip()

    # Containers

    def find(self, name: str) -> EngineContainer | None:
        """Look at a container; None where there is none of that name or ID.

        Raises:
            ClusterError: the engine does not say.
        """
        asked = self.call("container", "inspect", name)
        if asked.rc != 0:
            if any(words in asked.said.lower() for words in _ABSENT):
                return None
            raise self.failure(asked, f"container {name} of {self.host}", "other")
        return _container(json.loads(asked.stdout)[0])

    def running(self) -> list[str]:
        """Names of the containers that run."""
        return self.call("ps", "--format", "{{.Names}}").stdout.decode("utf-8", "replace").split()

    def no_such_container(self, name: str, why: str = "there is no such container") -> Refused:
        """Refuse, and name those that could have been meant."""
        names = sorted(self.running())
        shown = ", ".join(names[:_MOST_NAMED]) + (", ..." if len(names) > _MOST_NAMED else "")
        what = f"container {name} of {self.name} on {self.host}"
        return Refused(Refusal("no_such_container", what, why, f"running containers: {shown or 'none'}"))

    def ours(self) -> list[EngineContainer]:
        """Containers that this collection made, in whatever state."""
        words = ("ps", "--all", "--quiet", "--no-trunc")
        asked = self.call(*words, "--filter", f"label={'='.join(MANAGED_BY)}", "--filter", f"label={RUN_ID}")
        found = (self.find(identity) for identity in asked.stdout.decode().split())
        return [container for container in found if container]

    def remove(self, name: str) -> str:
        """Remove a container with all that runs in it; return why that was not possible, or an empty string.

        One that has just ended may be on its way out (C(--rm)), and the engine refuses to remove it twice.
        """
        reason = ""
        for pause in _RETRY_DELAYS_S:
            time.sleep(pause)
            removed = self.call(*self.removal(name)[1:])
            if removed.rc == 0 or any(words in removed.said.lower() for words in _ABSENT):
                return ""
            reason = removed.said or f"no answer within {_TIMEOUT_S:g} s"
        return reason

    def removal(self, name: str) -> list[str]:
        """The command line that removes it."""
        return [self.path, "rm", "--force", "--volumes", name]


def _container(data: t.Mapping[str, t.Any]) -> EngineContainer:
    state = data["State"]
    pid = state["Pid"] if state["Running"] else 0
    labels = data["Config"]["Labels"] or {}
    return EngineContainer(data["Id"], data["Name"].lstrip("/"), pid, labels, data["Created"], state["Status"])

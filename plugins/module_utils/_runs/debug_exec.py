# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""One run of M(kubewire.netdebug.debug_exec): from the options to answers out of containers that run already."""

from __future__ import annotations

import dataclasses
import typing as t

from .._bad_input import BadInput
from .._cluster.rest import Api
from .._debug import admission, commands, pods
from .._debug.types import CommandAnswer, Left, Place
from . import command_answers

Json = dict[str, t.Any]


class ExecRun:
    """The state that moves through the steps; each method is one of them."""

    def __init__(self, params: t.Mapping[str, t.Any], api: Api, wanted_commands: t.Sequence[commands.Command]) -> None:
        """Check the options that an argument spec cannot.

        Raises:
            BadInput: there is nothing to run.
        """
        if not wanted_commands:
            raise BadInput("commands is empty; it must hold at least one command")
        self.params, self.api, self.commands = params, api, list(wanted_commands)
        self.answers: list[CommandAnswer] = []

    def choose(self) -> None:
        """Find the Pods, and the container of each.

        Raises:
            Refused: there is no such Pod, or none matches.
            BadInput: a Pod has no such container.
        """
        params = self.params
        selection = pods.PodSelector(params["namespace"], params["name"] or "", tuple(params["label_selectors"] or ()))
        chosen = pods.choose(self.api, selection)
        self.places = [pods.place(pod, params["container"] or "") for pod in chosen]
        self.hindrances = {
            place: pods.hindrance(pod, place.container) for pod, place in zip(chosen, self.places, strict=True)
        }

    def plan(self) -> Json:
        """Ask whether exec is allowed, and return what would be run where.

        From Kubernetes 1.35 on, exec over WebSocket needs C(create) beside C(get) (kubernetes#134577).

        Raises:
            Refused: it is not allowed.
        """
        namespace = self.params["namespace"]
        needs = [admission.Need(*right, namespace) for right in admission.EXEC]
        asked = admission.authorise(self.api, needs, f"exec in namespace {namespace}")
        return {"plan": [self._planned(place) for place in self.places], "authorisation": asked, "left": []}

    def _planned(self, place: Place) -> Json:
        hindrance = self.hindrances[place]
        return {
            "object": place.object,
            "node": place.node,
            "commands": [command.to_dict() for command in self.commands],
            **({"hindrance": hindrance} if hindrance else {}),
        }

    def run_commands(self) -> None:
        """Send the commands, all Pods at once; what the API knew of a container explains why none could run in it."""
        params = self.params
        stdin = None if params["stdin"] is None else params["stdin"].encode()
        bounds = {name: params[name] for name in ("deadline", "limit", "concurrency")}
        answers = commands.run(
            self.api.connection,
            self.places,
            self.commands,
            stdin=stdin,
            dest=params["dest"] or "",
            came=self.answers.append,
            **bounds,
        )
        known = {place.object: hindrance for place, hindrance in self.hindrances.items()}
        self.answers = [_explained(answer, known[answer.object]) for answer in answers]

    def partial(self) -> Json:
        """What a task returns that does not come to its end."""
        return {**command_answers.result(self.answers), "left": self.left()} if self.answers else {}

    def left(self) -> list[Json]:
        """Processes that may still run: the protocol has no word to end one."""
        return [
            Left(
                kind="Process",
                namespace=self.params["namespace"],
                name=answer.object.partition("/")[2],
                state="unknown",
                reason=f"the stream of {answer.argv[0]} ended before the command, which may still be running",
            ).to_dict()
            for answer in self.answers
            if answer.may_run_on
        ]


def _explained(answer: CommandAnswer, hindrance: str) -> CommandAnswer:
    if answer.exit_class == "not_found":
        tools = "pod_debug (ephemeral_attach) runs the tools of another image in the same Pod"
        return dataclasses.replace(answer, message=f"{answer.message}; {tools}" if answer.message else tools)
    if answer.exit_class != "no_container" or not hindrance:
        return answer
    return dataclasses.replace(answer, message=f"{hindrance}; {answer.message}")

# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""One run of M(kubewire.netdebug.ephemeral_attach): from the options to answers out of running Pods."""

from __future__ import annotations

import json
import typing as t

from .._bad_input import BadInput
from .._cluster.rest import Api
from .._debug import admission, commands, keepalive, lifetime, pods, spec
from .._debug.attach import Attachment
from .._debug.debug_spec import DebugSpec
from .._debug.types import CommandAnswer, NotStarted
from . import bounds, command_answers, masked

Json = dict[str, t.Any]


class AttachRun:
    """The state that moves through the steps; each method is one of them."""

    def __init__(self, params: t.Mapping[str, t.Any], api: Api, wanted_commands: t.Sequence[commands.Command]) -> None:
        """Check the options that an argument spec cannot.

        Raises:
            BadInput: one is out of bounds; the message names it and what is allowed.
        """
        self.params, self.api, self.commands = params, api, list(wanted_commands)
        self.namespace = str(params["namespace"])
        self.seconds = params["deadline"] * max(1, len(self.commands))  #: that the container must live yet
        self.answers: list[CommandAnswer] = []
        self.asked: list[Json] = []
        self.changed = False
        self.wanted = self._wanted()
        self._check()

    def _check(self) -> None:
        params = self.params
        lifetime.check(params["lifetime"])
        if params["lifetime"] < self.seconds:
            raise BadInput(
                f"lifetime: {params['lifetime']} is not allowed; it must be at least {self.seconds:g} seconds, the "
                "O(deadline) times the number of O(commands)"
            )
        bounds.seconds(params, "start_timeout", "start_grace")
        if params["keepalive"] is not None and not "".join(params["keepalive"][:1]):
            raise BadInput("keepalive is empty; it must begin with a program of the image")

    def _wanted(self) -> DebugSpec:
        params = self.params
        return DebugSpec(
            image=params["image"],
            profile=params["profile"],
            style="ephemeral",
            command=keepalive.command(params["lifetime"], tuple(params["keepalive"] or keepalive.SHELL)),
            env={key: str(value) for key, value in params["env"].items()},
            image_pull_policy=params["image_pull_policy"] or "",
            custom=dict(params["custom"]),
            target=params["target"] or "",
        )

    def prepare(self) -> None:
        """Choose the Pods and decide what each of them gets.

        Raises:
            Refused: there is no such Pod.
            BadInput: the target is no container of a Pod.
        """
        params = self.params
        self.selection = pods.PodSelector(self.namespace, params["name"] or "", tuple(params["label_selectors"]))
        chosen = pods.choose(self.api, self.selection)
        self.group = Attachment(self.api, self.namespace, chosen, self.wanted, params["container"] or "")
        self.group.plan(self.seconds)
        self.warnings = {words for pod in chosen for words in spec.warnings(self.wanted, pod)}

    def authorise(self) -> None:
        """Ask whether all that is about to be done is allowed, and what the API server would say; write nothing.

        Raises:
            Refused: it is not, or it would not take one of the containers.
            NotStarted: none of the Pods could start one.
        """
        self._expect_one()
        namespace = self.namespace
        attach = admission.ATTACH if self.group.missing else ()
        exec_ = admission.EXEC if self.commands or self.wanted.target else ()
        needs = [admission.Need(*right, namespace) for right in (*admission.WATCH, *attach, *exec_)]
        self.asked = admission.authorise(self.api, needs, self.group.members[0].object)
        self.group.forecast()
        self.new = self.group.missing

    def attach(self) -> None:
        """Add what is missing, wait until it runs and look whether the target is visible.

        Raises:
            NotStarted: none of them runs.
        """
        self.group.add()
        self.changed = bool(self.new)
        self.group.wait(self.selection.params, self.params["start_timeout"], self.params["start_grace"])
        self._expect_one()
        self.group.look()

    def _expect_one(self) -> None:
        if not self.group.running:
            first = self.group.members[0]
            error = NotStarted(first.object, t.cast(t.Any, first.trouble))
            error.data = self.result()
            raise error

    def run_commands(self) -> None:
        """Send the commands, every Pod at once."""
        params = self.params
        stdin = None if params["stdin"] is None else params["stdin"].encode()
        bounds = {name: params[name] for name in ("deadline", "limit", "concurrency")}
        self.answers = commands.run(
            self.api.connection,
            self.group.places(),
            self.commands,
            stdin=stdin,
            dest=params["dest"] or "",
            came=self.answers.append,
            **bounds,
        )

    def partial(self) -> Json:
        """What a task returns that does not come to its end once it may have added a container."""
        return {**(command_answers.result(self.answers) if self.answers else {}), **self.result()}

    def result(self) -> Json:
        """What every run returns."""
        troubles = [
            {"object": member.object, "node": member.node, **member.trouble.to_dict()}
            for member in self.group.members
            if member.trouble
        ]
        return {
            "ephemeral": [attached.to_dict() for attached in self.group.result()],
            "troubles": troubles,
            "left": [item.to_dict() for item in self.group.left()],
            "changed": self.changed,
        }

    def plan(self) -> Json:
        """What check mode returns: what each Pod would get, and what was asked of the API server."""
        return {
            "plan": [
                {
                    "namespace": self.namespace,
                    "pod": member.name,
                    "reused": member.missing is None,
                    "container": member.container,
                    **({"spec": masked.container(member.missing)} if member.missing else {}),
                    **({"dialect": member.dialect} if member.dialect else {}),
                }
                for member in self.group.running
            ],
            "authorisation": self.asked,
            "changed": bool(self.new),
        }

    def warned(self) -> Json:
        """Warnings of ours and of the API server, where there are any."""
        said = [*sorted(self.warnings), *self.api.warnings]
        return {"warnings": said} if said else {}

    def diff(self) -> Json:
        """What C(--diff) shows: the ephemeral containers that were missing."""
        return {
            "diff": [
                {
                    "before_header": f"{self.namespace}/{member.name}",
                    "after_header": f"{self.namespace}/{member.name}",
                    "before": "",
                    "after": json.dumps(masked.container(t.cast(Json, member.missing)), indent=2) + "\n",
                }
                for member in self.new
            ]
        }

# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""One run of M(kubewire.netdebug.debug_pod): from the options to Pods that ran, and to nothing that is left."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import json
import typing as t
from urllib.parse import quote

from .._bad_input import BadInput
from .._cluster.errors import ClusterError
from .._cluster.rest import Api
from .._debug import admission, commands, keepalive, lifetime, names, placement, spec
from .._debug.copy import copy_of
from .._debug.debug_spec import DebugSpec, HostMount
from .._debug.pod_group import GroupPod, PodGroup, foreign
from .._debug.types import END, SPEC_HASH, CommandAnswer, Left, NotStarted, Place, Refused
from .._snapshot import node_kinds, parse
from . import bounds, command_answers, masked

Json = dict[str, t.Any]

#: What a container that only waits asks for, where a quota wants to be told.
SMALL = {"cpu": "50m", "memory": "64Mi", "ephemeral-storage": "64Mi"}
_MOST_SHOWN = 3  #: Pods of one task, which differ by their nodes
_LEVELS = {"namespace": "namespace", "node": "node", "copy": "pod"}  #: style of the Pod -> level of its answers
_AS_THEY_ARE = ("image_pull_policy", "host_network", "host_pid", "host_ipc", "host_root", "host_root_read_only")


class PodRun:
    """The state that moves through the steps; each method is one of them."""

    def __init__(
        self, params: t.Mapping[str, t.Any], api: Api, wanted_commands: t.Sequence[commands.Command], diff: bool = False
    ) -> None:
        """Check the options that an argument spec cannot.

        Raises:
            BadInput: one is out of bounds; the message names it and what is allowed.
        """
        self.params, self.api, self.commands, self.shows_diff = params, api, list(wanted_commands), diff
        self.namespace = str(params["namespace"])
        self.style = "copy" if params["copy_of"] else str(params["level"])
        self.keep = bool(params["keep"] or not self.commands)
        self.run = lifetime.run_id()
        self.answers: list[CommandAnswer] = []
        self.left: list[Left] = []  #: what could not be removed
        self.changed = False
        self.asked: list[Json] = []
        self.warnings: list[str] = []
        self.choice = placement.Choice(
            tuple(params["nodes"]), tuple(params["node_selectors"]), bool(params["every_node"])
        )
        self.what = f"Pod {self.namespace}/{params['name'] or 'kubewire'}"
        self._check()

    def _check(self) -> None:
        params = self.params
        names.check_label("namespace", self.namespace)
        if params["name"]:
            names.check_label("name", params["name"])
        for node in params["nodes"]:
            names.check_subdomain("nodes", node)
        lifetime.check(params["lifetime"])
        bounds.seconds(params, "start_timeout", "start_grace")
        if params["state"] == "present" and self.style == "node" and self.choice.free:
            raise BadInput("level: 'node' needs nodes: set O(nodes), O(node_selectors) or O(every_node)")

    def authorise(self) -> None:
        """Ask whether all that may have to be done is allowed.

        Raises:
            Refused: it is not; all that is missing is named.
        """
        rights = (*admission.MAKE, *(admission.EXEC if self.commands else ()))
        needs = [admission.Need(*right, self.namespace) for right in rights]
        self.asked = admission.authorise(self.api, needs, self.what)

    def prepare(self) -> None:
        """Decide where the Pods go and what they are.

        Raises:
            Refused: there is no such node, or none meets the selectors, or no Pod to copy.
            BadInput: an option that becomes a part of the Pod is not allowed.
        """
        params = self.params
        wanted = self._wanted()
        slots = placement.slots(self.api, self.choice, self.what, _unfit, node_kinds.FIT)
        original = self._original() if params["copy_of"] else None
        base = params["name"] or self._own_name(wanted)
        members = []
        for slot in slots:
            name = base if len(slots) == 1 else names.pod_name(base, slot.node, self.run if not self.keep else base)
            members.append(GroupPod(slot, self._manifest(wanted, slot, name, base, original), trouble=slot.trouble))
        self.wanted = wanted
        self.group = PodGroup(self.api, self.namespace, base, members, wanted.container)
        self.warnings = spec.warnings(wanted, members[0].manifest)

    def _wanted(self) -> DebugSpec:
        params = self.params
        command = tuple(params["keepalive"] or keepalive.command(params["lifetime"]))
        tolerations = params["tolerations"]
        if tolerations is None and not self.choice.free:
            tolerations = placement.TOLERATE_ALL
        return DebugSpec(
            image=params["image"] or "",
            profile=params["profile"],
            style=self.style,
            container=params["container"],
            command=command,
            env={name: value if isinstance(value, str) else json.dumps(value) for name, value in params["env"].items()},
            image_pull_secrets=tuple(params["image_pull_secrets"]),
            host_mounts=tuple(HostMount(**mount) for mount in params["host_mounts"]),
            custom=dict(params["custom"]),
            service_account=params["service_account"] or "",
            resources=dict(params["resources"]),
            tolerations=None if tolerations is None else tuple(tolerations),
            lifetime=params["lifetime"],
            unprivileged_ping=params["unprivileged_ping"],
            labels=dict(params["labels"]),
            annotations=dict(params["annotations"]),
            **{name: params[name] for name in _AS_THEY_ARE if params[name] is not None},
        )

    def _own_name(self, wanted: DebugSpec) -> str:
        """A name that is the same for the same wish where the Pod stays, and new for each run where it does not."""
        if not self.keep:
            return f"kubewire-{self.run}"
        return f"kubewire-{names.digest([wanted.to_dict(), dataclasses.astuple(self.choice)])}"

    def _manifest(self, wanted: DebugSpec, slot: placement.Slot, name: str, base: str, original: Json | None) -> Json:
        placed = dataclasses.replace(
            wanted,
            node=slot.node,
            node_affinity=slot.affinity,
            labels={**wanted.labels, **lifetime.labels(self.run, base)},
        )
        if original is None:
            manifest = spec.pod(placed, self.namespace, name)
        else:
            flags = {key: self.params[key] for key in ("same_node", "keep_labels")}
            manifest = copy_of(placed, original, name, share_processes=self.params["share_processes"], **flags)
        notes = manifest["metadata"].setdefault("annotations", {})
        notes[SPEC_HASH] = names.digest(manifest["spec"])
        notes[END] = lifetime.stamp(lifetime.now() + datetime.timedelta(seconds=wanted.lifetime))
        return manifest

    def _original(self) -> Json:
        name = str(self.params["copy_of"])
        names.check_subdomain("copy_of", name)
        what = f"read Pod {self.namespace}/{name}"
        return self.api.get(f"/api/v1/namespaces/{self.namespace}/pods/{name}", what=what)

    def look(self) -> None:
        """Find what is there already and take it over where it is as asked for."""
        name = self.params["name"]
        self.found = self.group.find() if name or self.keep else []
        self.reused = self.group.reuse(self.found, self.params["deadline"]) if self.found else False
        if name and not self.found:
            self._refuse_foreign(name)

    def _refuse_foreign(self, name: str) -> None:
        path = f"/api/v1/namespaces/{quote(self.namespace, safe='')}/pods/{quote(name, safe='')}"
        try:
            pod = self.api.get(path, what=f"read Pod {self.namespace}/{name}")
        except ClusterError as error:
            if error.status == 404:
                return
            raise
        refused = foreign(pod)
        if refused:
            raise refused

    def forecast(self) -> None:
        """Ask the API server what it would say to the Pods; write nothing.

        Raises:
            Refused: it would not take them.
        """
        if all(member.pod for member in self.group.members):
            return
        there = [pod["metadata"]["name"] for pod in self.found] if not self.reused else []
        try:
            self.group.forecast(there)
        except Refused as refused:
            if not self._ask_for_resources(refused):
                raise
            self.group.forecast(there)

    def _ask_for_resources(self, refused: Refused) -> bool:
        """Give the Pods small requests that equal their limits where a quota refuses those without."""
        if refused.refusal.kind != "quota" or "must specify" not in refused.refusal.message or self.wanted.resources:
            return False
        named = {key: value for key, value in SMALL.items() if key in refused.refusal.message}
        for member in self.group.members:
            for container in member.manifest["spec"]["containers"]:
                container.setdefault("resources", {"requests": dict(named), "limits": dict(named)})
        return bool(named)

    def make(self) -> None:
        """Make what is missing and wait until it runs.

        Raises:
            NotStarted: none of the Pods runs; they have been removed again.
        """
        if self.found and not self.reused:
            self._remove(self.group, self.found)
            self.changed = True
        before = [member.name for member in self.group.members if member.pod]
        self.group.make(self.run, self.params["lifetime"])
        self.group.wait(self.params["start_timeout"], self.params["start_grace"])
        troubled = [member for member in self.group.members if member.trouble]
        if troubled and len(troubled) == len(self.group.members):
            raise NotStarted(f"Pod {self.namespace}/{troubled[0].name}", t.cast(t.Any, troubled[0].trouble))
        self.group.remove_troubled()
        if self.keep:
            self.changed |= len(before) < len(self.group.members)

    def run_commands(self) -> None:
        """Send the commands, every Pod at once."""
        params = self.params
        level = _LEVELS[self.style]
        places = [
            Place(level, self.namespace, member.name, self.wanted.container, member.node)
            for member in self.group.members
            if member.runs
        ]
        stdin = None if params["stdin"] is None else params["stdin"].encode()
        bounds = {"deadline": params["deadline"], "limit": params["limit"], "concurrency": params["concurrency"]}
        self.answers = commands.run(
            self.api.connection,
            places,
            self.commands,
            stdin=stdin,
            dest=params["dest"] or "",
            came=self.answers.append,
            **bounds,
        )

    @contextlib.contextmanager
    def cleaned_up(self) -> t.Iterator[None]:
        """Remove what was made when the block ends, however it ends, unless it is to stay.

        What cannot be removed is ended by the cluster, and no reason to lose the answers.
        """
        stays = self.keep
        try:
            yield
        except BaseException:
            stays = self.keep and not self.group.created
            raise
        finally:
            if not stays:
                self.left = self.group.remove()

    def absent(self, dry: bool) -> Json:
        """Remove the Pods of the name; return the module's result.

        Raises:
            Refused: the Pod of that name is not ours.
        """
        group = PodGroup(self.api, self.namespace, self.params["name"], [], self.params["container"])
        found = group.find()
        if not found:
            self._refuse_foreign(self.params["name"])
        elif not dry:
            self._remove(group, found)
        pods = [{"namespace": self.namespace, "name": pod["metadata"]["name"]} for pod in found]
        return {"changed": bool(found), "pods": pods, "left": [], "troubles": [], "run_id": self.run}

    def _remove(self, group: PodGroup, found: t.Sequence[Json]) -> None:
        """Remove what is in the way, or raise C(ClusterError)."""
        self.left = group.remove(found)
        if self.left:
            first = self.left[0]
            raise ClusterError("not_removed", f"{first.kind} {first.namespace}/{first.name} {first.reason}")

    def partial(self) -> Json:
        """What a task returns that does not come to its end."""
        answers = command_answers.result(self.answers) if self.answers else {}
        return {**answers, "left": [item.to_dict() for item in self.left], "run_id": self.run}

    def result(self) -> Json:
        """What every run returns."""
        left = [*(self.group.left("kept for later tasks") if self.keep else ()), *self.left]
        troubles = [
            {"object": f"{self.namespace}/{member.name}", "node": member.node, **member.trouble.to_dict()}
            for member in self.group.members
            if member.trouble
        ]
        return {
            "run_id": self.run,
            "pods": [
                {
                    "namespace": self.namespace,
                    "name": member.name,
                    "node": member.node,
                    "container": self.wanted.container,
                    "created": member.created,
                    "kept": member.pod is not None,
                }
                for member in self.group.members
                if not member.trouble
            ],
            "troubles": troubles,
            "left": [item.to_dict() for item in left],
            "changed": self.changed,
        }

    def warned(self) -> Json:
        """Warnings of ours and of the API server, where there are any."""
        left = [f"{item.kind} {item.namespace}/{item.name} {item.reason}" for item in self.left]
        said = [*self.warnings, *left, *self.api.warnings]
        return {"warnings": said} if said else {}

    def diff(self) -> Json:
        """What C(--diff) shows: the Pods that were missing."""
        if not self.shows_diff:
            return {}
        new = [masked.pod(member.manifest) for member in self.group.members if member.created or not member.pod]
        if not new:
            return {}
        names = ", ".join(str(pod["metadata"]["name"]) for pod in new[:_MOST_SHOWN])
        more = f" and {len(new) - _MOST_SHOWN} more, like these" if len(new) > _MOST_SHOWN else ""
        header = f"Pod {self.namespace}/{names}{more}"
        after = json.dumps(new[:_MOST_SHOWN], indent=2) + "\n"
        return {"diff": {"before_header": header, "after_header": header, "before": "", "after": after}}

    def plan(self) -> Json:
        """What check mode returns beside that: the Pods as they would be sent, and what was asked of the server."""
        missing = [
            masked.pod(member.manifest) for member in self.group.members if not member.pod and not member.trouble
        ]
        return {
            "manifests": missing,
            "authorisation": self.asked,
            "changed": self.keep and bool(missing or (self.found and not self.reused)),
        }


def _unfit(node: t.Mapping[str, t.Any]) -> str:
    return node_kinds.unfit(parse.node(dict(node)))

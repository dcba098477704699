# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs examples: all blocks of YAML in one playbook, each command by itself; what every task gave comes back."""

from __future__ import annotations

import concurrent.futures
import dataclasses
import json
import os
import pathlib
import subprocess
import typing as t

import yaml

from .conftest import COLLECTIONS, OPERATOR, ROOT
from .examples import LIST, Example

Json = dict[str, t.Any]
KEPT = [path for path in [os.environ.get("ANSIBLE_CALLBACK_PLUGINS")] if path]  #: those of .ci/with
AT_ONCE = 3  #: processes
GROUP = "group/kubewire.netdebug.netdebug"


@dataclasses.dataclass
class Ran:
    """What a process printed, and what its tasks gave: with C(play), C(task), C(action), C(status) and C(result)."""

    output: str
    rc: int
    tasks: list[Json]


class Runner:
    """Runs examples in a folder.

    Attributes:
        names: what stands for the placeholders of the list of substitutions.
        users: the kubeconfig of a restricted user, by playbook.
    """

    def __init__(self, folder: pathlib.Path, names: dict[str, str], users: t.Mapping[str, str]) -> None:
        self.folder, self.names, self.users = folder, names, users

    def run(self, examples: t.Sequence[Example]) -> dict[str, Ran]:
        """Return for each example what came of it."""
        blocks = [example for example in examples if example.kind != "command"]
        commands = [example for example in examples if example.kind == "command"]
        # What is printed twice runs once.
        first = {(example.owner, example.filled(self.names)): example for example in reversed(commands)}
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            together = pool.submit(self._play, blocks)
            ran = dict(zip(first, pool.map(self._command, first.values()), strict=True))
            done = {each.id: ran[each.owner, each.filled(self.names)] for each in commands}
            all_blocks = together.result()
        for each in blocks:
            own = [task for task in all_blocks.tasks if task["play"] == each.id]
            done[each.id] = Ran(all_blocks.output, all_blocks.rc, own)
        return done

    def _play(self, blocks: t.Sequence[Example]) -> Ran:
        # The report that others draw is that of the first one.
        ordered = sorted(blocks, key=lambda example: example.owner != "connectivity")
        plays = [play for example in ordered for play in self._plays(example)]
        file = self.folder / "examples.yml"
        file.write_text(yaml.safe_dump(plays, sort_keys=False))
        return self._start("blocks", ["ansible-playbook", "-i", self.names["inventory"], str(file)])

    def _plays(self, example: Example) -> list[Json]:
        data = yaml.safe_load(example.filled(self.names))
        own: Json = {"name": example.id, "ignore_errors": True, "gather_facts": False}
        if example.kind == "plays":
            return [{**play, **own} for play in data]
        # The user of a role may do what docs/rbac grants for it, and nothing else.
        user = self.users.get(example.owner) if "roles/" in example.id else None
        own |= {"hosts": "web1"} if example.on_hosts else {"hosts": "localhost", "connection": "local"}
        own |= {"module_defaults": {GROUP: {"kubeconfig": user}}} if user else {}
        if example.kind == "keywords":
            look = {"name": "Look", "kubewire.netdebug.net_info": {"namespaces": [self.names["namespace"]]}}
            return [{**own, **data, "tasks": [look]}]
        for task in data:
            if task["name"] in LIST["check_mode"]:
                task["check_mode"] = True
        return [{**own, "tasks": data}]

    def _command(self, example: Example) -> Ran:
        user = self.users.get(example.owner)
        more = {"K8S_AUTH_KUBECONFIG": user} if user else {}
        check = " --check" if example.owner == "sweep" else ""
        return self._start(example.id.replace("/", "_"), ["bash", "-c", example.filled(self.names) + check], more)

    def _start(self, name: str, argv: t.Sequence[str], more: t.Mapping[str, str] | None = None) -> Ran:
        folder = self.folder / name  # what a run leaves where it was started is its own
        folder.mkdir()
        results = folder / "results.jsonl"
        environ = {
            "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
            "ANSIBLE_HOME": str(ROOT / "build" / "ansible"),
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_LOCALHOST_WARNING": "False",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "False",
            "ANSIBLE_CALLBACK_PLUGINS": os.pathsep.join([str(pathlib.Path(__file__).parent / "callbacks"), *KEPT]),
            "KUBEWIRE_TEST_RESULTS": str(results),
            **(more or {}),
        }
        done = subprocess.run(
            [*OPERATOR, *argv],
            cwd=folder,
            env={**os.environ, **environ},
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        lines = results.read_text().splitlines() if results.exists() else []
        return Ran(done.stdout + done.stderr, done.returncode, [json.loads(line) for line in lines])


def warnings(ran: Ran) -> list[str]:
    """What Ansible warned of."""
    return [line for line in ran.output.splitlines() if line.startswith(("[WARNING]", "[DEPRECATION"))]


def wrong(ran: Ran) -> list[str]:
    """What must not be: a task that failed, a module without an answer."""
    found = [] if ran.tasks else ["no task has run"]
    for task in ran.tasks:
        what = f"{task['task']}: "
        if task["status"] != "ok":
            found.append(f"{what}{task['status']}: {str(task['result'].get('msg', task['result']))[:600]}")
        elif empty := _empty(task):
            found.append(what + empty)
    return found


def _empty(task: Json) -> str:
    """Say which answer is empty: of a list of answers each, of other modules what they are asked for."""
    result = task["result"]
    if not task["action"].startswith(("kubewire.", "ansible.builtin.debug")):
        return ""
    for answer in result.get("answers") or ():
        said = [answer.get(key) for key in ("stdout", "stderr", "stdout_file", "stdout_base64")]
        if not any(said) and not {*answer["argv"]} & {*LIST["silent"]}:
            return f"{answer['argv']} in {answer['object']} gives nothing"
    asked = [key for key in ("answers", "pods", "ephemeral") if key in result]
    if asked and "removed" not in result and not result.get("changed") and not any(result[key] for key in asked):
        return f"{' and '.join(asked)} are empty"
    empty = [key for key in ("table", "summary", "msg") if key in result and not result[key]]
    if "summary" in result and not any(value for value in result["summary"].values() if isinstance(value, int)):
        empty.append("summary")
    return f"{' and '.join(empty)} are empty" if empty else ""

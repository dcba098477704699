# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples of the modules, filters and READMEs, with what the lab calls otherwise."""

from __future__ import annotations

import ast
import dataclasses
import pathlib
import re
import typing as t

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
LIST = yaml.safe_load((pathlib.Path(__file__).parent / "examples.yml").read_text())
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
HOSTS = ("host_debug",)  #: of these names, the examples are about plain hosts


@dataclasses.dataclass(frozen=True)
class Example:
    """One block of YAML, or one command.

    Attributes:
        id: the file and the number of the block or command in it.
        kind: C(tasks), C(plays), C(keywords) of a play, or C(command).
        text: as printed.
        owner: the module, filter, role or playbook that it is about.
    """

    id: str
    kind: str
    text: str
    owner: str

    @property
    def on_hosts(self) -> bool:
        return self.owner in HOSTS

    def filled(self, names: t.Mapping[str, str]) -> str:
        """The text as the lab can run it."""
        text = self.text
        for printed, ours in LIST["substitutions"].items():
            filled = re.sub(r"\$\{(\w+)\}", lambda found: names[found[1]], ours)
            # Whole words only: not the shop in shop-api.
            text = re.sub(rf"(?<![\w-]){re.escape(printed)}(?![\w-])", lambda _found, filled=filled: filled, text)
        return text


def reason(text: str) -> str:
    """Why a block or command is not run; empty where it is."""
    return next((why for part, why in LIST["not_run"].items() if part in text), "")


def collect() -> list[Example]:
    """All that are run, in the order of the files."""
    return [example for example in (*_documented(), *_printed()) if not reason(example.text)]


def _documented() -> t.Iterator[Example]:
    for path in sorted([*ROOT.glob("plugins/modules/*.py"), *ROOT.glob("plugins/filter/*.py")]):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "EXAMPLES":
                yield Example(str(path.relative_to(ROOT)), "tasks", ast.literal_eval(node.value), path.stem)


def _printed() -> t.Iterator[Example]:
    for path in [ROOT / "README.md", *sorted(ROOT.glob("roles/*/README.md"))]:
        name, role = str(path.relative_to(ROOT)), path.parent.name
        for number, (language, text) in enumerate(FENCE.findall(path.read_text()), 1):
            if language == "yaml":
                data = yaml.safe_load(text)
                kind = "keywords" if isinstance(data, dict) else "plays" if "hosts" in data[0] else "tasks"
                yield Example(f"{name}:{number}", kind, text, role)
                continue
            if language == "text":  # what a command prints
                continue
            for line, command in enumerate(text.replace("\\\n", " ").splitlines(), 1):
                playbook = re.search(r"ansible-playbook .*?kubewire\.netdebug\.(\w+)", command)
                yield Example(f"{name}:{number}.{line}", "command", command, playbook[1] if playbook else role)

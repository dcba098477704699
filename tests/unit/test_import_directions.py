# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may import whom: the arrows of the design, as a table."""

from __future__ import annotations

import ast
import pathlib
import re
import typing as t

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODULE_UTILS = ROOT / "plugins" / "module_utils"
COLLECTION = "ansible_collections.kubewire.netdebug"
PREFIX = f"{COLLECTION}.plugins.module_utils."

#: room of plugins/module_utils -> the other rooms it may import (each may import itself)
ARROWS = {
    "_words": set(),
    "_question_key": set(),
    "_bad_input": set(),
    "_record": set(),
    "_selectors": set(),
    "_files": set(),
    "_json": set(),
    "_threads": set(),
    "_option_names": set(),
    "_cluster": {"_files", "_json"},
    "_snapshot": {"_selectors", "_threads", "_cluster"},
    "_debug": {"_selectors", "_files", "_threads", "_cluster"},
    "_vantage": {"_snapshot", "_debug", "_cluster"},
    "_probe": {"_selectors", "_threads", "_snapshot", "_cluster", "_vantage"},
    "_host": {"_cluster.errors", "_debug"},
    "_node": set(),
    "_diagnosis": {"_selectors", "_probe.types", "_probe.matrix", "_snapshot", "_node"},
    "_report": {"_json"},
    "_bundle": {"_snapshot"},
    "_runs": {
        *("_selectors", "_files", "_json", "_threads", "_cluster", "_snapshot", "_debug", "_vantage", "_host"),
        *("_probe", "_node", "_diagnosis", "_report", "_bundle", "_option_names"),
    },
    "diagnose": {"_runs"},  # what runs without Ansible as a command
    "_ansible": {
        *("_selectors", "_files", "_json", "_threads", "_cluster", "_snapshot", "_debug", "_vantage", "_host"),
        *("_probe", "_node", "_diagnosis", "_report", "_bundle", "_option_names", "_runs"),
    },
}
#: what every room may import
GROUND_FLOOR = {"_words", "_question_key", "_record", "_bad_input"}


def python_files(*folders: str) -> list[pathlib.Path]:
    """Return our Python files below the folders of the checkout."""
    return sorted(file for folder in folders for file in (ROOT / folder).rglob("*.py"))


def imports(file: pathlib.Path) -> t.Iterator[str]:
    """Yield the full dotted name of everything a file imports, wherever in the file."""
    package = file.relative_to(ROOT).with_suffix("").parts
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                base = ".".join((COLLECTION, *package[: len(package) - node.level], *filter(None, [node.module])))
            yield from (f"{base}.{alias.name}" for alias in node.names)


def below(name: str, module: str) -> bool:
    """Say whether a dotted name is the module or in it."""
    return name == module or name.startswith(f"{module}.")


def room_of(file: pathlib.Path) -> str:
    """Return the room of a file of module_utils."""
    return file.relative_to(MODULE_UTILS).parts[0].removesuffix(".py")


@pytest.mark.parametrize("file", python_files("plugins/module_utils"), ids=lambda f: str(f.relative_to(MODULE_UTILS)))
def test_arrows(file: pathlib.Path) -> None:
    room = room_of(file)
    assert room in ARROWS, f"{room} is not a room of the design"
    allowed = {room, *GROUND_FLOOR, *ARROWS[room]}
    for name in imports(file):
        if below(name, COLLECTION):
            assert name.startswith(PREFIX), f"{room} imports {name}"
            assert any(below(name.removeprefix(PREFIX), other) for other in allowed), f"{room} imports {name}"
        elif room != "_ansible":
            assert not below(name, "ansible"), f"{room} imports {name}: only _ansible may import Ansible"


@pytest.mark.parametrize("file", python_files("plugins/module_utils/_ansible"), ids=lambda f: f.name)
def test_what_could_run_without_ansible_stands_elsewhere(file: pathlib.Path) -> None:
    names = [name for name in imports(file) if below(name, "ansible") or below(name, f"{PREFIX}_ansible")]
    assert names or file.name in ("__init__.py",)


def test_arrows_have_no_circle() -> None:
    left = {room: {other.split(".")[0] for other in others} for room, others in ARROWS.items()}
    while leaves := {room for room, others in left.items() if not others & left.keys()}:
        left = {room: others for room, others in left.items() if room not in leaves}
    assert not left


def test_files_have_no_circle() -> None:
    """Not even of types: whoever reads one of a circle has to read all of them."""
    names = {
        ".".join((COLLECTION, *file.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__"): file
        for file in python_files("plugins")
    }
    left = {
        name: {other if other in names else other.rpartition(".")[0] for other in imports(file)} & names.keys() - {name}
        for name, file in names.items()
    }
    while leaves := {name for name, others in left.items() if not others & left.keys()}:
        left = {name: others for name, others in left.items() if name not in leaves}
    assert not left


@pytest.mark.parametrize("file", python_files("plugins/action", "plugins/callback", "plugins/filter"), ids=str)
def test_controller_plugins_do_not_load_the_kubernetes_package(file: pathlib.Path) -> None:
    assert not [name for name in imports(file) if below(name, "kubernetes")]


def test_the_collection_does_not_know_the_lab() -> None:
    lab = re.compile(r"\blab/|\bkubelab\b|kubewire-lab", re.IGNORECASE)
    files = [
        file for folder in ("plugins", "roles", "playbooks") for file in (ROOT / folder).rglob("*") if file.is_file()
    ]
    naming = [str(file.relative_to(ROOT)) for file in files if lab.search(file.read_text(errors="replace"))]
    assert not naming


def test_one_file_begins_threads() -> None:
    """The standard library's executor forgets one that an interrupt meets at its start."""
    users = {file.name for file in python_files("plugins/module_utils") if "concurrent.futures" in set(imports(file))}
    assert users == {"_threads.py"}


def test_the_lab_shares_no_code_with_the_collection() -> None:
    assert not [
        (file.name, name)
        for file in python_files("lab")
        for name in imports(file)
        if below(name, "ansible_collections")
    ]


def test_every_python_file_says_its_licence() -> None:
    files = [file for file in python_files("plugins", "tests", "lab", ".ci") if file.read_text()]
    assert not [
        str(file.relative_to(ROOT))
        for file in files
        if "# SPDX-License-Identifier: GPL-3.0-or-later\n" not in file.read_text()[:400]
    ]

# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of all roles: in whatever type they come, and by which names the roles go on with them."""

from __future__ import annotations

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import typing as t

import pytest
import yaml

from ansible_collections.kubewire.netdebug.plugins.action import role_variables
from ansible_collections.kubewire.netdebug.plugins.modules import (
    debug_pod,
    ephemeral_attach,
    host_debug,
    net_probe,
    net_report,
)

ROLES = {path.name: path for path in sorted((pathlib.Path(__file__).resolve().parents[3] / "roles").iterdir())}
COLLECTIONS = pathlib.Path(role_variables.__file__).parents[5]
#: What roles leave to those that come after them, beside NAME_result.
LEFT = {"debug_image_plan", "host_debug_swept", "node_debug_system_calls"}

#: The module that takes most of a role's variables as its options.
OF_MODULE: dict[str, t.Any] = {
    "connectivity": net_probe,
    "report": net_report,
    "namespace_debug": debug_pod,
    "node_debug": debug_pod,
    "pod_debug": ephemeral_attach,
    "host_debug": host_debug,
}

Spec = dict[str, dict[str, t.Any]]


def specs(role: str) -> dict[str, Spec]:
    """The options of a role's entry points."""
    document = yaml.safe_load((ROLES[role] / "meta/argument_specs.yml").read_text())
    return {name: entry["options"] for name, entry in document["argument_specs"].items()}


def text_of(option: dict[str, t.Any]) -> tuple[str, t.Any]:
    """A value of an option as text, and what it has to become."""
    kind = option["type"]
    if option.get("elements") == "dict":
        return "name=a b=c", [{"name": "a", "b": "c"}]
    if kind == "list":
        found = option.get("choices", ["one", "two"])[:2]
        return ",".join(found), found
    if kind == "dict" and "options" in option:
        samples = {name: text_of(inner) for name, inner in option["options"].items()}
        return ",".join(f"{name}={given}" for name, (given, _value) in samples.items()), {
            name: value for name, (_given, value) in samples.items()
        }
    given: dict[str, tuple[str, t.Any]] = {
        "bool": ("no", False) if option.get("default") else ("1", True),
        "int": ("7", 7),
        "float": ("41.4375", 41.4375),
        "dict": ("a=b", {"a": "b"}),
        "path": ("/tmp/a", "/tmp/a"),
    }
    text = option.get("choices", ["a"])[-1]
    return given.get(kind, (text, text))


def play(folder: pathlib.Path, roles: t.Collection[str], given: dict[str, t.Any]) -> subprocess.CompletedProcess[str]:
    """Run the first task of roles, with extra variables, and write what they read to the file C(read)."""
    tasks: list[dict[str, t.Any]] = []
    for role in roles:
        made = folder / "roles" / role
        for part in ("meta", "defaults"):
            shutil.copytree(ROLES[role] / part, made / part)
        first = yaml.safe_load((ROLES[role] / "tasks/main.yml").read_text())[0]
        (made / "tasks").mkdir()
        (made / "tasks/main.yml").write_text(yaml.safe_dump([first]))
        tasks.append({f"ansible.builtin.{'include' if len(tasks) % 2 else 'import'}_role": {"name": role}})
    content = f"{{{{ {{ {', '.join(f'{role!r}: __{role}' for role in roles)} }} | to_json }}}}"
    kept = {"content": content, "dest": str(folder / "read"), "mode": "0600"}
    tasks.append({"ansible.builtin.copy": kept})
    book = [{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": tasks}]
    (folder / "play.yml").write_text(yaml.safe_dump(book))
    (folder / "given.json").write_text(json.dumps(given))
    own = {
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        "ANSIBLE_ROLES_PATH": str(folder / "roles"),
        "ANSIBLE_HOME": str(folder / "ansible"),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_NOCOLOR": "1",
    }
    command = [sys.executable, "-m", "ansible", "playbook", "play.yml", "-v", "-e", "@given.json"]
    return subprocess.run(
        command, cwd=folder, env={**os.environ, **own}, capture_output=True, text=True, timeout=300, check=False
    )


def test_every_variable_of_every_role_may_be_given_as_text(tmp_path):
    samples = {name: text_of(option) for role in ROLES for name, option in specs(role)["main"].items()}
    given = {name: text for name, (text, _value) in samples.items()}
    done = play(tmp_path, ROLES, given)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "41.4375" not in done.stdout, "values may be secret, and are not shown"
    every = json.loads((tmp_path / "read").read_text())
    for role in ROLES:
        read = every[role]
        names = {f"{role}_{name}": value for name, value in read["value"].items()}
        assert names == {name: samples[name][1] for name in specs(role)["main"]}
        assert read["option_names"].items() >= {name[len(role) + 1 :]: name for name in names}.items()


def test_a_misspelt_variable_is_an_error_and_another_unknown_one_is_not(tmp_path):
    given = {"sweep_old_than": 5, "sweep_run_id": "x", "sweep_whatever": 1, "older_than": 3, "report_run_dir": "/tmp"}
    done = play(tmp_path, ["sweep"], given)
    assert done.returncode == 2, done.stdout
    assert (
        "sweep_old_than is not a variable of this role; did you mean sweep_older_than? "
        "sweep_run_id is not a variable of this role; did you mean sweep_run_ids?"
    ) in done.stdout
    assert "sweep_whatever" not in done.stdout


@pytest.mark.parametrize("role", OF_MODULE)
def test_a_variable_has_the_choices_of_its_option(role):
    options = OF_MODULE[role].argument_spec()
    variables = {name[len(role) + 1 :]: option for name, option in specs(role)["main"].items()}
    chosen = {
        name: option["choices"] for name, option in options.items() if option.get("choices") and name in variables
    }
    assert {name: variables[name].get("choices") for name in chosen} == chosen
    assert chosen


@pytest.mark.parametrize("role", ROLES)
def test_tasks_read_what_is_no_text_in_its_type(role):
    """Extra variables win over everything that a role could set: what it reads needs another name."""
    every = {name: option for options in specs(role).values() for name, option in options.items()}
    typed = {name for name, option in every.items() if option["type"] in ("bool", "int", "float", "list", "dict")}
    for path in [*ROLES[role].glob("tasks/*.yml"), *ROLES[role].glob("vars/*.yml")]:
        for expression in expressions(yaml.safe_load(path.read_text())):
            words = set(re.findall(r"(?<![\w.])\w+", re.sub(r"'[^']*'", "", expression)))
            assert not words & typed, f"{path}: {expression}: read __{role}.value instead"


def expressions(part: t.Any, key: str = "") -> t.Iterator[str]:
    """What Ansible evaluates in tasks and variables."""
    if isinstance(part, dict):
        for name, value in part.items():
            yield from expressions(value, name)
    elif isinstance(part, list):
        for value in part:
            yield from expressions(value, key)
    elif isinstance(part, str) and key in ("when", "that", "until", "failed_when", "changed_when"):
        yield part
    elif isinstance(part, str):
        yield from ("".join(found) for found in re.findall(r"{{(.*?)}}|{%(.*?)%}", part, re.DOTALL))


@pytest.mark.parametrize("role", ROLES)
def test_what_a_role_makes_for_itself_begins_with_underscores(role):
    made = set()
    for path in ROLES[role].glob("tasks/*.yml"):
        made |= set(made_by(yaml.safe_load(path.read_text())))
    for path in ROLES[role].glob("vars/*.yml"):
        made |= set(yaml.safe_load(path.read_text()))
    own = {name for name in made if not name.startswith("__")} - {"ansible_async_dir", "kubewire_report"}
    assert own <= {f"{role}_result", *LEFT}, own
    known = {name for options in specs(role).values() for name in options}
    assert not role_variables.suggestions(own, f"{role}_", known), "the second time the role would refuse its own"


def made_by(part: t.Any) -> t.Iterator[str]:
    """The variables that tasks make."""
    if isinstance(part, list):
        for each in part:
            yield from made_by(each)
    elif isinstance(part, dict):
        for key, value in part.items():
            if key in ("register", "loop_var", "index_var"):
                yield value
            elif key in ("vars", "ansible.builtin.set_fact"):
                yield from value
            elif isinstance(value, (dict, list)):
                yield from made_by(value)


def test_defaults_have_the_types_of_the_specs():
    for role, folder in ROLES.items():
        given = yaml.safe_load((folder / "defaults/main.yml").read_text())
        options = {name: option for entry in specs(role).values() for name, option in entry.items()}
        plain = {name: value for name, value in given.items() if "{{" not in str(value)}
        read, errors = role_variables.coerced({name: options[name] for name in plain}, plain)
        assert (read, errors) == (plain, [])


@pytest.mark.parametrize("role", ROLES)
def test_defaults_have_the_values_of_the_specs(role):
    """C(defaults/main.yml) is what counts, and the specs are what C(ansible-doc) shows."""
    given = yaml.safe_load((ROLES[role] / "defaults/main.yml").read_text())
    options = [pair for entry in specs(role).values() for pair in entry.items()]
    documented = {name: option["default"] for name, option in options if "default" in option}
    assert {name: given.get(name, "no default") for name in documented} == documented
    assert set(given) <= {name for name, _option in options}


@pytest.mark.parametrize("role", ROLES)
def test_modules_are_told_the_names_of_the_variables(role):
    """Their messages name what was typed in the playbook then."""
    for path in ROLES[role].glob("tasks/*.yml"):
        for name, params in calls(yaml.safe_load(path.read_text())):
            if name != "kubewire.netdebug.role_variables":
                assert f"__{role}.option_names" in params.get("option_names", ""), f"{path}: {name}"


def calls(part: t.Any) -> t.Iterator[tuple[str, dict[str, t.Any]]]:
    """The modules of this collection that tasks call, with their options."""
    for entry in part if isinstance(part, list) else ():
        for key, value in entry.items():
            if key.startswith("kubewire.netdebug."):
                yield key, value or {}
            elif key in ("block", "always", "rescue"):
                yield from calls(value)

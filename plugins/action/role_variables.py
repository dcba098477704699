# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads the variables of a role in the types of its argument spec; ansible-core's validation leaves them as text."""

from __future__ import annotations

import os
import typing as t

import yaml
from ansible.errors import AnsibleActionFail
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase

Spec = t.Dict[str, t.Dict[str, t.Any]]  # noqa: UP006 - Python 3.9 evaluates it

_MOST_EDITS = 2  #: between a variable and the one that was probably meant


class ActionModule(ActionBase):
    """Action plugin of M(kubewire.netdebug.role_variables)."""

    _supports_check_mode = True
    _supports_diff = False
    _requires_connection = False
    TRANSFERS_FILES = False
    _VALID_ARGS = frozenset({"entry_point", "options", "playbook_variables"})

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Read the variables; nothing is run on the host."""
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        given = task_vars or {}
        role = self._task._role
        if role is None:
            raise AnsibleActionFail("role_variables is for a task of a role")
        prefix = f"{os.path.basename(role._role_path)}_"
        path = os.path.join(role._role_path, "meta", "argument_specs.yml")
        specs = self._loader.load_from_file(path)["argument_specs"]
        known = {name for entry in specs.values() for name in entry["options"]}
        misspelt = suggestions(given, prefix, known.union(self._task.args.get("playbook_variables") or ()))
        if misspelt:
            sentences = [f"{name} is not a variable of this role; did you mean {meant}?" for name, meant in misspelt]
            return {
                **result,
                "failed": True,
                "msg": " ".join(sentences),
                "unknown": [name for name, _meant in misspelt],
            }
        spec: Spec = specs[self._task.args.get("entry_point", "main")]["options"]
        values = self._templar.template({name: given[name] for name in spec if name in given})
        read, errors = coerced(spec, values)
        if errors:
            return {**result, "failed": True, "msg": "; ".join(errors)}
        names = {name[len(prefix) :]: name for name in spec if name.startswith(prefix)}
        names.update(self._task.args.get("options") or {})
        # Some variables hold secrets (env, stdin): they are registered, and not shown.
        return {
            **result,
            "changed": False,
            "value": {name[len(prefix) :]: value for name, value in read.items()},
            "option_names": names,
            "_ansible_no_log": True,
        }


def coerced(spec: Spec, values: t.Mapping[str, t.Any]) -> tuple[dict[str, t.Any], list[str]]:
    """The values in the types of an argument spec, without what is unset, and what is wrong with them."""
    read = {name: _listed(value) if spec[name].get("type") == "list" else value for name, value in values.items()}
    checked = ArgumentSpecValidator(spec).validate(read)  # type: ignore[no-untyped-call]
    return _without_unset(spec, checked.validated_parameters), list(checked.error_messages)


def _listed(value: t.Any) -> t.Any:
    """A list that is written as JSON or YAML; another text is split at its commas by ansible-core."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            found = yaml.safe_load(value)
        except yaml.YAMLError:
            return value
        return found if isinstance(found, list) else value
    return value


def _without_unset(spec: Spec, values: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Leave out what the validator sets to C(None) because nobody gave it, in options of options as well."""
    found = {}
    for name, value in values.items():
        inner = spec[name].get("options") if name in spec else None
        if inner and isinstance(value, dict):
            found[name] = _without_unset(inner, value)
        elif value is not None:
            found[name] = value
    return found


def suggestions(given: t.Iterable[str], prefix: str, known: t.Collection[str]) -> list[tuple[str, str]]:
    """The variables with a prefix that are not known, but nearly, each with the known one that is nearest."""
    found = []
    for name in sorted(name for name in given if name.startswith(prefix) and name not in known):
        edits, nearest = min((distance(name, other), other) for other in sorted(known))
        if edits <= _MOST_EDITS:
            found.append((name, nearest))
    return found


def distance(one: str, other: str) -> int:
    """How many letters are to be inserted, deleted, replaced, or swapped with their neighbour."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        line = [row]
        for column, against in enumerate(other, 1):
            cost = min(last[column] + 1, line[-1] + 1, last[column - 1] + (letter != against))
            if row > 1 and column > 1 and letter == other[column - 2] and one[row - 2] == against:
                cost = min(cost, before[column - 2] + 1)
            line.append(cost)
        before, last = last, line
    return last[-1]

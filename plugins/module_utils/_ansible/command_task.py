# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What every module that runs commands shares: the options, and when its task has failed."""

from __future__ import annotations

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.types import Answer, Command
from ansible_collections.kubewire.netdebug.plugins.module_utils._report.clean import clean

from . import bounds
from .answers import ending

#: of a module that runs them at one place
ONE_PLACE_SPEC: dict[str, dict[str, t.Any]] = {
    "argv": {"type": "list", "elements": "str"},
    "commands": {
        "type": "list",
        "elements": "dict",
        "options": {
            "name": {"type": "str", "default": ""},
            "argv": {"type": "list", "elements": "str", "required": True},
        },
    },
    "stdin": {"type": "str", "no_log": True},
    "deadline": {"type": "float", "default": 30.0},
    "limit": {"type": "int"},
    "changes": {"type": "bool", "default": False},
}
#: of a module that runs them in many containers
COMMAND_SPEC: dict[str, dict[str, t.Any]] = {
    **ONE_PLACE_SPEC,
    "concurrency": {"type": "int", "default": 16},
    "dest": {"type": "path"},
}
COMMAND_EXCLUSIVE = [("argv", "commands")]

_BOUNDS = (("deadline", 0.1, 86400), ("limit", 0, 1 << 40), ("concurrency", 1, 32))
_HIDDEN = ("env", "custom")  #: what the module shows of them is not what they hold
_MOST_NAMED = 5
_LONGEST_PATH = 4095  #: bytes of a program's path (PATH_MAX); runtimes hang on a longer one


def read_commands(params: t.Mapping[str, t.Any]) -> list[Command]:
    """Return what O(argv) or O(commands) ask for; nothing where neither is given.

    Raises:
        ValueError: an option is out of bounds; the message names it and what is allowed.
    """
    bounds.check(params, *_BOUNDS)
    bounds.plain({name: params.get(name) for name in _HIDDEN})
    asked = params["commands"] or []
    if params["argv"] is not None:
        asked = [{"name": "", "argv": params["argv"]}]
    for number, entry in enumerate(asked, 1):
        if not entry["argv"] or not entry["argv"][0]:
            raise ValueError(f"argv of command {number} is empty; it must begin with a program")
        for word in entry["argv"]:
            _check_text(f"argv of command {number}", word)
            if "\0" in word:
                raise ValueError(f"argv of command {number} holds a NUL character; no program can be given one")
        if len(entry["argv"][0].encode()) > _LONGEST_PATH:
            raise ValueError(f"argv of command {number} begins with a name of more than {_LONGEST_PATH} bytes")
    _check_text("stdin", params["stdin"] or "")
    return [Command(tuple(entry["argv"]), entry["name"]) for entry in asked]


def _check_text(what: str, text: str) -> None:
    """Refuse what has no UTF-8: half of a surrogate pair, as bytes of another encoding become in Ansible."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{what} holds {text[:80]!a}, which is no valid Unicode text") from None


def result(answers: t.Sequence[Answer]) -> dict[str, t.Any]:
    """Return the answers, and the keys of a single one beside them for convenience."""
    given: dict[str, t.Any] = {"answers": [answer.to_dict() for answer in answers]}
    if len(answers) == 1:
        given.update({key: getattr(answers[0], key) for key in ("rc", "stdout", "stderr", "exit_class")})
    return given


def finish(module: AnsibleModule, answers: t.Sequence[Answer], **more: t.Any) -> t.NoReturn:
    """End the module: failed where a command did not exit with 0, with all answers in the result.

    The task is C(changed) where the user says that the commands change something, or where C(more) says so.
    """
    ran = any(answer.exit_class in ("exited", "signalled", "deadline", "lost") for answer in answers)
    changed = bool(more.pop("changed", False) or (module.params["changes"] and ran))
    bad = [answer for answer in answers if answer.exit_class != "exited" or answer.rc != 0]
    if not bad:
        module.exit_json(changed=changed, **result(answers), **more)
    said = "; ".join(_why(answer) for answer in bad[:_MOST_NAMED])
    rest = f"; and {len(bad) - _MOST_NAMED} more" if len(bad) > _MOST_NAMED else ""
    message = f"{len(bad)} of {len(answers)} commands failed: {said}{rest}"
    module.fail_json(msg=message, reason="command_failed", changed=changed, **result(answers), **more)


def _why(answer: Answer) -> str:
    """One line: which command, where, and how it ended."""
    return f"{clean(answer.name or answer.argv[0])} in {answer.object}: {ending(answer)}"

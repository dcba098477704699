# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What every module that runs commands shares: the options, and when its task has failed."""

from __future__ import annotations

import typing as t

from ansible.module_utils.basic import AnsibleModule

from .._debug.types import CommandAnswer
from .._report.sanitize import sanitize
from .._runs.command_answers import ending, result

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

_MOST_NAMED = 5


def finish(module: AnsibleModule, answers: t.Sequence[CommandAnswer], **more: t.Any) -> t.NoReturn:
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


def _why(answer: CommandAnswer) -> str:
    """One line: which command, where, and how it ended."""
    return f"{sanitize(answer.name or answer.argv[0])} in {answer.object}: {ending(answer)}"

# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The one error ladder: what may go wrong in a module, and the one clear message each gives."""

from __future__ import annotations

import contextlib
import os
import signal
import traceback
import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.errors import ClusterError

from .._bad_input import BadInput
from .._runs import bounds

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Partial:
    """What a task that does not come to its end returns all the same.

    Attributes:
        result: gives it; nothing until there is something.
    """

    def __init__(self) -> None:
        self.result: t.Callable[[], t.Mapping[str, t.Any]] = dict


@contextlib.contextmanager
def reported(module: AnsibleModule) -> t.Iterator[Partial]:
    """Turn what a user can act on into C(fail_json) with C(reason) and C(remedy).

    Anything else is a bug, which one line says; its traceback is in C(exception), which Ansible shows with C(-vvv).

    SIGINT, SIGTERM and SIGHUP are a C(KeyboardInterrupt) that names them. Only the first one is: an impatient second
    one would leave half of what is removed at the end.
    """
    partial = Partial()
    for number in _SIGNALS:
        if signal.getsignal(number) != signal.SIG_IGN:  # as nohup and a background job of a shell want it
            signal.signal(number, _interrupt)
    try:
        bounds.plain(module.params)
        yield partial
    except ClusterError as error:
        fail(module, str(error), error.reason, error.remedy, **{**partial.result(), **error.data})
    except OSError as error:
        words = f"{_named(error.filename, module.params)}: {error.strerror or error}"
        fail(module, words, "file", **partial.result())
    except BadInput as error:
        fail(module, str(error), "bad_input", **partial.result())
    except KeyboardInterrupt as error:
        interrupted(module, str(error), partial.result())
    except Exception as error:
        words = f"this is a bug of kubewire.netdebug, please report it: {type(error).__name__}: {error}"
        fail(module, words, "bug", exception=traceback.format_exc(), **partial.result())


def _named(path: t.Any, params: t.Mapping[str, t.Any]) -> str:
    """The path that an error is about, after the option that led to it."""
    if not isinstance(path, str):
        return "file"
    whole = f"{os.path.abspath(path)}/"
    folders = ((name, value) for name, value in params.items() if isinstance(value, str) and value)
    names = (name for name, value in folders if whole.startswith(f"{os.path.abspath(value)}/"))
    return ": ".join((*list(names)[:1], path))


def interrupted(module: AnsibleModule, number: str, result: t.Mapping[str, t.Any]) -> t.NoReturn:
    """End the module as one that was told to."""
    fail(module, f"interrupted by {number}; what was found out until then is in the result", "interrupted", **result)


def _interrupt(number: int, _frame: object) -> t.NoReturn:
    for each in _SIGNALS:
        signal.signal(each, signal.SIG_IGN)
    raise KeyboardInterrupt(signal.Signals(number).name)


def fail(module: AnsibleModule, message: str, reason: str, remedy: str = "", **data: t.Any) -> t.NoReturn:
    """End the module with one message; the remedy is part of it, since that is all that most people see."""
    sentence = f"{message}. {remedy[0].upper()}{remedy[1:]}" if remedy else message
    module.fail_json(**{"msg": sentence, "reason": reason, "remedy": remedy, "changed": False, **data})

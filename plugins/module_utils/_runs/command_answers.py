# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Answers of commands as lines for people: each place, what it was asked, and the head of what came back."""

from __future__ import annotations

import contextlib
import itertools
import typing as t

from .._debug.types import CommandAnswer, OutputFile
from .._report.sanitize import sanitize

WIDTH = 120  #: characters of a line of output
_HEAD = 1 << 16  #: bytes to look at where the output is in a file
_TAIL = 1 << 12  #: bytes in which the last line is looked for there
_WIDEST_NAME = 20

Json = t.Mapping[str, t.Any]


def ending(answer: CommandAnswer) -> str:
    """Say how a command ended, in one line that cannot steer a terminal."""
    if answer.exit_class == "exited":
        last = _tail(answer).strip().rpartition("\n")[2]
        return f"exited with {answer.rc}{f': {sanitize(last)}' if last else ''}"
    code = "" if answer.rc is None else f" ({answer.rc})"
    return f"{answer.exit_class}{code}{f': {sanitize(answer.message)}' if answer.message else ''}"


def listing(answers: t.Sequence[Json], troubles: t.Sequence[Json] = (), lines: int = 2, places: int = 8) -> list[str]:
    """Return lines of printable text.

    Args:
        answers: what a module returned, as C(CommandAnswer.to_dict) has it.
        troubles: Pods that did not run, as the modules return them.
        lines: lines of output to show of each command.
        places: places to show in full; of the others, only what failed.
    """
    read = [CommandAnswer.from_dict(answer) for answer in answers]
    width = min(_WIDEST_NAME, max((len(_name(answer)) for answer in read), default=0))
    shown: list[str] = []
    for number, (_object, group) in enumerate(itertools.groupby(read, key=lambda answer: answer.object)):
        of_place = list(group)
        good = sum(map(_good, of_place))
        shown.append(f"{_where(of_place[0])}: {good} of {len(of_place)} commands exited with 0")
        for answer in of_place:
            if number < places or not _good(answer):
                shown += _rows(answer, width, lines if number < places else 0)
    shown += [
        f"{trouble.get('node') or trouble['object']}: no command was run: {_trouble(trouble)}" for trouble in troubles
    ]
    return shown


def _good(answer: CommandAnswer) -> bool:
    return answer.exit_class == "exited" and answer.rc == 0


def _name(answer: CommandAnswer) -> str:
    return sanitize(answer.name or " ".join(answer.argv), _WIDEST_NAME)


def _where(answer: CommandAnswer) -> str:
    """The node where the node is what was asked, else the object and where it runs."""
    if answer.level in ("node", "host"):
        return f"{answer.level} {answer.node}"
    return f"{answer.object} on {answer.node}" if answer.node else answer.object


def _trouble(trouble: Json) -> str:
    remedy = f"; {trouble['remedy']}" if trouble.get("remedy") else ""
    return sanitize(f"{trouble['kind']}: {trouble['evidence']}{remedy}")


def _rows(answer: CommandAnswer, width: int, lines: int) -> t.Iterator[str]:
    """Name and first line in one row, the other lines below."""
    rows = [] if _good(answer) else [ending(answer)]
    said = [line for line in _head(answer).splitlines() if line.strip()]
    rows += [sanitize(line.expandtabs().rstrip(), WIDTH) for line in said[:lines]]
    if answer.stdout_file:
        rows.append(f"{answer.stdout_file.path}, {answer.stdout_file.size} bytes")
    elif len(said) > lines > 0:
        rows[-1] += f"  (+ {len(said) - lines} lines)"
    for number, row in enumerate(rows or ["(nothing)"]):
        yield f"  {_name(answer) if number == 0 else '':{width}}  {row}"


def _head(answer: CommandAnswer) -> str:
    """What it said on standard output or, where that is empty and all went well, on standard error."""
    return _said(answer.stdout_file, answer.stdout) or (
        _said(answer.stderr_file, answer.stderr) if _good(answer) else ""
    )


def _tail(answer: CommandAnswer) -> str:
    """The end of what it said on standard error, wherever that is kept."""
    file = answer.stderr_file
    if file:
        with contextlib.suppress(OSError), open(file.path, "rb") as opened:
            opened.seek(max(0, file.size - _TAIL))
            return opened.read(_TAIL).decode("utf-8", "replace")
    return answer.stderr


def _said(file: OutputFile | None, text: str) -> str:
    if file:
        with contextlib.suppress(OSError), open(file.path, "rb") as opened:
            return opened.read(_HEAD).decode("utf-8", "replace")
    return text


def result(answers: t.Sequence[CommandAnswer]) -> dict[str, t.Any]:
    """Return the answers, and the keys of a single one beside them for convenience."""
    given: dict[str, t.Any] = {"answers": [answer.to_dict() for answer in answers]}
    if len(answers) == 1:
        given.update({key: getattr(answers[0], key) for key in ("rc", "stdout", "stderr", "exit_class")})
    return given

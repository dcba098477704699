# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""How a command ended that an engine, or nsenter, started for us: their own failures told from those of the command.

An engine's exit code does not tell them apart: 126 and 127 are its own and the program's, and docker 20.10 says 126 of
what is not there. What it says does: one line in place of the program's output, which docker 20.10 even writes to
standard output.
"""

from __future__ import annotations

import typing as t

from .._debug import output
from .._debug.types import Command, CommandAnswer
from .process import Finished

_SIGNALS = range(129, 193)  #: 128 + one of the 64 signals; 255 is C(exit -1)

#: Words of runc, crun and podman, of the C library, in lower case. The one that comes last counts: before it, the
#: message quotes the program, whose name may hold any of them.
_WORDS = {
    "executable file not found": "not_found",
    "command that was not found": "not_found",
    "no such file or directory": "not_found",
    "permission denied": "not_executable",
    "exec format error": "not_executable",
    "is a directory": "not_executable",
}
_DEAD = ("is not running", "no such container", "does not exist in database", "container state improper")
_NOT_STARTED = {
    "podman": ("Error: ", "OCI"),
    "docker": ("OCI runtime exec failed: ", ""),
    "nsenter": ("nsenter: failed to execute ", ""),
    "busybox": ("nsenter: can't execute ", ""),
}

Verdict = t.Tuple[str, t.Optional[int], str]  # noqa: UP006, UP045 - evaluated, and hosts may have Python 3.8


def of_container(finished: Finished, container: str) -> Verdict:
    """Class, code and message of a command in a container.

    Args:
        finished: the engine's client.
        container: the ID that it was given.
    """
    line = _only_line(finished)
    if line.startswith("Error") and container in line and any(words in line.lower() for words in _DEAD):
        return "no_container", None, line
    return _not_started(line, ("podman", "docker")) or _ended(finished)


def of_namespace(finished: Finished) -> Verdict:
    """Class, code and message of a program of the host's that nsenter started."""
    return _not_started(_only_line(finished), ("nsenter", "busybox")) or _ended(finished)


def answer(place: str, host: str, command: Command, finished: Finished, verdict: Verdict, limit: int) -> CommandAnswer:
    """What one command gave.

    Args:
        place: how results name where it ran.
        host: the name of this host.
        command: what was run.
        finished: the client's or the program's end.
        verdict: what that means.
        limit: bytes that were kept of each stream.
    """
    exit_class, rc, message = verdict
    started = exit_class in ("exited", "signalled", "deadline")  # else what came is not the command's, but the message
    out, err = (finished.stdout, finished.stderr) if started else (b"", b"")
    stdout, stdout_base64 = output.text(out, finished.stdout_size if started else 0)
    stderr, stderr_base64 = output.text(err, finished.stderr_size if started else 0)
    return CommandAnswer(
        level="host",
        object=place,
        node=host,
        argv=tuple(command.argv),
        name=command.name,
        exit_class=exit_class,
        rc=rc,
        stdout=stdout,
        stderr=stderr,
        stdout_base64=stdout_base64,
        stderr_base64=stderr_base64,
        stdout_size=finished.stdout_size if started else 0,
        stderr_size=finished.stderr_size if started else 0,
        truncated=started and max(finished.stdout_size, finished.stderr_size) > limit,
        message=message,
        seconds=round(finished.seconds, 3),
    )


def _only_line(finished: Finished) -> str:
    """The one line that came, on either stream; an empty string where more came, or nothing, or all went well."""
    if not finished.rc or (finished.stdout and finished.stderr):
        return ""
    text = (finished.stdout or finished.stderr).decode("utf-8", "replace").strip()
    return "" if "\n" in text else text


def _not_started(line: str, speakers: t.Sequence[str]) -> Verdict | None:
    for begin, within in (_NOT_STARTED[speaker] for speaker in speakers):
        if line.startswith(begin) and within in line:
            lower = line.lower()
            place, words = max((lower.rfind(words), words) for words in _WORDS)
            return (_WORDS[words] if place >= 0 else "lost"), None, line
    return None


def _ended(finished: Finished) -> Verdict:
    if finished.timed_out:
        return "deadline", None, "the command was still running at the deadline, and was ended"
    if finished.rc is None:
        return "lost", None, finished.message
    return ("signalled" if finished.rc in _SIGNALS else "exited"), finished.rc, ""

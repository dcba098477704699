# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Errors of the operating system in a log (errno(3)): what was refused, and for which file. Pure."""

from __future__ import annotations

import dataclasses
import re
import typing as t

#: Name -> how the C library, Go, Java, Node.js and Python write it, and the rules that tell why.
ERRORS: dict[str, tuple[re.Pattern[str], tuple[str, ...]]] = {
    "EADDRINUSE": (re.compile(r"address already in use|EADDRINUSE", re.IGNORECASE), ("POD-26",)),
    "EADDRNOTAVAIL": (re.compile(r"cannot assign requested address|EADDRNOTAVAIL", re.IGNORECASE), ("POD-32",)),
    "ENOSPC": (re.compile(r"no space left on device|ENOSPC|disk quota exceeded", re.IGNORECASE), ("POD-33",)),
    "SIGBUS": (re.compile(r"\bbus error\b|SIGBUS", re.IGNORECASE), ("POD-33",)),
    "EMFILE": (re.compile(r"too many open files|EMFILE|ENFILE", re.IGNORECASE), ("POD-33",)),
    "EACCES": (re.compile(r"permission denied|EACCES|AccessDeniedException", re.IGNORECASE), ("POD-16",)),
    "EROFS": (re.compile(r"read-?only file ?system|EROFS", re.IGNORECASE), ("POD-16",)),
}
_PATH = re.compile(r"(?<![\w:/])/[\w.@+/-]*[\w@+-]")


@dataclasses.dataclass(frozen=True)
class LogError:
    """An error in a log.

    Attributes:
        name: of the error: C(EACCES).
        line: that has it.
        paths: of files that the line names.
        codes: of the rules that tell why.
    """

    name: str
    line: str
    paths: tuple[str, ...]
    codes: tuple[str, ...]


def last_error(lines: t.Sequence[str], *names: str) -> LogError | None:
    """Return the last error in the lines of a log, of those that are named, or of all."""
    for line in reversed(lines):
        for name, (said, codes) in ERRORS.items():
            if (not names or name in names) and said.search(line):
                return LogError(name, line.strip(), tuple(_PATH.findall(line)), codes)
    return None


#: How programs say that somebody whom they ask cannot be reached.
_NOT_REACHED = re.compile(
    r"connection refused|ECONNREFUSED|timed? ?out|ETIMEDOUT|deadline exceeded|no route to host|EHOSTUNREACH|"
    r"connection reset|ECONNRESET|network is unreachable|ENETUNREACH|could not connect|no such host|"
    r"name or service not known|ENOTFOUND|EAI_AGAIN|UnknownHostException|temporary failure in name resolution",
    re.IGNORECASE,
)
_LAST = 5  #: lines in which a program that ends says why


def is_not_reached(lines: t.Sequence[str]) -> bool:
    """Whether a log ends with somebody who could not be reached."""
    return any(_NOT_REACHED.search(line) for line in lines[-_LAST:])

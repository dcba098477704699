# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""A table of wordings: what stands for a name, in the order in which it is tried.

A text is hostile: no pattern has a repetition inside another one, and each repetition is bounded.
"""

from __future__ import annotations

import re

Rows = tuple[tuple[str, re.Pattern[str]], ...]


def rows(*given: tuple[str, ...]) -> Rows:
    """The rows of a table: a name, and the wordings that stand for it."""
    return tuple((name, re.compile("|".join(wordings), re.IGNORECASE | re.ASCII)) for name, *wordings in given)


#: What stands before the number of an error of the operating system; where it is long enough, or hexadecimal.
_SAYS = (
    r"(?:\berrno|os error|winerror|socket ?error(?: on fd \d{1,6})?|SocketException|NativeErrorCode|connect error"
    r"|system error)"
)
_SAYS_LONG = (
    r"(?:\bErrorCode|win32 error|error(?: code)?|err(?:or)?[ _]?no|\bOSError|getsockopt"
    r"|(?<!exit )(?<!status )\bcode)"
)


def numbered(*numbers: int) -> str:
    """The numbers of an error of the operating system, as runtimes write them.

    Such as C([Errno 111]), C((os error 111)), C(errno: -111), C(error code 0x274D) and C((111: ...)). A number of two
    digits may be anything, as the error of curl that has it.
    """
    of_windows = [each for each in numbers if each > 99]
    every, long = (f"(?:{'|'.join(map(str, some))})" for some in (numbers, of_windows or [-1]))
    hexadecimal = "|".join(f"0*{number:x}" for number in numbers)
    return (
        rf"{_SAYS}[^\w-]{{0,4}}-?{every}\b|MySQL server on .{{1,120}}?\({every}\b|{_SAYS_LONG}[^\w-]{{1,4}}(?:-"
        rf"?{long}|0x(?:{hexadecimal}))\b"
        rf"|\({long}(?:[:)]|, ')|\b0x(?:{hexadecimal})\b(?= ?\()"
    )

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


def numbers(*codes: int) -> str:
    """The numbers of an error of the operating system, as runtimes write them: C([Errno 111]), C((os error 111)).

    A number of two digits in brackets may be anything, as the error of curl that has it.
    """
    every = "|".join(map(str, codes))
    long = "|".join(str(code) for code in codes if code > 99)
    says = r"(?:errno|os error|winerror|SocketException|NativeErrorCode\W|connect error|system error)"
    named = rf"{says}\W{{0,3}}(?:{every})\b"
    return named + (rf"|\((?:{long})[):]" if long else "")

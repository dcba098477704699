# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Text that a cluster gives: logs, messages of events, states and conditions. One line, bounded, without secrets.

What looks like a secret is replaced, not what is one: a log may say anything. It is done before the text is kept.
"""

from __future__ import annotations

import re
import typing as t

LIMIT = 1024  #: characters of a message; those of the scheduler on a big cluster are longer, and are cut
REDACTED = "[redacted]"

_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
_ALWAYS = r"pass(?:wor[dt]|wd|phrase)|pwd"
_OFTEN = r"secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credentials?"
_VALUE = r"(\"[^\"]+\"?|'[^']+'?|[^\s,;&\"'}}\]]+)"
_NOT_YET = rf"(?!\s*{re.escape(REDACTED)})"
_PATTERNS: tuple[tuple[t.Pattern[str], str], ...] = (
    # A key in PEM, on one line or cut: to its end, or to that of the text.
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)", re.S), REDACTED),
    # Credentials in a URL.
    (re.compile(r"(\b[A-Za-z][A-Za-z0-9+.-]{1,20}://)(?:[^\s/:@]*:(?!\d+/)[^\s@]*|[^\s/@]+)@"), rf"\1{REDACTED}@"),
    # JSON Web Tokens, wherever they stand.
    (re.compile(r"\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*)?"), REDACTED),
    (re.compile(r"(?i)\b((?:bearer|basic)\s+)[A-Za-z0-9+/._~=-]{8,}"), rf"\1{REDACTED}"),
    # NAME=VALUE, "name": "value", name: value, where the name tells. Behind C(token: ) and a plain word, a sentence
    # goes on, as in C(failed to fetch anonymous token: unexpected status).
    (re.compile(rf"(?i)([\w.-]*(?:{_ALWAYS})[\w.-]*[\"']?\s*(?:=|:(?!//))\s*){_NOT_YET}{_VALUE}"), rf"\1{REDACTED}"),
    (
        re.compile(
            rf"(?i)([\w.-]*(?:{_OFTEN})[\w.-]*[\"']?\s*(?:=\s*|:(?!//)(?!\s+[a-z]+\b[^\w-]))){_NOT_YET}\s*{_VALUE}"
        ),
        rf"\1{REDACTED}",
    ),
    # Tokens of GitHub, GitLab, Slack and AWS.
    (re.compile(r"\b(?:gh[pousr]_|glpat-|xox[abprs]-|AKIA|ASIA)[A-Za-z0-9_-]{10,}"), REDACTED),
    # Long runs of characters as only keys have them: both digits and letters. Checksums are known by their prefix.
    (
        re.compile(
            r"(?<![\w/+:.-])(?=[A-Za-z0-9+/_-]*\d)(?=[A-Za-z0-9+/_-]*[A-Z])(?=[A-Za-z0-9+/_-]*[a-z])"
            r"[A-Za-z0-9+_][A-Za-z0-9+_-]{31,}={0,2}(?![\w/+.])"
        ),
        REDACTED,
    ),
)


def clean(text: str, limit: int = LIMIT) -> str:
    """One line that can be printed, cut, with what looks like a secret replaced."""
    bounded = text[: 4 * limit]  # no pattern runs over more
    plain = _ANSI.sub("", bounded)
    line = " ".join("".join(char if char.isprintable() else " " for char in plain).split())
    line = without_secrets(line)
    return line if len(line) <= limit else line[: limit - 1] + "\u2026"


def without_secrets(line: str) -> str:
    """A line with what looks like a secret replaced; one that was done before stays as it is."""
    for pattern, instead in _PATTERNS:
        line = pattern.sub(instead, line)
    return line

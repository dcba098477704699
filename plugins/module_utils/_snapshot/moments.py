# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Times as the API writes them. Pure."""

from __future__ import annotations

import datetime
import email.utils


def moment(text: str) -> datetime.datetime | None:
    """The time of a text as RFC 3339 has it, in UTC, with or without a fraction; nothing where it is none."""
    try:
        return datetime.datetime.strptime(text.rstrip("Z").partition(".")[0], "%Y-%m-%dT%H:%M:%S")
    except ValueError:
        return None


def seconds(earlier: str, later: str) -> float | None:
    """How many seconds lie between two times; negative where the first is the later one, nothing without both."""
    then, now = moment(earlier), moment(later)
    return (now - then).total_seconds() if then and now else None


def of_header(text: str) -> str:
    """The time of a C(Date) header, as RFC 3339 has it; empty where it is none."""
    try:
        return email.utils.parsedate_to_datetime(text).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, TypeError, IndexError):
        return ""

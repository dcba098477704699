# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: strace_summary
short_description: The table of strace -c as data
version_added: 1.0.0
description:
  - Converts the table that C(strace -c) prints to a list of system calls and a total.
  - If the traced process made no system call, the list is empty. If nothing was traced, the filter fails with the error
    message of strace.
author:
  - Kubewire contributors (@kubewire)
positional: _input
options:
  _input:
    description:
      - Standard error of C(strace -c), or the content of the file of C(strace -c -o FILE).
    type: str
    required: true
seealso:
  - plugin: kubewire.netdebug.host_debug
    plugin_type: module
"""

EXAMPLES = r"""
- name: Watch a process for ten seconds with the host's own strace
  kubewire.netdebug.host_debug:
    mode: namespace
    process: nginx
    argv: [timeout, -s, INT, "10", strace, -c, -f, -p, "4711"]
  register: traced
  become: true
  failed_when: traced.exit_class != 'exited'  # timeout ends with 124

- name: Which system calls took the most time?
  ansible.builtin.debug:
    msg: "{{ (traced.stderr | kubewire.netdebug.strace_summary).syscalls[:5] }}"
"""

RETURN = r"""
_value:
  description: Content of the table.
  type: dict
  contains:
    syscalls:
      description: One entry for each system call, sorted by time in descending order.
      type: list
      elements: dict
      contains:
        syscall:
          description: Name of the system call.
          type: str
        calls:
          description: Number of calls.
          type: int
        errors:
          description: Number of failed calls.
          type: int
        seconds:
          description: Time that the kernel spent in it.
          type: float
        percent:
          description: Percentage of the time of all system calls.
          type: float
    total:
      description: The sums of C(calls), C(errors) and C(seconds).
      type: dict
    complete:
      description:
        - Whether the table is complete. It is not if strace was killed or its output was truncated.
        - V(false) if there was no text, which cannot be distinguished from a process that made no system call.
      type: bool
  sample:
    syscalls:
      - {syscall: futex, calls: 42, errors: 12, seconds: 0.004628, percent: 59.42}
      - {syscall: epoll_pwait, calls: 62, errors: 0, seconds: 0.003161, percent: 40.58}
    total: {calls: 104, errors: 12, seconds: 0.007789}
    complete: true
"""

import re
import typing as t

from ansible.errors import AnsibleFilterError

_HEAD = re.compile(r"% time +seconds +usecs/call +calls +errors +syscall")
_ROW = re.compile(
    r" *[0-9.]+ +(?P<seconds>[0-9.]+) +[0-9]+ +(?P<calls>[0-9]+) +(?:(?P<errors>[0-9]+) +)?(?P<name>[a-z_]\w*)"
)
_TOTAL = re.compile(r" *[0-9.]+ +[0-9.]+ +.* total")
_TRACED = re.compile(r"strace: Process [0-9]+ attached")


def strace_summary(text: str) -> dict[str, t.Any]:
    """Return the table as data.

    Other lines are passed over: strace says there, too, what it attaches to, and the traced program may write there. A
    process that runs programs of two kinds, 64 bit and 32 bit, has two tables, which are added up.
    """
    if not isinstance(text, str):
        raise AnsibleFilterError("strace_summary takes the text that strace -c printed")
    sums: dict[str, list[float]] = {}
    tables = totals = 0
    within = False
    for line in text.splitlines():
        if _HEAD.fullmatch(line.strip()):
            tables, within = tables + 1, True
        elif within and _TOTAL.fullmatch(line.rstrip()):
            totals, within = totals + 1, False
        elif within and (row := _ROW.fullmatch(line.rstrip())):
            found = sums.setdefault(row["name"], [0, 0, 0.0])
            for place, value in enumerate((int(row["calls"]), int(row["errors"] or 0), float(row["seconds"]))):
                found[place] += value
    if text.strip() and not tables and not _TRACED.search(text):
        said = [line for line in text.splitlines() if line.startswith("strace: ")] or text.split("\n")[:1]
        raise AnsibleFilterError(f"strace traced nothing: {'; '.join(said)[:300]}")
    return _told(sums, bool(text.strip()) and tables == totals)


def _told(sums: dict[str, list[float]], complete: bool) -> dict[str, t.Any]:
    seconds = sum(row[2] for row in sums.values())
    syscalls = [
        {
            "syscall": name,
            "calls": row[0],
            "errors": row[1],
            "seconds": round(row[2], 6),
            "percent": round(100 * row[2] / seconds, 2) if seconds else 0.0,
        }
        for name, row in sorted(sums.items(), key=lambda item: (-item[1][2], -item[1][0], item[0]))
    ]
    calls, errors = (sum(int(row[place]) for row in sums.values()) for place in (0, 1))
    total = {"calls": calls, "errors": errors, "seconds": round(seconds, 6)}
    return {"syscalls": syscalls, "total": total, "complete": complete}


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Return them by name."""
        return {"strace_summary": strace_summary}

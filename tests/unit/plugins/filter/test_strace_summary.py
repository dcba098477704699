# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of strace -c: real output of strace 6.1 (Debian 12), and what can be missing from it."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.kubewire.netdebug.plugins.filter.strace_summary import FilterModule

HEAD = """\
% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
"""

ATTACHED = f"""\
strace: Process 67 attached with 9 threads
strace: Process 67 detached
strace: Process 82 detached
{HEAD}\
 45.77    0.004628         110        42        12 futex
 31.26    0.003161          50        62           epoll_pwait
 22.61    0.002286          19       116           nanosleep
  0.28    0.000028          28         1         1 restart_syscall
  0.08    0.000008           4         2           sched_yield
------ ----------- ----------- --------- --------- ----------------
100.00    0.010111          45       223        13 total
"""

NO_TIME = f"""\
{HEAD}\
  0.00    0.000000           0         2           close
  0.00    0.000000           0         1         1 access
  0.00    0.000000           0         2           _llseek
------ ----------- ----------- --------- --------- ----------------
100.00    0.000000           0         5         1 total
"""

#: strace 4.x leaves usecs/call out of the last line
OLD_TOTAL = NO_TIME.replace("100.00    0.000000           0         5", "100.00    0.000000                     5")

MIXED = f"""\
strace: Process 68 attached with 13 threads
[pid  1874] epoll_pwait(5,  <unfinished ...>
[pid    68] futex(0x55d899016ac8, FUTEX_WAIT_PRIVATE, 0, NULL <unfinished ...>
strace: Process 68 detached
 <detached ...>
ls: cannot access '/nope': No such file or directory
{HEAD}\
100.00    0.000112         112         1           epoll_pwait
------ ----------- ----------- --------- --------- ----------------
100.00    0.000112         112         1           total
"""

summary = FilterModule().filters()["strace_summary"]


def row(syscall, calls, errors, seconds, percent):
    return {"syscall": syscall, "calls": calls, "errors": errors, "seconds": seconds, "percent": percent}


def test_a_table_with_errors_and_without():
    assert summary(ATTACHED) == {
        "syscalls": [
            row("futex", 42, 12, 0.004628, 45.77),
            row("epoll_pwait", 62, 0, 0.003161, 31.26),
            row("nanosleep", 116, 0, 0.002286, 22.61),
            row("restart_syscall", 1, 1, 0.000028, 0.28),
            row("sched_yield", 2, 0, 0.000008, 0.08),
        ],
        "total": {"calls": 223, "errors": 13, "seconds": 0.010111},
        "complete": True,
    }


@pytest.mark.parametrize("text", [NO_TIME, OLD_TOTAL], ids=["new", "old"])
def test_calls_that_took_no_time_stand_by_their_number(text):
    told = summary(text)
    assert told["syscalls"] == [
        row("_llseek", 2, 0, 0.0, 0.0),
        row("close", 2, 0, 0.0, 0.0),
        row("access", 1, 1, 0.0, 0.0),
    ]
    assert (told["total"], told["complete"]) == ({"calls": 5, "errors": 1, "seconds": 0.0}, True)


def test_other_lines_are_passed_over():
    told = summary(MIXED)
    assert told["syscalls"] == [row("epoll_pwait", 1, 0, 0.000112, 100.0)]
    assert told["complete"]


def test_two_tables_are_added_up():
    told = summary(f"{ATTACHED}System call usage summary for 32 bit mode:\n{MIXED}")
    assert told["syscalls"][0] == row("futex", 42, 12, 0.004628, 45.27)
    assert told["syscalls"][1] == row("epoll_pwait", 63, 0, 0.003273, 32.02)
    assert (told["total"], told["complete"]) == ({"calls": 224, "errors": 13, "seconds": 0.010223}, True)


@pytest.mark.parametrize("end", [-60, -150, -200])
def test_a_table_that_was_cut_is_not_complete(end):
    told = summary(ATTACHED[:end])
    assert not told["complete"]
    assert told["syscalls"][0]["syscall"] == "futex"


def test_a_process_that_made_no_call_has_no_table():
    told = summary("strace: Process 26598 attached\nstrace: Process 26598 detached\n")
    assert told == {"syscalls": [], "total": {"calls": 0, "errors": 0, "seconds": 0}, "complete": True}


def test_no_text_is_no_table_and_no_proof_that_there_was_none():
    assert summary("\n") == {"syscalls": [], "total": {"calls": 0, "errors": 0, "seconds": 0}, "complete": False}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("strace: attach: ptrace(PTRACE_SEIZE, 999999): No such process\n", "PTRACE_SEIZE, 999999"),
        ("strace: Could not attach to process: Operation not permitted\n", "Operation not permitted"),
        ("timeout: failed to run command 'strace': No such file or directory\n", "failed to run command"),
        (None, "takes the text"),
    ],
)
def test_without_a_trace_the_reason_is_told(text, words):
    with pytest.raises(AnsibleFilterError, match=words):
        summary(text)

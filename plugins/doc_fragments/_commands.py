# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This doc fragment is PRIVATE to the collection.

from __future__ import annotations


class ModuleDocFragment:
    # The options of every module that runs commands
    DOCUMENTATION = r"""
options:
  argv:
    description:
      - One command to run, the program and its arguments. No shell is involved and there is never a terminal.
    type: list
    elements: str
  commands:
    description:
      - Several commands to run, one after the other in each container. One that fails does not stop the next.
    type: list
    elements: dict
    suboptions:
      name:
        description: What the answer is called.
        type: str
        default: ""
      argv:
        description: The program and its arguments.
        type: list
        elements: str
        required: true
  stdin:
    description: What each command reads from standard input.
    type: str
  deadline:
    description: Seconds that one command may take.
    type: float
    default: 30.0
  limit:
    description:
      - Bytes to keep of standard output, and of standard error, of each command; RV(ignore:answers[].truncated) says
        where there was more.
      - Unset, 1048576 (1 MiB), or 1073741824 (1 GiB) where output is written to files.
    type: int
  changes:
    description:
      - Whether the commands change something. The task is then reported as changed when one of them ran.
      - A command that is to debug only looks, so this is off unless you say so.
    type: bool
    default: false
notes:
  - The task fails, with RV(ignore:reason) V(command_failed), when a command does not exit with 0. All answers are
    returned then, too, and C(failed_when) can decide otherwise.
"""

    # Beside them, those of a module that runs commands in many containers
    MANY = r"""
options:
  concurrency:
    description: Containers to run commands in at once, V(1) to V(32).
    type: int
    default: 16
  dest:
    description:
      - Folder on the controller to write all output to as it comes, a file of mode C(0600) for each command and stream.
        The answers hold its path, size and checksum instead of the text.
    type: path
"""

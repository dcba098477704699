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
      - One command to run, the program and its arguments. No shell and no terminal is used.
    type: list
    elements: str
  commands:
    description:
      - Several commands to run, one after the other in each container. A failed command does not stop the next one.
    type: list
    elements: dict
    suboptions:
      name:
        description: Name of the answer.
        type: str
        default: ""
      argv:
        description: The program and its arguments.
        type: list
        elements: str
        required: true
  stdin:
    description: Standard input of each command.
    type: str
  deadline:
    description: Timeout of one command in seconds.
    type: float
    default: 30.0
  limit:
    description:
      - Maximum number of bytes to keep of standard output, and of standard error, of each command.
        RV(ignore:answers[].truncated) shows whether there was more.
      - Defaults to 1048576 (1 MiB), or to 1073741824 (1 GiB) if output is written to files.
    type: int
  changes:
    description:
      - Whether the commands change something. If so, the task is reported as changed when one of them ran.
    type: bool
    default: false
notes:
  - The task fails, with RV(ignore:reason) V(command_failed), if a command does not exit with 0. It still returns all
    answers, and C(failed_when) can override the failure.
"""

    # Beside them, those of a module that runs commands in many containers
    MANY = r"""
options:
  concurrency:
    description: Number of containers to run commands in at the same time, V(1) to V(32).
    type: int
    default: 16
  dest:
    description:
      - Folder on the controller for all output, one file of mode C(0600) for each command and stream. The answers
        contain its path, size and checksum instead of the text.
    type: path
"""

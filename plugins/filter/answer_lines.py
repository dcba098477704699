# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: answer_lines
short_description: Show the output of commands, in a few lines for each container or host
version_added: 1.0.0
description:
  - Converts RV(kubewire.netdebug.debug_pod#module:answers) of any module of this collection that runs commands to lines
    of text, such as for the option C(msg) of C(ansible.builtin.debug).
  - Each container or host is shown with its commands and the first lines of their output. A failed command is shown
    with the reason.
  - Output of a container is shown as printable text of limited length.
positional: troubles
author:
  - Kubewire contributors (@kubewire)
options:
  _input:
    description: The answers.
    type: list
    elements: dict
    required: true
  troubles:
    description: Pods that did not start, as in RV(kubewire.netdebug.debug_pod#module:troubles).
    type: list
    elements: dict
    default: []
  lines:
    description: Lines of output to show for each command.
    type: int
    default: 2
  places:
    description: Number of containers or hosts to show in full. For others, only failed commands are shown.
    type: int
    default: 8
"""

EXAMPLES = r"""
- name: Look at every node
  kubewire.netdebug.debug_pod:
    namespace: kube-system
    level: node
    every_node: true
    image: registry.example.com/debug:1
    commands:
      - {name: addresses, argv: [ip, -brief, address]}
      - {name: routes, argv: [ip, route]}
  register: nodes

- name: Show it
  ansible.builtin.debug:
    msg: "{{ nodes.answers | kubewire.netdebug.answer_lines(nodes.troubles) }}"
# "node w1: 2 of 2 commands exited with 0"
# "  addresses  lo               UNKNOWN        127.0.0.1/8 ::1/128"
# "             eth0@if5         UP             198.51.100.11/24"
# "  routes     default via 198.51.100.254 dev eth0"
# "             10.244.0.0/24 via 10.244.0.0 dev flannel.1 onlink"
"""

RETURN = r"""
_value:
  description: The lines.
  type: list
  elements: str
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.kubewire.netdebug.plugins.module_utils._runs.command_answers import listing


def answer_lines(answers: t.Any, troubles: t.Any = (), lines: int = 2, places: int = 8) -> list[str]:
    """Return the lines."""
    try:
        return listing(answers, troubles, int(lines), int(places))  # -e gives text
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise AnsibleFilterError(f"answer_lines: these are not the answers of a module: {error}") from error


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, t.Any]:
        return {"answer_lines": answer_lines}

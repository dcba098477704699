# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: error_question
short_description: Read an error message, and find what to ask because of it
version_added: 1.0.0
description:
  - Reads an error message of a command, a library, a client of a database or broker, a proxy, kubectl, the kubelet or
    an event, with or without a stack trace. Converts it to its class and to the source and target that it names.
  - The text is data. It is read up to a limit and never run.
positional: source, target, namespaces
author:
  - Kubewire contributors (@kubewire)
options:
  _input:
    description: The error message.
    type: str
    required: true
  source:
    description: Who sees it, if that is known. Takes precedence over a source that the message names.
    type: str
    default: ""
  target:
    description: The target, if that is known. Takes precedence over a target that the message names.
    type: str
    default: ""
  namespaces:
    description: Namespaces of those who see it.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Find out what an error is about
  ansible.builtin.debug:
    msg: "{{ error | kubewire.netdebug.error_question(namespaces=['shop']) }}"
  vars:
    error: "curl: (7) Failed to connect to db port 5432 after 2 ms: Connection refused"
# from: ""
# kind: refused
# means: "The connection was refused: nothing accepts connections there"
# namespaces: [shop]
# refusal: ""
# sources: [{namespace: shop}]
# to: db:5432
"""

RETURN = r"""
_value:
  description:
    - The class (C(kind)) and what it means (C(means)), who asks (C(from), or C(sources) of
      M(kubewire.netdebug.net_probe)), whom (C(to)), the C(namespaces), and why nothing can be asked (C(refusal)).
  type: dict
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.kubewire.netdebug.plugins.module_utils._runs.error_question import question


def error_question(text: t.Any, source: t.Any = "", target: t.Any = "", namespaces: t.Any = ()) -> dict[str, t.Any]:
    """Return what to ask."""
    if not isinstance(text, str):
        raise AnsibleFilterError(f"error_question: a text is expected, not {type(text).__name__}")
    return question(text, str(source or ""), str(target or ""), [str(name) for name in namespaces or ()])


class FilterModule:
    """The filter."""

    def filters(self) -> dict[str, t.Any]:
        """Return the filter by its name."""
        return {"error_question": error_question}

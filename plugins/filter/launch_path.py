# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: launch_path
short_description: Make a path absolute from where Ansible was started
version_added: 1.0.0
description:
  - Modules take a relative path from the folder of the playbook, which for one of a collection is the collection's own.
    Whoever types a path means the folder in which they typed C(ansible-playbook).
  - An absolute path, one that begins with C(~), and what is no text are given back as they are.
author:
  - Kubewire contributors (@kubewire)
options:
  _input:
    description: The path.
    type: raw
    required: true
"""

EXAMPLES = r"""
- name: Ask for the facts of a namespace
  kubewire.netdebug.net_info:
    namespaces: [shop]
    dest: "{{ 'shop.json' | kubewire.netdebug.launch_path }}"
# dest: /home/jane/shop.json
"""

RETURN = r"""
_value:
  description: The absolute path.
  type: raw
"""

import os
import typing as t


class FilterModule:
    """The filter, as Ansible looks for it."""

    def filters(self) -> dict[str, t.Any]:
        return {"launch_path": launch_path}


def launch_path(path: t.Any) -> t.Any:
    """Make a path absolute; see C(DOCUMENTATION)."""
    if not isinstance(path, str) or not path or path.startswith("~"):
        return path
    return os.path.join(os.getcwd(), path)

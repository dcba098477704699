# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: launch_path
short_description: Make a path absolute, relative to the folder that Ansible was started in
version_added: 1.0.0
description:
  - For modules, a relative path is relative to the folder of the playbook, which for a playbook of a collection is a
    folder of the collection. With this filter, it is relative to the folder in which C(ansible-playbook) was started.
  - An absolute path, a path that begins with C(~), and a value that is not text are returned unchanged.
author:
  - Kubewire contributors (@kubewire)
options:
  _input:
    description: The path.
    type: raw
    required: true
  separator:
    description: What separates several paths in one text, such as V(:) in E(KUBECONFIG). Each of them is made absolute.
    type: str
"""

EXAMPLES = r"""
- name: Ask for the facts of a namespace
  kubewire.netdebug.net_info:
    namespaces: [shop]
    dest: "{{ 'shop.json' | kubewire.netdebug.launch_path }}"
# dest: /home/jane/shop.json

- name: Use the kubeconfig files that kubectl would use
  kubewire.netdebug.net_info:
    namespaces: [shop]
  environment:
    KUBECONFIG: "{{ lookup('ansible.builtin.env', 'KUBECONFIG') | kubewire.netdebug.launch_path(':') }}"
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


def launch_path(path: t.Any, separator: str = "") -> t.Any:
    """Make a path absolute; see C(DOCUMENTATION)."""
    if separator and isinstance(path, str) and separator in path:
        return separator.join(launch_path(part) for part in path.split(separator))
    if not isinstance(path, str) or not path or path.startswith("~"):
        return path
    return os.path.join(os.getcwd(), path)

# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: role_variables
short_description: Read the variables of a role in their types
version_added: 1.0.0
author:
  - Kubewire contributors (@kubewire)
description:
  - The first task of each role of this collection. It reads the variables of the role's argument spec and converts them
    to their types, since C(-e key=value) and surveys of AWX only pass strings.
  - A string becomes a boolean, a number, a list (V(a,b), or JSON or YAML in brackets) or a dictionary (V(k=v), or JSON)
    as it would for an option of a module.
  - A variable that begins with the name of the role, is not in the argument spec, and differs in at most two letters
    from one that is, is an error that names the correct variable.
attributes:
  check_mode:
    description: Can run in check mode, with the same result.
    support: full
  diff_mode:
    description: Shows what changes.
    support: none
  platform:
    description: Runs on the controller, and sends nothing to the host.
    support: full
    platforms: all
options:
  entry_point:
    description:
      - Entry point of the role's argument spec.
    type: str
    default: main
  options:
    description:
      - Names of variables that differ from the role's name followed by the option's name, by option of the role's
        modules.
    type: dict
    default: {}
  playbook_variables:
    description:
      - Variables of the role's playbook that begin with the name of the role and are not in its argument spec.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Read the variables in their types
  kubewire.netdebug.role_variables:
  register: __sweep

- name: Remove what earlier runs left
  kubewire.netdebug.debug_sweep:
    namespaces: "{{ __sweep.value.namespaces }}"
"""

RETURN = r"""
value:
  description: Values of the variables that are set, by their names without the name of the role.
  returned: success
  type: dict
  sample:
    namespaces: [shop]
    older_than: 86400
option_names:
  description: Names of the variables by option, for the option O(ignore:option_names) of the modules.
  returned: success
  type: dict
  sample:
    namespaces: sweep_namespaces
unknown:
  description: Variables that are probably misspelt.
  returned: when there are some
  type: list
  elements: str
  sample: [sweep_namespace]
"""

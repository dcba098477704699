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
  - The first task of each role of this collection. It reads the variables that the role's argument spec names, each in
    the type that the spec gives it, as C(-e key=value) and surveys of AWX only know strings.
  - A string becomes a boolean, a number, a list (V(a,b), or JSON or YAML in brackets) or a dictionary (V(k=v), or JSON)
    as it would for an option of a module.
  - A variable that begins with the name of the role, that the argument spec does not know, and that is at most two
    letters away from one that it knows, is an error that names that one.
attributes:
  check_mode:
    description: Can run in check mode, and return what it would return otherwise.
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
      - Options of the role's modules whose variables have other names than the role's name and the option's, by option.
    type: dict
    default: {}
  playbook_variables:
    description:
      - Variables of the role's playbook that begin with the name of the role, and that its argument spec does not have.
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
  description: The variables by what follows the role's name in theirs; those that are unset are not in it.
  returned: success
  type: dict
  sample:
    namespaces: [shop]
    older_than: 86400
option_names:
  description: The variables by the options that they are for, for the option O(ignore:option_names) of the modules.
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

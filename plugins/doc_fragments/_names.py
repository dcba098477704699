# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This doc fragment is PRIVATE to the collection.

from __future__ import annotations


class ModuleDocFragment:
    # The option of every module that its messages depend on
    DOCUMENTATION = r"""
options:
  option_names:
    description:
      - What messages call the options of this module, by option. An option that is not in it goes by its own name.
      - A role gives the names of its variables here, so that a message names what was typed in a playbook.
    type: dict
    default: {}
"""

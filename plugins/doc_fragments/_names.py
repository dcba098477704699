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
      - Names to use for the options of this module in messages, by option. Other options are shown by their own names.
      - Roles set the names of their variables here, so that messages contain the variables that the user has set.
    type: dict
    default: {}
"""

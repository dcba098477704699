# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What a user did wrong: the one exception that a module reports as C(bad_input)."""

from __future__ import annotations


class BadInput(ValueError):
    """An option, a file or a selection that is not allowed.

    The message names the option, the value and what is allowed. It is raised where the option is read, or where a
    plain C(ValueError) of a parser gets the name of the option that led to it. Any other exception is a bug.
    """

# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The traffic models: for each the one function that says what is asked.

Adding a model is adding its row to C(_words.MODELS), a function of its name to one of these files, and its word to the
documentation, which tests name where it is missing.
"""

from __future__ import annotations

import typing as t

from ... import _words
from ..questions import Question
from . import hosts, infrastructure, ingresses, pods, services
from .context import ProbeContext

_FILES = (hosts, infrastructure, ingresses, pods, services)
#: The function of each traffic model: the one of its name.
MODELS: dict[str, t.Callable[[ProbeContext], t.Iterator[Question]]] = {
    name: next(getattr(file, name) for file in _FILES if hasattr(file, name)) for name in _words.MODELS
}

# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The first import of the C(kubernetes) package, whose modules import each other in circles.

Threads that begin it in different places at the same time meet modules that are half imported (C(cannot import name
'ApiClient')), or a deadlock that the interpreter breaks. Whoever uses the package calls C(load) first.
"""

from __future__ import annotations

import importlib
import threading

_LOCK = threading.Lock()


def load() -> None:
    """Import the package, in one thread while others wait.

    Raises:
        ImportError: it is not there.
    """
    with _LOCK:
        importlib.import_module("kubernetes")

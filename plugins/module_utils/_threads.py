# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The one way to do things side by side: no thread outlives the block that began it, whatever interrupts that."""

from __future__ import annotations

import concurrent.futures
import itertools
import threading
import time
import typing as t

_NUMBERS = itertools.count(1)
_POLL_S = 0.01


class Pool(concurrent.futures.ThreadPoolExecutor):
    """The executor of the standard library, which waits for every thread of its own.

    A C(KeyboardInterrupt) that comes while C(submit) starts a thread makes that one forget it. It would go on then when
    what it made has been counted and removed.
    """

    def __init__(self, most: int | None = None) -> None:
        """Have C(most) threads at once, or as many as the standard library finds right."""
        self._name = f"pool-{next(_NUMBERS)}"
        super().__init__(most, thread_name_prefix=self._name)

    def shutdown(self, wait: bool = True, **how: t.Any) -> None:
        """End when all that was begun has ended."""
        try:
            super().shutdown(wait, **how)
        finally:
            while wait and any(thread.name.startswith(f"{self._name}_") for thread in threading.enumerate()):
                time.sleep(_POLL_S)

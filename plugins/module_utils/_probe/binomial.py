# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Counts k of n: how likely they are by chance, and which rates they allow. Pure.

Hosts that run Ansible have no SciPy, and Python's own C(statistics) knows no binomial test: what is needed of it is
the incomplete beta function, by which all of this can be said exactly.
"""

from __future__ import annotations

import functools
import math

_STEPS = 200  #: of the continued fraction, which ends by itself after about the square root of n
_SMALL = 1e-300


def beta(x: float, a: float, b: float) -> float:
    """Return the regularised incomplete beta function (DLMF 8.17.22, by Lentz's method)."""
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    if x > (a + 1) / (a + b + 2):
        return 1 - beta(1 - x, b, a)
    front = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x) - math.log(a)
    )
    c, d = 1.0, 1 / _away(1 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, _STEPS):
        before = value
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d, c = 1 / _away(1 + term * d), _away(1 + term / c)
            value *= c * d
        if abs(value - before) < 1e-12 * value:
            break
    return front * value


def _away(value: float) -> float:
    return value if abs(value) > _SMALL else _SMALL


@functools.lru_cache(maxsize=4096)
def at_least(k: int, n: int, rate: float) -> float:
    """Return how likely k or more of n are, where each is so with this rate."""
    return 1.0 if k <= 0 else beta(rate, k, n - k + 1)


@functools.lru_cache(maxsize=4096)
def more_than(k: int, n: int, other_k: int, other_n: int) -> float:
    """Return how likely k or more of n would be if the rate there were that of the others (Fisher's exact test)."""
    together, there = k + other_k, n + other_n
    if not k or not other_n:
        return 1.0
    whole = _ways(there, together)
    most = min(n, together)
    return min(1.0, sum(math.exp(_ways(n, i) + _ways(other_n, together - i) - whole) for i in range(k, most + 1)))


def _ways(n: int, k: int) -> float:
    if not 0 <= k <= n:
        return -math.inf
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def interval(k: float, n: float, confidence: float) -> tuple[float, float]:
    """Return the lowest and the highest rate that k of n allow (Clopper and Pearson); neither needs to be whole."""
    rest = (1 - confidence) / 2
    low = _quantile(rest, k, n - k + 1) if k > 0 else 0.0
    high = _quantile(1 - rest, k + 1, n - k) if k < n else 1.0
    return low, high


def _quantile(share: float, a: float, b: float) -> float:
    low, high = 0.0, 1.0
    for _step in range(50):
        middle = (low + high) / 2
        if beta(middle, a, b) < share:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def likelihood(k: float, n: float) -> float:
    """Return the logarithm of the likelihood of k of n at the rate that explains it best."""
    if not 0 < k < n:
        return 0.0
    return k * math.log(k / n) + (n - k) * math.log1p(-k / n)

# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of counts k of n, held to sums of whole numbers and to tables."""

from __future__ import annotations

import fractions
import math
import random

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import binomial


@pytest.mark.parametrize(
    ("k", "n", "rate"), [(1, 10, 0.1), (3, 12, 0.3), (10, 300, 0.01), (290, 300, 0.97), (1, 1, 0.5)]
)
def test_at_least_is_the_sum_of_the_binomial_terms(k, n, rate):
    exact = fractions.Fraction(rate)
    terms = (math.comb(n, i) * exact**i * (1 - exact) ** (n - i) for i in range(k, n + 1))
    assert binomial.at_least(k, n, rate) == pytest.approx(float(sum(terms)), rel=1e-9)


def test_at_least_none_is_certain():
    assert binomial.at_least(0, 10, 0.01) == 1.0


@pytest.mark.parametrize(
    ("k", "n", "other_k", "other_n"), [(3, 4, 1, 4), (8, 50, 0, 100), (40, 800, 12, 1600), (2, 3, 5, 7)]
)
def test_more_than_is_the_sum_of_the_hypergeometric_terms(k, n, other_k, other_n):
    together, there = k + other_k, n + other_n
    ways = sum(math.comb(n, i) * math.comb(other_n, together - i) for i in range(k, min(n, together) + 1))
    exact = fractions.Fraction(ways, math.comb(there, together))
    assert binomial.more_than(k, n, other_k, other_n) == pytest.approx(float(exact), rel=1e-9)


def test_nothing_lost_and_nobody_to_compare_with_are_no_sign():
    assert binomial.more_than(0, 50, 0, 50) == 1.0
    assert binomial.more_than(5, 50, 0, 0) == 1.0


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [
        (0, 10, 0.0, 0.3085),
        (1, 10, 0.0025, 0.4450),
        (5, 10, 0.1871, 0.8129),
        (10, 10, 0.6915, 1.0),
        (3, 100, 0.0062, 0.0852),
    ],
)
def test_the_interval_is_that_of_the_tables(k, n, low, high):
    """Of Clopper and Pearson, 95 %, as R's binom.test says them."""
    assert binomial.interval(k, n, 0.95) == pytest.approx((low, high), abs=1e-4)


def test_an_interval_of_counts_that_are_not_whole_lies_between_its_neighbours():
    lows, highs = zip(*(binomial.interval(k, 100, 0.99) for k in (4, 4.5, 5)), strict=True)
    assert list(lows) == sorted(lows)
    assert list(highs) == sorted(highs)


def test_the_likelihood_is_highest_at_the_rate_that_was_seen():
    generator = random.Random(3)
    for _turn in range(50):
        n = generator.randint(2, 300)
        k = generator.randint(1, n - 1)
        rate = generator.uniform(0.001, 0.999)
        assert binomial.likelihood(k, n) >= k * math.log(rate) + (n - k) * math.log1p(-rate)
    assert binomial.likelihood(0, 9) == binomial.likelihood(9, 9) == 0.0

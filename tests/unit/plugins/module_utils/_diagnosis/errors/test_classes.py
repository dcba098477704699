# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The classes of errors: each asks something, and says why it is not the network where a probe is answered."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils import _words
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.errors.classes import (
    ERROR_CLASSES,
    OBJECTS,
    PATH,
    ErrorClass,
)

ROWS = pytest.mark.parametrize("row", ERROR_CLASSES.values(), ids=lambda row: row.name)


@ROWS
def test_a_class_is_one_sentence_that_goes_on(row: ErrorClass):
    assert row.means[0].isupper() or row.means.startswith("kubectl")
    assert not row.means.endswith(".")
    assert not row.otherwise.endswith(".")


@ROWS
def test_a_class_about_a_path_says_what_it_is_otherwise(row: ErrorClass):
    assert row.asks in (PATH, OBJECTS)
    assert bool(row.otherwise) or row.asks == OBJECTS


@ROWS
def test_the_outcomes_are_those_of_probes(row: ErrorClass):
    assert set(row.outcomes) - {"http"} <= _words.OUTCOMES.keys()

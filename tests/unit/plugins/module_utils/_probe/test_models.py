# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every traffic model has the one function of its name."""

from __future__ import annotations

from ansible_collections.kubewire.netdebug.plugins.module_utils import _words
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import models


def test_every_model_has_its_function_in_one_file():
    assert list(models.MODELS) == list(_words.MODELS)
    assert {name for name, function in models.MODELS.items() if function.__name__ != name} == set()
    where = {name: [file for file in models._FILES if hasattr(file, name)] for name in models.MODELS}
    assert {name for name, files in where.items() if len(files) != 1} == set()

# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The group for module_defaults."""

from __future__ import annotations

import pathlib

import yaml

from ansible_collections.kubewire.netdebug.plugins.modules import net_probe
from ansible_collections.kubewire.netdebug.tests.unit.plugins.modules.secret_options import OPTIONS

COLLECTION = pathlib.Path(net_probe.__file__).parents[2]


def test_the_group_for_module_defaults_has_the_modules_that_take_credentials():
    groups = yaml.safe_load((COLLECTION / "meta" / "runtime.yml").read_text())["action_groups"]
    with_auth = {path.stem for path in (COLLECTION / "plugins/modules").glob("*.py") if "AUTH_SPEC" in path.read_text()}
    assert {entry for entry in groups["netdebug"] if isinstance(entry, str)} == with_auth == set(OPTIONS)

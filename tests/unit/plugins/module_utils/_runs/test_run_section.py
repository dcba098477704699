# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who ran: an identity for each run, its times, and the versions that took part."""

from __future__ import annotations

import pathlib
import platform
import re

import yaml

from ansible_collections.kubewire.netdebug.plugins.module_utils._report import phrases
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs import run_section

GALAXY = pathlib.Path(__file__).resolve().parents[5] / "galaxy.yml"


def test_a_run_tells_its_options_and_the_versions_that_took_part():
    given = {"namespaces": ["shop"]}
    run = run_section.start(given, "2.19.0")
    given["namespaces"] = []
    assert run["options"] == {"namespaces": ["shop"]}
    versions = run["versions"]
    assert (versions["ansible-core"], versions["python"]) == ("2.19.0", platform.python_version())
    assert versions["kubewire.netdebug"] == yaml.safe_load(GALAXY.read_text())["version"]
    assert re.fullmatch(r"[0-9]+\..*", versions["kubernetes-client"])
    assert run["replayed"] is False


def test_two_runs_have_two_identities_and_an_end_that_is_not_before_the_start():
    one, other = (run_section.start({}, "2.19.0") for _run in range(2))
    assert one["id"] != other["id"]
    assert re.fullmatch(r"[0-9-]{10}T[0-9:]{8}\.[0-9]{3}Z", one["start"])
    assert phrases.seconds(one) == 0.0
    one["end"] = "2026-01-01T00:00:00.000Z"
    run_section.end(one)
    assert one["end"] >= one["start"]

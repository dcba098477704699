# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What earlier runs left on a host: what is removed, and what stays and why."""

from __future__ import annotations

from ansible_collections.kubewire.netdebug.plugins.module_utils._debug import runs
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.types import END, RUN_ID
from ansible_collections.kubewire.netdebug.plugins.module_utils._host import sweep
from ansible_collections.kubewire.netdebug.plugins.module_utils._host.engine import Engine


def test_leftovers_are_found_by_label_and_age_and_removed_by_id(fake):
    podman = fake("podman")
    podman.answers(["ps"], out="past\nyoung\nold\nedited\n")
    now, year = runs.stamp(runs.now()), "2099-01-01T00:00:00Z"
    for name, end, made in (
        ("past", "2026-11-21T12:30:00Z", now),
        ("young", year, now),
        ("old", year, "2026-01-01T12:00:00.123456789+01:00"),
        ("edited", "soon", now),
    ):
        podman.has(name, created=made, **{END: end, RUN_ID: f"run-{name}"})
    engine = Engine(str(podman.path), "h")
    swept = sweep.sweep([engine], 3600, [], dry=False)
    assert [entry.name for entry in swept.removed] == ["past", "old"]
    assert [entry.name for entry in swept.young] == ["young", "edited"]
    removed = [call for call in podman.calls() if call[0] == "rm"]
    assert removed == [["rm", "--force", "--volumes", f"id-of-{name}"] for name in ("past", "old")]
    filters = [word for call in podman.calls() if call[0] == "ps" for word in call if word.startswith("label=")]
    assert filters == ["label=app.kubernetes.io/managed-by=kubewire", "label=kubewire.io/run-id"]


def test_of_one_run_everything_goes_and_nothing_else(fake):
    podman = fake("podman")
    podman.answers(["ps"], out="a\nb\n")
    for name in ("a", "b"):
        podman.has(name, **{END: "2099-01-01T00:00:00Z", RUN_ID: f"run-{name}"})
    podman.answers(["rm"], 125, err="Error: device busy")
    swept = sweep.sweep([Engine(str(podman.path), "h")], 0, ["run-b"], dry=False)
    assert (swept.removed, swept.young) == ([], [])
    (left,) = swept.left
    assert (left.kind, left.namespace, left.name, left.reason) == ("Container", "h", "b", "Error: device busy")
    swept = sweep.sweep([Engine(str(podman.path), "h")], 0, ["run-b"], dry=True)
    assert [entry.name for entry in swept.removed] == ["b"]

# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a place is named, and what an error that ends a task carries in its result."""

from __future__ import annotations

from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.types import (
    CommandAnswer,
    NotStarted,
    Place,
    Refusal,
    Refused,
    Trouble,
    Violation,
)


def test_a_place_is_named_by_namespace_pod_and_container():
    assert Place("container", "shop", "web-1", "web").object == "shop/web-1/web"


def test_an_answer_without_an_exit_code_says_so():
    data = CommandAnswer("container", "shop/web-1/web", "w1", ("id",)).to_dict()
    assert (data["exit_class"], data["rc"]) == ("lost", None)
    assert "stdout_file" not in data
    assert data["stdout"] == ""


def test_a_refusal_is_an_error_with_its_remedy_and_its_data():
    refusal = Refusal("pod_security", "Pod shop/debug", "no", "use another", (Violation("spec.hostPID", "baseline"),))
    error = Refused(refusal, 403)
    assert str(error) == "Pod shop/debug is refused: no"
    assert (error.reason, error.remedy, error.status) == ("pod_security", "use another", 403)
    assert error.data == {"refusal": refusal.to_dict()}


def test_what_does_not_start_is_an_error_with_its_trouble():
    error = NotStarted("container debug of Pod shop/debug", Trouble("image_pull", False, "i/o timeout", "load it"))
    assert str(error) == "container debug of Pod shop/debug does not start: i/o timeout"
    assert (error.reason, error.remedy) == ("image_pull", "load it")
    (trouble,) = error.data["troubles"]
    assert trouble == {
        "object": "container debug of Pod shop/debug",
        "kind": "image_pull",
        "permanent": False,
        "evidence": "i/o timeout",
        "remedy": "load it",
    }

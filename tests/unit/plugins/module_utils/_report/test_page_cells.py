# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of a sample: the worst checks, and a size that does not grow with the cluster."""

from __future__ import annotations

import json

from ansible_collections.kubewire.netdebug.plugins.module_utils._report import html, page_cells, page_data
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._report import scenes

SAMPLE = {**scenes.COVERAGE, "mode": "auto", "cells": [10_000, 5_000_000]}


def test_the_whole_of_a_small_cluster_is_drawn():
    document = scenes.mesh(40, 40)
    assert page_data.build(document)["cells"]["count"] == 1600 > page_cells.MAX_DRAWN


def test_of_a_sample_the_worst_checks_are_drawn_and_the_page_says_how_many():
    document = {**scenes.mesh(100, 100), "coverage": SAMPLE}
    data = page_data.build(document)
    assert data["cells"]["count"] == page_cells.MAX_DRAWN
    assert ("drawn", "1,000 of 10,000 checks, the worst first; report.json has all") in data["coverage"]
    failed = sum(cell["verdict"] == "fail" for cell in document["cells"])
    fail = data["texts"].index("fail")
    verdicts = data["cells"]["verdict"]
    drawn = verdicts.count(fail) if isinstance(verdicts, list) else 1000 * (verdicts == fail)
    assert drawn == min(failed, 1000) > 0
    assert data["groups"] == [] or all(group["cells"] for group in data["groups"])
    assert all(0 <= place < 1000 for group in data["groups"] for place in group["cells"])
    assert max(data["cells"]["source"]) < len(data["sources"])
    assert max(data["cells"]["target"]) < len(data["targets"])
    json.dumps(data)
    assert len(html.render(document)) < 500_000


def test_a_sample_whose_checks_have_no_end_in_common_draws_fewer_of_them():
    document = scenes.mesh(100, 100)
    cells = [
        {**cell, "source": f"s{number}", "target": f"t{number}", "verdict": "fail" if number == 9000 else "pass"}
        for number, cell in enumerate(document["cells"])
    ]
    places = page_cells.drawn({**document, "cells": cells, "coverage": SAMPLE}, ())
    assert places == [*range(499), 9000]

# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Definitions of custom resources, out of the Go modules that bring them: never of another version than the programs.

[definitions]                        # in a component's component.toml
tools = "metallb"                    # the folder of lab/tools whose go.mod says which version
module = "go.universe.tf/metallb"
files = "config/crd/bases/*.yaml"
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path

from kubelab import cache, programs
from kubelab.components import Component
from kubelab.proc import LabError
from kubelab.progress import Progress

#: Descriptions are two thirds of a definition, and more than `kubectl apply` can note on the object.
DESCRIPTION = re.compile(r"^( *)description: .+\n(?:\1 .*\n|\n)*", re.M)


def build(parts: Iterable[Component], progress: Progress) -> Path:
    """A folder with every definition."""
    wanted = [part.spec["definitions"] for part in parts if "definitions" in part.spec]

    def make(out: Path) -> None:
        for spec in wanted:
            folder = programs.source(programs.TOOLS / spec["tools"], spec["module"], progress)
            if not (found := sorted(folder.glob(spec["files"]))):
                raise LabError(f"{spec['module']} has no {spec['files']}")
            for path in found:
                (out / path.name).write_text(DESCRIPTION.sub("", path.read_text()))

    versions = [programs.TOOLS / spec["tools"] / "go.mod" for spec in wanted]
    return cache.entry("definitions", cache.digest(json.dumps(wanted), DESCRIPTION.pattern, *versions), make)

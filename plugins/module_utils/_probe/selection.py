# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""From the user's options to what a run works on."""

from __future__ import annotations

import typing as t

from .._snapshot.facts import Facts
from . import sources as sources_
from . import targets as targets_
from .selected import OptionEntry, Selected
from .types import Source


def select(
    facts: Facts,
    sources: t.Sequence[OptionEntry] | None,
    targets: t.Sequence[OptionEntry] | None,
    kinds: t.Container[str] = ("pod",),
    internet: t.Sequence[OptionEntry] = (),
    outside: t.Sequence[Source] = (),
) -> Selected:
    """Resolve the options C(sources), C(targets) and C(internet) on a snapshot; the first two unset mean everything.

    Args:
        facts: the snapshot.
        sources: the option.
        targets: the option.
        kinds: of sources that the models need: C(pod), C(node), C(outside).
        internet: the option.
        outside: the machines that may ask from outside the cluster.

    Raises:
        SelectionError: an entry matches nothing, or there is no source at all.
    """
    selected = Selected()
    sources_.choose(selected, facts, sources, kinds, outside)
    targets_.choose(selected, facts, targets, internet)
    return selected

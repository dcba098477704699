# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans of a small cluster, a line for each question."""

from __future__ import annotations

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import plan, selection
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.models import MODELS
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.models.context import Options
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.plugins.module_utils._words import PROTOCOLS
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster

#: One cell for each question: the size of packets is a matter of its own.
PLAIN = Options(protocols=tuple(word for word in PROTOCOLS if word != "mtu"))


def make(models=tuple(MODELS), sources=None, asked=None, options=PLAIN, internet=(), outside=(), **lists):
    kinds = plan.kinds(models) or {"pod"}
    facts = Facts(cluster.snapshot(**lists))
    return plan.make(facts, selection.select(facts, sources, asked, kinds, internet, outside), models, options)


def questions(layout, source=None):
    return [
        (probe.protocol, probe.via, f"{probe.host}:{probe.port}")
        for name, probes in layout.probes.items()
        for probe in probes
        if source in (None, name)
    ]


WEB = "shop/web-1/app"

# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The questions of one source in one model, a line for each."""

from __future__ import annotations

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import plan, selection
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.models.context import Options
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Source
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster

OUTSIDE = Source("outside/controller", kind="outside", addresses=("198.18.0.100",))


WEB = "shop/web-1/app"


def asked(model, source=WEB, protocols=("tcp", "http", "https", "tls", "dns"), internet=(), also=None, **lists):
    """The questions of one source in one model, each as ``protocol via host:port path``."""
    snapshot = cluster.snapshot(**lists)
    for name, value in (also or {}).items():
        object.__setattr__(snapshot, name, value)
    facts = Facts(snapshot)
    chosen = selection.select(facts, None, None, plan.kinds([model]), internet, (OUTSIDE,))
    layout = plan.make(facts, chosen, [model], Options(protocols))
    return [
        " ".join(
            filter(
                None,
                (
                    probe.protocol,
                    f"({probe.via})",
                    f"{probe.host}:{probe.port}",
                    probe.path,
                    probe.server_name and f"for {probe.server_name}",
                    probe.dns_server and f"by {probe.dns_server}",
                    probe.transport == "h2" and "by h2",
                    probe.skip and "never",
                ),
            )
        )
        for probe in layout.probes.get(source, [])
    ]

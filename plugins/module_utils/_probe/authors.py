# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Who answered a probe, by what can be seen of the answer and by what the snapshot says of the path. Pure."""

from __future__ import annotations

import dataclasses
import re

from .. import _words
from .types import Answer, Expectation, Probe


@dataclasses.dataclass(frozen=True)
class ControllerPage:
    """A page that an ingress controller or a gateway writes itself, and no application behind it.

    Attributes:
        controller: what people call it.
        statuses: the outcomes that such pages have.
        server: of the header C(Server), as a regular expression; empty where the header says nothing.
        body: of the first bytes, likewise.
    """

    controller: str
    statuses: tuple[str, ...]
    server: str = ""
    body: str = ""

    def wrote(self, answer: Answer) -> bool:
        """Tell whether an answer is this page."""
        if answer.outcome not in self.statuses or not (answer.headers or answer.body):
            return False
        server = answer.headers.get("server", "")
        return bool(re.search(self.server, server, re.IGNORECASE) and re.search(self.body, answer.body, re.IGNORECASE))


#: Adding a controller is adding a row. Traefik's 404 is none: any program in Go may say the same.
CONTROLLER_PAGES: tuple[ControllerPage, ...] = (
    ControllerPage("Traefik", ("http_502",), r"^$", r"^Bad Gateway$"),
    ControllerPage("Traefik", ("http_503",), r"^$", r"^(no available server|Service Unavailable)$"),
    ControllerPage("Traefik", ("http_504",), r"^$", r"^Gateway Timeout$"),
)


def controller_page(answer: Answer) -> str:
    """Name the controller that wrote an answer itself; empty where no row knows the page."""
    return next((page.controller for page in CONTROLLER_PAGES if page.wrote(answer)), "")


def author_of(expected: Expectation, answer: Answer, probe: Probe) -> str:
    """Return who answered (C(_words.AUTHORS)); empty where nothing was asked.

    Args:
        expected: what the snapshot says of the path.
        answer: what came back.
        probe: what was asked.
    """
    outcome, model = _words.outcome(answer.outcome), _words.MODELS[probe.model]
    if answer.outcome in ("probe_error", "not_applicable"):
        return ""
    if "connect" in answer.phases and answer.outcome in ("timeout", "reset") and not expected.sidecar:
        return "peer"  # it accepted the connection
    if outcome.is_silence or answer.outcome in ("no_route", "unreachable_arp"):
        return "nobody"
    if answer.outcome == "unreachable_fast":
        return "node"
    if outcome.is_name:
        return "peer" if _words.PROTOCOLS[probe.protocol].name_only else "nobody"
    if expected.sidecar and probe.protocol == "tcp":
        return "sidecar"
    if answer.outcome in ("wrong_peer", "reset"):
        return "unsure"
    if answer.outcome == "refused":
        return _refused(expected, answer, probe, model)
    if model.asks == "entry_point" and controller_page(answer):
        return "controller"
    return "peer"


def _refused(expected: Expectation, answer: Answer, probe: Probe, model: _words.Model) -> str:
    """Who refused a connection.

    A TCP stack refuses by RST, in the name of the address that was asked. A firewall, and kube-proxy's rule for a
    Service without endpoints, reject by ICMP from the node's own address, unless they are told otherwise.
    """
    if model.over_loopback:
        return "peer"
    if expected.defect and not expected.ends:
        return "node"  # kube-proxy rejects what it has no endpoint for
    if answer.refusal == "icmp":
        return "peer" if answer.error_from and answer.error_from == (answer.address or probe.host) else "node"
    if model.asks == "entry_point":
        return "unsure"
    return "peer" if answer.refusal == "rst" else "unsure"

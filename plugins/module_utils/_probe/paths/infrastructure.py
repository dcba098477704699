# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Paths that end at what the cluster stands on: its API server, its DNS."""

from __future__ import annotations

from ..._snapshot.facts import Facts, family
from ..._snapshot.model import Pod
from ..._snapshot.policies import Peer
from ..questions import Question
from ..types import Probe
from .path import Path, PathEnd


def apiserver(facts: Facts, question: Question) -> Path:
    """The API server: any of its instances, or the one that is asked."""
    instance = question.about.api_endpoint
    found = [instance] if instance else facts.snapshot.api_endpoints
    ends = tuple(
        PathEnd(Peer((each.address,)), each.port) for each in found if family(each.address) == question.probe.family
    )
    reason = "every Pod may ask the API server; 401 and 403 are answers"
    ends = ends or (PathEnd(Peer(), question.target.port),)
    return Path("Service default/kubernetes", reason, ends, relied_on="Service default/kubernetes port 443")


def dns(_facts: Facts, _question: Question) -> Path:
    """A name server of the source's own resolv.conf: C(name_servers.py) says where it is."""
    return Path("resolv.conf", "a Pod may ask the name servers of its resolv.conf")


def dns_ends(facts: Facts, probe: Probe) -> tuple[PathEnd, ...]:
    """The Pods behind the cluster's DNS, none where they are not known."""
    pods = [pod for pod in facts.snapshot.dns_pods if pod.ready]
    return tuple(
        PathEnd(Peer(tuple(each for each in pod.ips if family(each) == probe.family), pod), dns_port(pod))
        for pod in pods
    )


def dns_port(pod: Pod) -> int:
    """The port that a Pod of the cluster's DNS listens at."""
    named = [port.port for container in pod.containers for port in container.ports if port.name in ("dns", "dns-tcp")]
    return next(iter(named), 53)

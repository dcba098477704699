# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
# ruff: noqa: UP045 # the annotations are evaluated, and hosts that probe may have Python 3.9
"""The records that cross the stages of probing (docs/contracts.md)."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._record import Record

#: How questions are named (C(via)) that are asked to compare: for a host or a path that nobody has, of an endpoint
#: without its controller, at the path of the check or at its root, and for another name that a certificate may be for.
NOBODY, NOWHERE, ENDPOINT = "host of nobody", "path of nobody", "endpoint itself"
ROOT = "root of the endpoint"
OTHER_NAME = "certificate of"


@dataclasses.dataclass(frozen=True)
class Source(Record):
    """Where probes are sent from: a running container, a node, or the world outside the cluster."""

    id: str  #: ``namespace/pod/container``, ``node/NAME`` or ``outside/NAME``
    namespace: str = ""
    pod: str = ""
    container: str = ""
    kind: str = "pod"  #: ``pod``, ``node`` or ``outside``
    node: str = ""
    addresses: tuple[str, ...] = ()
    image: str = ""
    workload: str = ""  #: C(Kind/name) of what the Pod belongs to
    unusable: str = ""  #: why no probe can be sent from it; empty when it can
    level: str = ""  #: that it is asked at, where it is not asked in its own container
    enter: tuple[str, ...] = ()  #: the words before the runner's own that take it into the source's network
    shared_kib: int | None = None  #: memory that it and the processes that it sees may have together, if bounded


@dataclasses.dataclass(frozen=True)
class Target(Record):
    """What is asked: an object of the cluster, or an address of the user's own."""

    id: str  #: ``KIND/NS/NAME:PORT``, ``node/NAME:PORT`` or ``host/NAME:PORT``
    kind: str  #: ``pod``, ``service``, ``node``, ``ingress`` or ``host``
    name: str
    namespace: str = ""
    port: int = 0
    port_name: str = ""
    node: str = ""
    workload: str = ""  #: C(Kind/name) of what the Pod belongs to


@dataclasses.dataclass(frozen=True)
class Probe(Record):
    """One question on the wire."""

    id: int
    source: str
    target: str
    model: str
    protocol: str
    family: str
    host: str  #: the address or name that is asked (DNS: the name to look up)
    port: int = 0
    path: str = ""
    server_name: str = ""  #: HTTP Host and TLS SNI where they differ from C(host)
    via: str = "address"  #: ``address``, ``short name``, ``fqdn`` or ``loopback``
    timeout_ms: int = 4000  #: for each try
    answers: tuple[str, ...] = ()  #: DNS: the addresses that must come back
    #: ``ADDRESS`` or ``ADDRESS#PORT`` to ask instead of the source's own name servers; ``@2``: the second of those
    dns_server: str = ""
    transport: str = ""  #: DNS: ``tcp`` asks by TCP alone; HTTP: ``h2`` calls a method of gRPC
    tries: int = 1  #: how often it is asked
    every_try: bool = False  #: whether each try has to be answered
    endpoint: str = ""  #: the one endpoint of the target that is asked, where it is one
    size: int = 0  #: UDP: bytes of a datagram; MTU: bytes of the IP packet, 0 for what the own interface can send
    skip: str = ""  #: why this probe is never sent (the cell is C(not_applicable))


@dataclasses.dataclass(frozen=True)
class Answer(Record):
    """What came back for one probe."""

    KEEP: t.ClassVar[frozenset[str]] = frozenset({"id", "outcome"})

    id: int
    outcome: str
    ms: t.Optional[float] = None  #: whole duration in milliseconds; of several tries that were answered, the median
    address: str = ""  #: the address that was probed, after name resolution
    answers: tuple[str, ...] = ()  #: addresses that DNS gave
    more: t.Optional[bool] = None  #: whether DNS gave, or may have given, more of them than these
    name: str = ""  #: the full name that DNS answered for
    server: str = ""  #: the DNS server that answered
    tool: str = ""  #: what sent the probe inside the Pod
    error: str = ""  #: the system's own words
    level: str = ""  #: that it was asked at, where that is not the level of its source's report
    through: str = ""  #: the container that it was probed from then
    phases: dict[str, float] = dataclasses.field(default_factory=dict)  #: dns, connect, tls, first_byte in ms
    sent: t.Optional[int] = None  #: tries that were sent, where there were several
    received: t.Optional[int] = None  #: tries that were answered
    percentiles: dict[str, float] = dataclasses.field(default_factory=dict)  #: min, p50, p90, p99, max in ms
    askings: tuple[dict[str, int], ...] = ()  #: how often its tries ended how, each time that it was asked
    lost: tuple[tuple[int, ...], ...] = ()  #: the first of some tries in a row without an answer, and how many they are
    resent: t.Optional[int] = None  #: tries that were answered, but whose connection took a second SYN
    mtu: t.Optional[int] = None  #: bytes of the largest IP packet that passed
    tls: dict[str, t.Any] = dataclasses.field(default_factory=dict)  #: what C(certificates.py) read
    #: what refused: C(rst), which carries the address that was asked, or C(icmp), from whoever is on the way
    refusal: str = ""
    #: of a request without an answer, on an accepted connection: C(taken), or C(lost) if it was not acknowledged
    request: str = ""
    error_from: str = ""  #: the address that an ICMP error came from, where the system tells
    headers: dict[str, str] = dataclasses.field(default_factory=dict)  #: of an HTTP answer from 300 on: who sent it
    body: str = ""  #: of an HTTP answer from 400 on: its first bytes


@dataclasses.dataclass(frozen=True)
class SourceReport(Record):
    """What one exec into a source gave beside its answers."""

    source: str
    level: str = ""  #: ``container``, ``pod`` (an ephemeral container), ``namespace``, ``node`` or ``host``
    through: str = ""  #: the container that it was asked through, where that is not the source's own
    runner: str = ""  #: ``python`` or ``sh``
    tools: tuple[str, ...] = ()
    routes: tuple[str, ...] = ()  #: the routing table in the words of C(ip route)
    resolv_conf: tuple[str, ...] = ()
    error: str = ""  #: why answers are missing
    remedy: str = ""
    duration_ms: t.Optional[float] = None
    answers: tuple[Answer, ...] = ()
    listens: tuple[str, ...] = ()  #: C(ADDRESS#PORT) of the first TCP sockets that listen in its network
    listens_udp: tuple[str, ...] = ()  #: and of the first UDP sockets that have no peer
    lacks: str = ""  #: C(memory) or C(processes), where a limit leaves too little to ask; C(unseen), if none can tell


@dataclasses.dataclass(frozen=True)
class Expectation:
    """What must happen, the object that decides it, and what is known to be wrong there already."""

    decision: str  #: C(allow), C(deny), C(unknown) or C(not_applicable)
    reason: str
    decided_by: str = ""  #: C(Kind namespace/name)
    defect: str = ""  #: why it will fail although it should not
    alive: str = ""  #: what of the snapshot shows that the target lives
    meets: str = ""  #: the object that receives the traffic, if that is not the target
    doubt: str = ""  #: why it may have to fail: an answer is right as far as is known, and silence says nothing
    exempt: str = ""  #: which policies would close it, were it not exempted; a network plugin may not know that
    by_dns: bool = False  #: whether it is the name's resolution that must fail
    closed: bool = False  #: whether the object itself is what lets nothing through here
    through: tuple[str, ...] = ()  #: the objects that the traffic goes through
    relied_on: str = ""  #: what uses the port that is asked: C(Service shop/web port 80); empty if nothing does
    ends: tuple[str, ...] = ()  #: C(ADDRESS#PORT) of each endpoint that may be picked, where they are known
    defect_whose: str = "application"  #: whose failure it is where C(defect) is the cause
    certain: bool = False  #: whether C(defect) counts although something answered
    behind: tuple[str, ...] = ()  #: C(ADDRESS#PORT) of each endpoint that a controller sends requests to
    barred: str = ""  #: which policies keep a controller from all that it sends requests to
    mutual_tls: str = ""  #: the mesh that takes no plain connection of this source, as C(the mesh NAME of Pod NAME)
    sidecar: str = ""  #: the container of the source that takes its outgoing TCP connections, if one does
    any_family: bool = False  #: whether the name may have addresses of one family alone
    unneeded: str = ""  #: who gets no answer where none comes; nobody is known to need one
    any_answer: bool = False  #: whether a name server may refuse the name, or not have it: it is not the cluster's
    #: more can be said of a name once its address, or the lines of the source's resolv.conf, are known
    resolve: t.Callable[[str, tuple[str, ...]], Expectation] | None = dataclasses.field(
        default=None, compare=False, repr=False
    )

    def needed(self) -> Expectation:
        """Return what must happen where somebody needs an answer after all."""
        later = self.resolve
        resolve = None if later is None else lambda address, lines: later(address, lines).needed()
        return dataclasses.replace(self, defect=self.defect or self.unneeded, unneeded="", resolve=resolve)

    def at(self, address: str, resolv_conf: tuple[str, ...] = ()) -> Expectation:
        """Return what must happen where the probe turned out to ask an address, and a source to have a resolv.conf."""
        return self.resolve(address, resolv_conf) if self.resolve and (address or resolv_conf) else self


@dataclasses.dataclass(frozen=True)
class Cell(Record):
    """One judged probe: a cell of the matrix."""

    KEEP: t.ClassVar[frozenset[str]] = frozenset(
        {"id", "source", "target", "model", "protocol", "family", "outcome", "expectation"}
        | {"verdict", "reason", "latency_ms", "evidence"}
    )

    id: int
    source: str
    target: str
    model: str
    protocol: str
    family: str
    via: str
    asked: str  #: ``host:port`` as it was asked
    outcome: str
    expectation: str
    expectation_reason: str
    decided_by: str
    verdict: str
    reason: str
    latency_ms: t.Optional[float] = None
    evidence: dict[str, t.Any] = dataclasses.field(default_factory=dict)
    defect: str = ""  #: what is wrong with an object on the path, whoever asks
    author: str = ""  #: who answered; empty where nothing was asked
    application: str = ""  #: what is wrong with the application there, if anything
    whose: str = ""  #: of a failure: C(network) or C(application)
    note: str = ""  #: what is to be said of the application where the verdict is C(pass)

# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The vocabulary: models, protocols, outcomes, authors, faults of applications, verdicts, levels, classes of results.

Each is one row of one table. What code decides by a word is a column of its row, so that nothing decides by how a word
is spelled. Documentation, argument specs and the schema of the report are held equal to these tables by tests.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t

Row = t.TypeVar("Row", "Model", "Protocol", "Outcome", "ApplicationFault", "DiagnosisClass")


def _table(*rows: Row) -> dict[str, Row]:
    return {row.name: row for row in rows}


@dataclasses.dataclass(frozen=True)
class Model:
    """A traffic model.

    Attributes:
        name: of the model.
        title: as a heading.
        asked_by: the kind of its sources: C(pod), C(node) or C(outside).
        within_pod: whether both ends are in the network of one Pod, so that no other Pod can ask in its place.
        every_container: whether each container of a Pod asks; of the others one does, since they share its network.
        asks: whose address is asked: C(pod), C(cluster_ip), C(headless), C(node_port), C(load_balancer), C(entry_point)
            (of an Ingress, an HTTPRoute or a Route), C(internet), C(apiserver), C(dns) or C(node).
        over_loopback: whether nothing lies between both ends, so that no policy and no object of the cluster decides.
        lists: of the API's resources that its questions come from.
    """

    name: str
    title: str
    asks: str
    asked_by: str = "pod"
    within_pod: bool = False
    every_container: bool = False
    over_loopback: bool = False
    lists: tuple[str, ...] = ("pods",)


_ENTRY_POINTS = ("ingresses", "httproutes", "gateways", "routes")
#: In the order of a report.
MODELS = _table(
    Model(
        "container_to_container",
        "Container to container",
        "pod",
        within_pod=True,
        every_container=True,
        over_loopback=True,
    ),
    Model("pod_to_pod_same_node", "Pod to Pod, same node", "pod"),
    Model("pod_to_pod_cross_node", "Pod to Pod, across nodes", "pod"),
    Model("pod_to_service", "Pod to Service", "cluster_ip", lists=("services",)),
    Model(
        "pod_to_self_service", "Pod to its own Service (hairpin)", "cluster_ip", within_pod=True, lists=("services",)
    ),
    Model("pod_to_headless", "Pod to headless Service", "headless", lists=("services", "endpointslices")),
    Model("pod_to_nodeport", "Pod to NodePort", "node_port", lists=("services", "nodes")),
    Model("pod_to_loadbalancer", "Pod to LoadBalancer", "load_balancer", lists=("services",)),
    Model("pod_to_ingress", "Pod to Ingress", "entry_point", lists=_ENTRY_POINTS),
    Model("pod_to_internet", "Pod to the internet", "internet"),
    Model("pod_to_apiserver", "Pod to API server", "apiserver"),
    Model("pod_to_dns", "Pod to DNS", "dns"),
    Model("node_to_pod", "Node to Pod", "pod", "node", lists=("nodes",)),
    Model("node_to_service", "Node to Service", "cluster_ip", "node", lists=("services", "nodes")),
    Model("node_to_node", "Node to node", "node", "node", lists=("nodes",)),
    Model("outside_to_nodeport", "Outside to NodePort", "node_port", "outside", lists=("services", "nodes")),
    Model("outside_to_loadbalancer", "Outside to LoadBalancer", "load_balancer", "outside", lists=("services",)),
    Model("outside_to_ingress", "Outside to Ingress", "entry_point", "outside", lists=_ENTRY_POINTS),
)


def models_that_ask(*whose: str) -> frozenset[str]:
    """Return the names of the models that ask such addresses."""
    return frozenset(name for name, model in MODELS.items() if model.asks in whose)


@dataclasses.dataclass(frozen=True)
class Protocol:
    """What a probe speaks.

    Attributes:
        name: of the protocol.
        transport: what NetworkPolicies call what carries it; C(mtu) is C(TCP) where it has a port.
        port: whether it needs one; C(optional) for C(mtu).
        path: whether it may ask for a page.
        server_name: whether it may name a server that differs from the host (HTTP Host, TLS SNI).
        size: whether the bytes of one packet can be chosen.
        repeated: whether the option C(tries) applies to it.
        page: whether it speaks HTTP, so that its questions are URLs.
        name_only: whether what is asked is a name to look up, not a host.
        whole: whether it can be about a Pod or node as a whole, and not about one of its ports.
        silence_is_unknown: whether silence shows nothing unless another source got an answer, since a server that works
            may not answer what it does not know.
        certificate: whether an open connection counts only with a certificate that is valid for the name.
        own_tries: whether a runner's function for it sends all tries itself.
        over_tls: whether it speaks TLS.
        url_schemes: of the URLs whose server is asked by it, too.
        url_decides: whether such a URL's scheme and path take its place.
        port_transports: of the ports that it is asked at. The first row with a transport is what asks a port of which
            nothing says what it speaks.
        port_names: of ports that speak it.
        port_numbers: of ports that speak it, where C(appProtocol) says nothing else.
        port_word: what the name of a port that speaks it is, begins with or ends with, a hyphen between.
        app_protocols: values of C(appProtocol), in small letters.
        probe_scheme: of an httpGet probe, which shows that a port speaks it.
        certificate_by: the protocol that looks at its certificate, since it takes any itself.
        transports: other ways than the usual one that carry it: DNS by C(tcp), a call of gRPC by C(h2).
    """

    name: str
    transport: str = "TCP"
    port: str = "required"
    path: bool = False
    server_name: bool = False
    size: bool = False
    repeated: bool = False
    page: bool = False
    name_only: bool = False
    whole: bool = False
    silence_is_unknown: bool = False
    certificate: bool = False
    own_tries: bool = False
    over_tls: bool = False
    url_schemes: tuple[str, ...] = ()
    url_decides: bool = False
    port_transports: tuple[str, ...] = ()
    port_names: tuple[str, ...] = ()
    port_numbers: tuple[int, ...] = ()
    port_word: str = ""
    app_protocols: tuple[str, ...] = ()
    probe_scheme: str = ""
    certificate_by: str = ""
    transports: tuple[str, ...] = ()


_WEB = ("http", "https")
#: In the order of a report.
PROTOCOLS = _table(
    Protocol("icmp", "ICMP", port="", repeated=True, whole=True, own_tries=True),
    Protocol("tcp", repeated=True, url_schemes=_WEB, url_decides=True, port_transports=("TCP",)),
    Protocol(
        "udp",
        "UDP",
        size=True,
        repeated=True,
        silence_is_unknown=True,
        own_tries=True,
        port_transports=("UDP",),
    ),
    Protocol("sctp", "SCTP", port_transports=("SCTP",)),
    Protocol(
        "http",
        path=True,
        server_name=True,
        repeated=True,
        page=True,
        url_schemes=_WEB,
        url_decides=True,
        port_transports=("TCP",),
        port_word="http",
        app_protocols=("http",),
        probe_scheme="HTTP",
        transports=("h2",),
    ),
    Protocol(
        "https",
        path=True,
        server_name=True,
        repeated=True,
        page=True,
        over_tls=True,
        url_schemes=_WEB,
        url_decides=True,
        port_transports=("TCP",),
        port_word="https",
        app_protocols=("https",),
        probe_scheme="HTTPS",
        certificate_by="tls",
        transports=("h2",),
    ),
    Protocol("tls", server_name=True, certificate=True, over_tls=True, url_schemes=("https",)),
    Protocol(
        "dns",
        "UDP",
        port="",
        name_only=True,
        url_schemes=_WEB,
        port_transports=("UDP", "TCP"),
        port_names=("dns", "dns-tcp"),
        port_numbers=(53,),
        transports=("tcp",),
    ),
    Protocol("mtu", "ICMP", port="optional", path=True, size=True, whole=True, own_tries=True),
)
FAMILIES = ("IPv4", "IPv6")


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What the wire did.

    Attributes:
        name: of the outcome.
        heading: as a report puts it.
        reason: as a part of a sentence that says why something failed.
        is_open: whether the path carried the question and its answer; an application's error is open.
        is_silence: whether nobody answered, which a machine that is too busy looks like as well.
        is_reply: whether who is asked, or somebody in its place, replied, if not as wanted: more than silence.
        is_unsent: whether the source's own host had no way to send it, such as a full table of neighbours.
        is_name: whether it is about the resolution of a name, and says nothing of the path.
        is_application_error: whether the path is open and the application answers that it failed.
        application: the row of C(APPLICATION_FAULTS) that it stands for where the peer itself answered so.
    """

    name: str
    heading: str
    reason: str = ""
    is_open: bool = False
    is_silence: bool = False
    is_reply: bool = False
    is_unsent: bool = False
    is_name: bool = False
    is_application_error: bool = False
    application: str = ""


#: C(http_NNN), a status code, stands beside these.
OUTCOMES = _table(
    Outcome("open", "open", "open", is_open=True),
    Outcome("timeout", "no answer", "no answer", is_silence=True),
    Outcome(
        "refused",
        "refused at once: nothing listens there, or a firewall rejects",
        "refused",
        is_reply=True,
        application="refused",
    ),
    Outcome("reset", "the connection was reset", "the connection was reset", is_reply=True),
    Outcome(
        "unreachable_fast",  # EHOSTUNREACH at once
        "unreachable: reported by a firewall or a route",
        "a router or firewall reported it unreachable",
    ),
    Outcome(
        "unreachable_arp",  # EHOSTUNREACH after about 3 s
        "unreachable after seconds: no answer to ARP or ND",
        "no answer to ARP or ND for that address on the last hop",
        is_unsent=True,
    ),
    Outcome("no_route", "the source has no route", "the source has no route", is_unsent=True),  # ENETUNREACH
    Outcome("dns_nxdomain", "the name does not exist in DNS", "the name does not exist", is_name=True),
    Outcome(
        "dns_nodata",
        "the name exists in DNS, without an address of that family",
        "the name exists and has no address of that family",
        is_name=True,
    ),
    Outcome("dns_servfail", "the DNS server failed", "no DNS server could answer", is_name=True),
    Outcome("dns_timeout", "no answer from DNS", "no DNS server answered", is_silence=True, is_name=True),
    Outcome("tls_handshake", "the TLS handshake failed", "the TLS handshake failed", is_reply=True),
    Outcome("tls_timeout", "no answer in the TLS handshake", "no answer to the TLS handshake", is_silence=True),
    Outcome(
        "tls_expired",
        "the certificate is not valid today",
        "the certificate is not valid today",
        is_reply=True,
        application="certificate_expired",
    ),
    Outcome(
        "tls_wrong_name",
        "the certificate is for other names",
        "the certificate is for other names",
        is_reply=True,
        application="certificate_wrong_name",
    ),
    Outcome(
        "frag_needed", "too big for the path: fragmentation needed", "small packets pass, packets of this size do not"
    ),
    Outcome("wrong_peer", "another address answered", "another address answered"),
    Outcome("probe_error", "the probe never ran", "the probe never ran"),
    Outcome("not_applicable", "not applicable", "not applicable"),
)
OUTCOME_PATTERN = "^(" + "|".join(OUTCOMES) + "|http_[1-5][0-9][0-9])$"
_HTTP = re.compile(r"http_([1-5])([0-9][0-9])")


def outcome(word: str) -> Outcome:
    """Return the row of an outcome; one for C(http_NNN), and for words of a later version, is made."""
    found = OUTCOMES.get(word)
    if found:
        return found
    status = _HTTP.fullmatch(word)
    if status:
        said = f"HTTP {status[1]}{status[2]}"
        failed = status[1] == "5"
        fault = "http_5xx" if failed else ""
        return Outcome(word, said, said, is_open=True, is_application_error=failed, application=fault)
    return Outcome(word, word.replace("_", " "), word)


def is_outcome(word: t.Any) -> bool:
    """Tell whether a runner may have said this word."""
    return isinstance(word, str) and (word in OUTCOMES or _HTTP.fullmatch(word) is not None)


#: Who answered: the application that was asked (or the system that it runs on), the controller of an Ingress or a
#: Gateway by a page of its own, a node or a firewall, a sidecar of the source, nobody; or what was seen does not tell.
AUTHORS = ("peer", "controller", "node", "sidecar", "nobody", "unsure")
#: Whose failure it is.
WHOSE = ("network", "application")


@dataclasses.dataclass(frozen=True)
class ApplicationFault:
    """What is wrong with an application whose answer proves that the path is open.

    Attributes:
        name: of the fault.
        sentence: what is said of a place (C(port 80)) that has it.
        fails: where it is a failure and not a note: C(relied_on), where a Service, an Ingress or a probe uses the port;
            C(entry), where a host and path of an Ingress or a Gateway is asked; empty where it is never one.
        detailed: whether the outcome is said as well.
        timed: whether C(sentence) goes on with how long the answer took.
        lasting: whether the application says the same when it is asked again, whatever load there is.
    """

    name: str
    sentence: str
    fails: str = ""
    detailed: bool = False
    timed: bool = False
    lasting: bool = False


APPLICATION_FAULTS = _table(
    ApplicationFault("refused", "refuses connections: nothing listens there", "relied_on"),
    ApplicationFault("ipv4_only", "refuses IPv6 and answers by IPv4", "relied_on"),
    ApplicationFault("ipv6_only", "refuses IPv4 and answers by IPv6", "relied_on"),
    ApplicationFault("loopback_only", "refuses connections: the application listens on loopback only", "relied_on"),
    ApplicationFault("not_ready", "has no ready endpoint", "relied_on"),
    ApplicationFault("http_5xx", "answers with a server error", detailed=True),
    ApplicationFault("slow", "answers a request only after", timed=True),
    ApplicationFault("silent", "accepts connections and does not answer a request in time", "relied_on"),
    ApplicationFault("closes", "closes connections without an answer to a request", "entry"),
    ApplicationFault("tls_handshake", "accepts connections and completes no TLS handshake", "relied_on"),
    ApplicationFault("client_certificate", "accepts no client without a certificate", lasting=True),
    ApplicationFault("certificate_expired", "has a certificate that is not valid today", "relied_on", lasting=True),
    ApplicationFault("certificate_wrong_name", "has a certificate for other names", "entry", lasting=True),
)

#: Worst first: where several probes share one place of a picture, the first of these that occurs is shown.
VERDICTS = ("fail", "unexpected_open", "unknown", "pass", "skipped")
EXPECTATIONS = ("allow", "deny", "unknown", "not_applicable")

#: Levels of debugging, from the container's own tools to the host below the cluster.
LEVELS = ("container", "namespace", "pod", "node", "host")
#: How a command ended; only the first two have run to their end.
EXIT_CLASSES = (
    "exited",
    "signalled",
    "not_found",
    "not_executable",
    "no_container",
    "forbidden",
    "refused",
    "unreachable",
    "kubelet_unreachable",
    "deadline",
    "lost",
)


@dataclasses.dataclass(frozen=True)
class DiagnosisClass:
    """What a diagnosis comes to.

    Attributes:
        name: of the class.
        sentence: as a report says it.
        exit_code: of a program that does not know Ansible.
    """

    name: str
    sentence: str
    exit_code: int


DIAGNOSES = _table(
    DiagnosisClass("healthy", "Nothing is wrong", 0),
    DiagnosisClass("warnings", "There are warnings", 1),
    DiagnosisClass("cause", "The cause was found", 2),
    DiagnosisClass("unknown", "It could not tell", 3),
)

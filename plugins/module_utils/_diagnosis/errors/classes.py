# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What an error that a user has can mean: one row for each class."""

from __future__ import annotations

import dataclasses

PATH, OBJECTS = "path", "objects"


@dataclasses.dataclass(frozen=True)
class ErrorClass:
    """A class of errors.

    Attributes:
        name: of the class; the network's are named like the outcomes of probes where there is one.
        means: what it says, as a sentence without its full stop.
        otherwise: why it is not the network where a probe is answered, as the end of a sentence.
        outcomes: of probes that see the same; C(http) stands for every status code.
        asks: C(path), if a connection can be probed because of it, or C(objects), if the objects of a namespace tell.
    """

    name: str
    means: str
    otherwise: str = ""
    outcomes: tuple[str, ...] = ()
    asks: str = PATH


_NAMES = ("dns_nxdomain", "dns_nodata", "dns_servfail", "dns_timeout")
_UNREACHABLE = ("unreachable_fast", "unreachable_arp")
_RESOLVED = "the name is resolved now; clients such as the JVM keep a failed lookup for some time"
_RETRIED = "a new connection is accepted now: the server did not listen then, or another address or port was asked"
_CERTIFICATE = "the way to the server is open, and only its certificate is refused"


def _of_objects(name: str, means: str) -> ErrorClass:
    return ErrorClass(name, means, "", (), OBJECTS)


_ROWS = (
    # Names
    ErrorClass("dns_nxdomain", "The name does not exist in DNS", _RESOLVED, ("dns_nxdomain",)),
    ErrorClass("dns_nodata", "The name exists in DNS and has no address", _RESOLVED, ("dns_nodata",)),
    ErrorClass("dns_servfail", "The name servers could not answer", _RESOLVED, ("dns_servfail", "dns_timeout")),
    ErrorClass("dns_timeout", "No name server answered in time", _RESOLVED, ("dns_timeout", "dns_servfail")),
    ErrorClass(
        "name_unresolved",
        "The name could not be resolved; the text does not tell whether it does not exist or no name server answered",
        _RESOLVED,
        _NAMES,
    ),
    # Connections
    ErrorClass("refused", "The connection was refused: nothing accepts connections there", _RETRIED, ("refused",)),
    ErrorClass(
        "timeout",
        "Nothing answered in time: packets are dropped on the way, or the server is away or too busy",
        "a new connection is answered now: it was slow or away then, or the client uses a proxy or another address",
        ("timeout", "tls_timeout"),
    ),
    ErrorClass(
        "no_connection",
        "No connection could be made; the text does not tell why",
        _RETRIED,
        ("refused", "timeout", "no_route", *_UNREACHABLE),
    ),
    ErrorClass(
        "unreachable",
        "The address is unreachable: its last hop got no answer for it, or a router or firewall said so",
        "the address answers now: what had it before may have been replaced",
        _UNREACHABLE,
    ),
    ErrorClass(
        "no_route",
        "The source has no route to the address, as to an IPv6 address from a Pod that has IPv4 alone",
        "a route is there; the client asked an address of another family, or its Pod had no network yet",
        ("no_route",),
    ),
    ErrorClass(
        "reset",
        "The connection was reset by the server, or by something on the way",
        "new connections stay open: the server, or a load balancer that forgets idle connections, reset that one",
        ("reset",),
    ),
    ErrorClass(
        "closed",
        "The connection was closed without an answer",
        "new connections are answered: the server closed that one, and its own log says why",
        ("reset",),
    ),
    ErrorClass(
        "answer_timeout",
        "The connection was made, and the answer did not come in time",
        "the server accepts connections and answers, so it took too long for what it was asked",
        ("timeout",),
    ),
    ErrorClass(
        "frag_needed",
        "A packet was too long for the path",
        "packets of every size pass between them",
        ("frag_needed",),
    ),
    # TLS and protocols
    ErrorClass("tls_expired", "The server's certificate is not valid today", _CERTIFICATE, ("tls_expired",)),
    ErrorClass("tls_wrong_name", "The server's certificate is for other names", _CERTIFICATE, ("tls_wrong_name",)),
    ErrorClass(
        "tls_untrusted",
        "The client does not trust who signed the server's certificate",
        f"{_CERTIFICATE}: give the client the certificate of its authority",
    ),
    ErrorClass("tls_handshake", "The TLS handshake failed", _CERTIFICATE, ("tls_handshake", "reset")),
    ErrorClass("tls_timeout", "The TLS handshake was not answered in time", _RETRIED, ("tls_timeout", "timeout")),
    ErrorClass(
        "wrong_protocol",
        "The two ends do not speak the same protocol, such as HTTP to a port of HTTPS",
        "the way to the server is open: use the scheme and the port that it speaks",
        ("tls_handshake",),
    ),
    # Answers
    ErrorClass(
        "http_4xx",
        "An HTTP server answered that it does not serve this request",
        "the way is open, and the server itself answers so",
        ("http",),
    ),
    ErrorClass(
        "http_5xx",
        "An HTTP server or proxy answered that it, or what is behind it, failed",
        "the way is open, and the server itself answers so; its own log says why",
        ("http",),
    ),
    ErrorClass(
        "no_endpoint",
        "A proxy has no healthy endpoint to send the request to",
        "there are endpoints now that answer",
        ("refused", "http"),
    ),
    ErrorClass(
        "authentication",
        "The server answers and refuses the credentials",
        "the server answers: compare the user and the password with what it knows",
    ),
    ErrorClass(
        "overloaded",
        "The server answers and takes no more connections",
        "the server answers: its limit of connections is reached, or the client's pool is too small",
    ),
    ErrorClass(
        "application",
        "The server answers, and cannot do what it was asked",
        "the server answers, and its message says what it lacks",
    ),
    ErrorClass(
        "redirects",
        "An HTTP server redirects the request without end",
        "the way is open: the server redirects to where the request came from",
        ("http",),
    ),
    ErrorClass(
        "wrong_peer",
        "Another server answers than the one that the client knows",
        "a server answers there: compare its key or its cluster with what the client has on record",
    ),
    # What is between them
    ErrorClass(
        "proxy",
        "The client asks through an HTTP proxy, and the proxy does not serve it",
        "the target answers without the proxy: exclude it from the proxy (`NO_PROXY`)",
    ),
    ErrorClass(
        "dropped",
        "A NetworkPolicy or a firewall drops the packets",
        "the policy or firewall admits new connections now, or drops those of another source",
        ("timeout", "refused", *_UNREACHABLE),
    ),
    # The client itself
    ErrorClass(
        "cancelled",
        "The client gave up before the answer came",
        "the server answers, so the client waits less than the answer takes",
        ("timeout",),
    ),
    ErrorClass(
        "not_permitted",
        "The client's own system forbids its socket or its packet",
        "the same packet leaves another process: the system, a security module or a filter forbids the client its own",
        _UNREACHABLE,
    ),
    ErrorClass(
        "loopback",
        "The client asked itself: in a Pod, localhost is the Pod's own network, in which nothing listens at that port",
        "no packet left the Pod: give the client the name of the Service",
        (),
        OBJECTS,
    ),
    ErrorClass(
        "no_local_port",
        "The client has no local address or port left for another connection",
        "no packet left the client: it keeps too many connections open, or has not the address that it wants to use",
    ),
    ErrorClass(
        "no_files",
        "The process has as many files and connections open as it may",
        "no packet left the client: its limit of open files is reached",
        (),
        OBJECTS,
    ),
    ErrorClass(
        "local_socket",
        "The client asked a socket of its own machine, which is a file, and not the network",
        "no packet left the Pod: set the host of the server, or mount the socket",
        (),
        OBJECTS,
    ),
    ErrorClass(
        "cannot_listen",
        "A server cannot listen: its address or port is taken, or it may not use it",
        "",
        (),
        OBJECTS,
    ),
    # Objects of the cluster
    _of_objects("no_kubeconfig", "kubectl found no kubeconfig, and asked the machine that it runs on"),
    _of_objects("image_pull", "The image of a container cannot be pulled"),
    _of_objects("unschedulable", "No node can take the Pod"),
    _of_objects("missing_reference", "The Pod names a Secret, ConfigMap, key or ServiceAccount that does not exist"),
    _of_objects("volume", "A volume of the Pod cannot be attached, mounted or bound"),
    _of_objects("sandbox", "The network or the sandbox of the Pod cannot be set up on its node"),
    _of_objects("container_start", "A container cannot be started: its command or its settings are refused"),
    _of_objects("probe_failed", "A probe of the kubelet fails"),
    _of_objects("out_of_memory", "A container was ended because it needed more memory than its limit"),
    _of_objects("evicted", "The kubelet evicted the Pod, because something of its node ran short"),
    _of_objects("crash", "A container ends again and again"),
    _of_objects("rollout", "A rollout does not come to its end"),
    _of_objects("quota", "A ResourceQuota or LimitRange refuses the object"),
    _of_objects("webhook", "The API server cannot call an admission webhook"),
    _of_objects("admission", "Admission or validation refuses the object"),
    _of_objects("forbidden", "The API server knows who asks, and that one lacks the right"),
    _of_objects("unauthorized", "The API server does not know who asks"),
    _of_objects("not_found", "The API server has no such object or kind"),
    _of_objects("api_server", "The API server, or what it needs to answer, does not answer in time or at all"),
    _of_objects("load_balancer", "The load balancer of a Service cannot be set up"),
    _of_objects("node", "A node is not ready"),
    _of_objects("disruption_budget", "A PodDisruptionBudget does not let a Pod be evicted"),
    _of_objects("no_space", "A disk or volume is full"),
    _of_objects("conflict", "The object exists already, or somebody else changed it in the meantime"),
    _of_objects("metrics", "The metrics that a HorizontalPodAutoscaler needs cannot be read"),
    _of_objects("unit_failed", "A service of systemd does not run"),
)
ERROR_CLASSES = {row.name: row for row in _ROWS}

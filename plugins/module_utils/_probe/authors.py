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
        without: a header that only answers of applications have.
    """

    controller: str
    statuses: tuple[str, ...]
    server: str = ""
    body: str = ""
    without: str = ""

    def wrote(self, answer: Answer) -> bool:
        """Tell whether an answer is this page."""
        if answer.outcome not in self.statuses or not (answer.headers or answer.body) or self.without in answer.headers:
            return False
        server = answer.headers.get("server", "")
        return bool(re.search(self.server, server, re.IGNORECASE) and re.search(self.body, answer.body, re.IGNORECASE))


#: What a controller answers itself where it has no application to ask, or none that answers.
OWN_STATUSES = ("http_404", "http_502", "http_503", "http_504")
_FAILED = OWN_STATUSES[1:]
_NGINX, _ENVOY = r"^(nginx|openresty)", r"^(istio-)?envoy$"
#: Adding a controller is adding a row. The 404 of Traefik and that of nginx are none: any program in Go, and any nginx
#: behind them, may say the same.
CONTROLLER_PAGES: tuple[ControllerPage, ...] = (
    # traefik/traefik: pkg/proxy/httputil/proxy.go and pkg/server/service/loadbalancer write the status's own text.
    ControllerPage("Traefik", ("http_500",), r"^$", r"^Internal Server Error$", without="x-content-type-options"),
    ControllerPage("Traefik", ("http_502",), r"^$", r"^Bad Gateway\s*$"),
    ControllerPage("Traefik", ("http_503",), r"^$", r"^(no available server|Service Unavailable)\s*$"),
    ControllerPage("Traefik", ("http_504",), r"^$", r"^Gateway Timeout\s*$"),
    # kubernetes/ingress-nginx: test/e2e/defaultbackend, and nginx' own pages (src/http/ngx_http_special_response.c).
    ControllerPage("ingress-nginx", ("http_404",), "", r"^default backend - 404\s*$"),
    ControllerPage("nginx", ("http_502",), _NGINX, r"<title>502 Bad Gateway</title>"),
    ControllerPage("nginx", ("http_503",), _NGINX, r"<title>503 Service Temporarily Unavailable</title>"),
    ControllerPage("nginx", ("http_504",), _NGINX, r"<title>504 Gateway Time-out</title>"),
    # haproxy/haproxy: src/http.c, http_err_msgs; the router of OpenShift has a page of its own (error-page-503.http).
    ControllerPage("HAProxy", ("http_502",), "", r"The server returned an invalid or incomplete response\."),
    ControllerPage("HAProxy", ("http_503",), "", r"No server is available to handle this request\."),
    ControllerPage("HAProxy", ("http_504",), "", r"The server didn't respond in time\."),
    ControllerPage("the router of OpenShift", ("http_503",), r"^$", r"Application is not available"),
    # envoyproxy/envoy: source/common/router/router.cc. Contour, Istio and Cilium answer by it, too.
    ControllerPage("Envoy", _FAILED, _ENVOY, r"^(no healthy upstream|upstream )"),
    ControllerPage("Envoy", ("http_200",), _ENVOY, r"^(no healthy upstream|upstream )"),  # to a call of gRPC
    ControllerPage("Envoy", ("http_404",), _ENVOY, r"^$", without="x-envoy-upstream-service-time"),
    # Kong/kong: kong/runloop/handler.lua, kong/error_handlers.lua.
    ControllerPage("Kong", ("http_404",), "", r"no Route matched with those values"),
    ControllerPage("Kong", _FAILED, r"^kong/", "", without="x-kong-upstream-latency"),
    # apache/apisix: apisix/init.lua.
    ControllerPage("APISIX", ("http_404",), r"^APISIX", r"404 Route Not Found"),
    # AWS and Azure name these servers in pages of their own alone ("Troubleshoot your Application Load Balancers";
    # "Troubleshooting bad gateway errors in Application Gateway").
    ControllerPage("the AWS load balancer", OWN_STATUSES, r"^awselb/2\.0$"),
    ControllerPage("Azure Application Gateway", OWN_STATUSES, r"^Microsoft-Azure-Application-(Gateway|LB)"),
    # kubernetes/ingress-gce: cmd/404-server.
    ControllerPage("GCE", ("http_404",), "", r"^response 404 \(backend NotFound\), service rules for"),
)


def by_grpc(answer: Answer) -> bool:
    """Whether it is an answer to a call of gRPC; errors of the application are answers of this kind, too."""
    return answer.headers.get("content-type", "").startswith("application/grpc")


def may_be_own(answer: Answer) -> bool:
    """Whether controllers answer so themselves: by a status, or to a call that a method or a service is not there."""
    called = answer.headers.get("grpc-status") in ("12", "14") and by_grpc(answer)
    return answer.outcome in OWN_STATUSES or called


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
    connected = answer.request == "taken" or ("connect" in answer.phases and answer.request != "lost")
    if connected and not expected.sidecar and answer.outcome in ("timeout", "tls_timeout", "reset"):
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

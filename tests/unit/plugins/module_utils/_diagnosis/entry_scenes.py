# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A shop behind an Ingress, a controller, and checks of its hosts and paths."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.engine import Diagnosis, diagnose
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.finding import Finding
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.rules import (
    entries,
    policies,
    services,
    services_selectors,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Balancer, Service, ServicePort
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_entries import (
    Gateway,
    GatewayRoute,
    Ingress,
    IngressClass,
    IngressPath,
    Listener,
    Parent,
    Route,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_workloads import Keys

from . import scenes
from .scenes import SERVICE

ADDRESS = "198.18.0.200"
CLASS = IngressClass("edge", "example.com/edge")
PATH = IngressPath("shop.lab", "/", "web", "80", path_type="Prefix", field="spec.rules[0].http.paths[0]")
INGRESS = Ingress("shop", "web", "edge", (ADDRESS,), (PATH,), created="2026-11-01T00:00:00Z")
CONTROLLER = scenes.pod("edge-b975c9b8d-x", 50, app="edge", namespace="edge")
EDGE = Service(
    "edge",
    "edge",
    "LoadBalancer",
    ("10.96.0.50",),
    (ServicePort(80, target_port="8080"), ServicePort(443, target_port="8443")),
    {"app": "edge"},
    balancers=(Balancer(ADDRESS),),
)
GATEWAY = Gateway("edge", "main", "edge", (ADDRESS,), (Listener("web", 80, "HTTP"),))
TAKEN = Parent("edge/main", field="spec.parentRefs[0]")
RULE = IngressPath("", "/", "web", "80", path_type="PathPrefix", field="spec.rules[0].backendRefs[0]")
HTTP_ROUTE = GatewayRoute("shop", "beta", ("shop.lab",), (TAKEN,), (RULE,))
ROUTE = Route("shop", "legacy", IngressPath("shop.lab", "/", "web", "", field="spec.to"))


def found(
    *ingresses: Ingress, report: scenes.Report | None = None, controller: t.Any = CONTROLLER, **more: t.Any
) -> Diagnosis:
    """What the rules of this layer and of Services find."""
    seen = scenes.snapshot(ingresses=ingresses, ingress_classes=(CLASS,))
    pods = (*seen.pods, *([controller] if controller else []))
    seen = dataclasses.replace(seen, pods=pods, services=(SERVICE, EDGE))
    seen = dataclasses.replace(seen, **more)
    return diagnose(
        scenes.case(seen, report), (*entries.RULES, *services.RULES, *services_selectors.RULES, *policies.RULES)
    )


def entry(name: str = "web", what: str = "shop.lab/", port: int = 80) -> dict[str, t.Any]:
    """A host and path of a way in, as the report has it."""
    target = {"id": f"ingress/shop/{name}/{what}:{port}", "kind": "ingress", "name": name}
    return {**target, "namespace": "shop", "port": port, "port_name": what}


def asked(
    ingress: Ingress = INGRESS, path: IngressPath = PATH, outcome: str = "http_404", **more: t.Any
) -> scenes.Report:
    """A report in which a path of an Ingress fails."""
    report = scenes.Report()
    target = entry(ingress.name, f"{path.host}{path.path}")
    report.ask(target, outcome, "fail", **{"model": "pod_to_ingress", "protocol": "http", **more})
    return report


def only(diagnosis: Diagnosis) -> Finding:
    """The one finding."""
    (finding,) = diagnosis.findings
    return finding


def with_path(**more: t.Any) -> Ingress:
    """The Ingress with another path."""
    return dataclasses.replace(INGRESS, paths=(dataclasses.replace(PATH, **more),))


def by_tls(**more: t.Any) -> Ingress:
    """The Ingress with TLS."""
    base = {"tls": True, "tls_hosts": ("shop.lab",), "tls_places": (0,), "tls_secrets": ("web-tls",)}
    return dataclasses.replace(INGRESS, **{**base, **more})


def secret(
    name: str = "web-tls", kind: str = "kubernetes.io/tls", keys: t.Sequence[str] = ("tls.crt", "tls.key")
) -> Keys:
    """A Secret as depth workloads knows it."""
    return Keys("Secret", "shop", name, kind, tuple(keys))


def certificate(*names: str, until: str = "2027-01-01T00:00:00Z", **more: t.Any) -> dict[str, t.Any]:
    """What a certificate says, as the evidence of a check has it."""
    facts = {
        "subject": f"CN={names[0]}",
        "issuer": "CN=lab",
        "names": list(names),
        "not_before": "2026-01-01T00:00:00Z",
    }
    return {"tls": {**facts, "not_after": until, "valid_now": True, "name_matches": "shop.lab" in names, **more}}


def handshake(*shown: tuple[str, str, dict[str, t.Any]]) -> scenes.Report:
    """A report of handshakes: how each was named, its outcome, and what the certificate says."""
    report = scenes.Report()
    for via, outcome, evidence in shown:
        verdict = "skipped" if via != "address" else "pass" if outcome == "open" else "fail"
        report.ask(
            entry(port=443), outcome, verdict, model="pod_to_ingress", protocol="tls", via=via, evidence=evidence
        )
    return report

# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""ING-12: a controller sends HTTP to an application that speaks TLS, or TLS to one that does not."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils import _words
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Pod, Service, ServicePort
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_entries import Ingress
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.service_routing import port_in_pod

from .. import fixes
from ..about import About
from ..case import Case, ref_of
from ..finding import Evidence, Fix, ObjectRef
from ..rule import Candidate
from .entries_about import NamedBackend, named_backends

_HTTPS, _HTTP = "https", "http"
#: What a server that speaks TLS says to who does not: Go, nginx, Apache.
_WANTS_TLS = re.compile(
    r"HTTP request to an HTTPS server|HTTP request was sent to HTTPS port|speaking plain HTTP", re.I
)
#: What controllers answer where the application does not understand them; or the application does.
_FAILS = ("http_400", "http_500", "http_502", "http_503", "http_504", "reset")
_NGINX = "nginx.ingress.kubernetes.io/backend-protocol"
_TRAEFIK = "traefik.ingress.kubernetes.io/service.serversscheme"
_HAPROXY = "haproxy.org/server-ssl"


@dataclasses.dataclass(frozen=True)
class Told:
    """By what a controller knows how to speak to a backend.

    Attributes:
        object: C(Service) or C(Ingress): where its annotation stands.
        annotation: that decides before all else; empty where there is none.
        words: of the annotation for HTTPS and for HTTP.
        by_port: whether the name and number of the port of the Service tell it.
        by_app_protocol: whether C(appProtocol) does.
    """

    object: str
    annotation: str = ""
    words: tuple[str, str] = ("", "")
    by_port: bool = False
    by_app_protocol: bool = False


#: C(spec.controller) of an IngressClass -> how it is told. Of others any of it may.
CONTROLLERS = {
    # traefik/traefik: pkg/provider/kubernetes/ingress/kubernetes.go, getProtocol.
    "traefik.io/ingress-controller": Told("Service", _TRAEFIK, (_HTTPS, _HTTP), by_port=True),
    # kubernetes/ingress-nginx: docs/user-guide/nginx-configuration/annotations.md, "Backend Protocol".
    "k8s.io/ingress-nginx": Told("Ingress", _NGINX, ("HTTPS", "HTTP")),
    "haproxy.org/ingress-controller": Told("Ingress", _HAPROXY, ("true", "false")),
}
_OTHER = Told("Service", by_port=True, by_app_protocol=True)


def different(case: Case) -> t.Iterator[Candidate]:
    """Find the backends whose application speaks otherwise than their controller is told to."""
    failing = [
        about for about in case.failing if about.cell.outcome in _FAILS and about.target.get("kind") == "ingress"
    ]
    services = {service for about in failing for service, _port in about.ports}
    for one in named_backends(case):
        service = case.facts.services.get(one.id) if one.id in services else None
        found = _port(service, one) if service else None
        if service is None or found is None or not any(map(one.matches, failing)):
            continue
        place, port = found
        speaks, evidence = _speaks(case, service, port)
        ingress = _ingress(case, one.ref)
        told = _told(case, ingress)
        sends, field = _sends(told, ingress, service, port, place)
        if speaks and speaks != sends and _is_told(one.ref, ingress):
            yield _candidate(one, service, (place, port), (speaks, sends, field), evidence, told)


def _is_told(ref: ObjectRef, ingress: Ingress | None) -> bool:
    """Whether what it sends is known: of a Gateway's controller, by C(appProtocol) and BackendTLSPolicy."""
    return ref.kind == "HTTPRoute" or ingress is not None


def _ingress(case: Case, ref: ObjectRef) -> Ingress | None:
    if ref.kind != "Ingress":
        return None
    return next(
        (each for each in case.snapshot.ingresses if (each.namespace, each.name) == (ref.namespace, ref.name)), None
    )


def _told(case: Case, ingress: Ingress | None) -> Told:
    if ingress is None:
        return Told("Service", by_app_protocol=True)
    classes = {each.name: each.controller for each in case.snapshot.ingress_classes}
    default = next((each.controller for each in case.snapshot.ingress_classes if each.default), "")
    controller = classes.get(ingress.ingress_class, "") if ingress.ingress_class else default
    return CONTROLLERS.get(controller, _OTHER)


def _port(service: Service, one: NamedBackend) -> tuple[int, ServicePort] | None:
    for place, port in enumerate(service.ports):
        if port.protocol == "TCP" and one.port in ("", port.name, str(port.port)):
            return place, port
    return None


def _sends(told: Told, ingress: Ingress | None, service: Service, port: ServicePort, place: int) -> tuple[str, str]:
    """What a controller sends, and the field that tells it so; that of C(appProtocol) where nothing does."""
    annotations = ingress.annotations if told.object == "Ingress" and ingress else service.annotations
    value = annotations.get(told.annotation, "")
    above = f"spec.ports[{place}]"
    if value:
        return (_HTTPS if value.lower() == told.words[0].lower() else _HTTP), f"metadata.annotations[{told.annotation}]"
    if told.by_app_protocol and port.app_protocol:
        return (_HTTPS if port.app_protocol.lower() == _HTTPS else _HTTP), f"{above}.appProtocol"
    if told.by_port and port.name.startswith(_HTTPS):
        return _HTTPS, f"{above}.name"
    if told.by_port and port.port == 443:
        return _HTTPS, f"{above}.port"
    return _HTTP, f"{above}.appProtocol"


def _speaks(case: Case, service: Service, port: ServicePort) -> tuple[str, Evidence | None]:
    """What the application behind a port speaks, by its own answers, else by the kubelet's; empty if nobody asked."""
    pods = case.pods_of(service)
    numbers = {ref_of(pod): port_in_pod(pod, port) for pod in pods}
    for about in (*case.answered, *case.failing):
        of_pod = about.asked in numbers and about.target.get("port") == numbers[about.asked]
        of_service = about.target.get("kind") == "service" and about.uses(service.id, port.port)
        said = _spoken(about) if of_pod or of_service or _is_endpoint(about, service, port) else ""
        if said:
            return said, Evidence("probe", f"check {about.cell.id}", f"{about.cell.asked}: {about.cell.outcome}")
    for answer in case.follow_ups:
        of_pods = {f"{address}#{numbers[ref_of(pod)]}" for pod in pods for address in pod.ips}
        asked = f"{answer.question.host}#{answer.question.port}"
        if answer.question.kind == "backend" and answer.answered and asked in of_pods and answer.outcome != "http_400":
            return answer.question.protocol, answer.evidence()
    for pod in pods:
        said = _probed(pod, str(numbers[ref_of(pod)])) if pod.ready else ""
        if said:
            return said, Evidence("api", str(ref_of(pod)), f"is ready, and its readiness probe speaks {said.upper()}")
    return "", None


def _is_endpoint(about: About, service: Service, port: ServicePort) -> bool:
    """Whether an endpoint is asked without the controller, to compare pages."""
    return about.cell.via == "endpoint itself" and about.uses(service.id, port.port)


def _spoken(about: About) -> str:
    cell = about.cell
    if _WANTS_TLS.search(str(cell.evidence.get("body", ""))):
        return _HTTPS
    if cell.protocol in (_HTTPS, "tls"):
        return _HTTPS if cell.outcome.startswith("http_") or cell.outcome in ("open", "tls_wrong_name") else ""
    is_page = cell.protocol == _HTTP and _words.outcome(cell.outcome).is_open and cell.outcome != "http_400"
    return _HTTP if is_page else ""


def _probed(pod: Pod, number: str) -> str:
    """What the readiness probe of a ready Pod speaks at a port."""
    for container in pod.containers:
        own = {number, *(port.name for port in container.ports if str(port.port) == number)}
        if own & container.http_paths.keys():
            return _HTTPS if own & set(container.https_ports) else _HTTP
    return ""


def _candidate(
    one: NamedBackend,
    service: Service,
    at: tuple[int, ServicePort],
    spoken: tuple[str, str, str],
    evidence: Evidence | None,
    told: Told,
) -> Candidate:
    place, port = at
    speaks, sends, field = spoken
    in_ingress = field.startswith("metadata.annotations") and told.object == "Ingress"
    ref = one.ref if in_ingress else ref_of(service)
    value = _value(field, told, port, sends)
    says = f"{field} is {value}" if value else f"{field} is not set"
    matches = one.matches

    def explains(about: About) -> bool:
        """What the controller fails at; and who asks the Service itself by what its port announces."""
        announced = sends == _HTTPS and about.cell.protocol in (_HTTPS, "tls") and about.uses(service.id, port.port)
        return (about.cell.outcome in _FAILS and matches(about)) or announced

    return Candidate(
        ref,
        f"{ref}: {says}, so {one.ref} is served by {sends.upper()}, and the application speaks {speaks.upper()}",
        certainty="certain" if evidence and evidence.kind == "probe" else "strong",
        field=field,
        value=value,
        wanted=speaks if not field.endswith(".port") else "",
        mechanism="The controller and the application do not understand each other, and the controller says it failed",
        victims=() if ref == one.ref else (one.ref,),
        explains=explains,
        evidence=(
            *([dataclasses.replace(evidence, key=True)] if evidence else []),
            Evidence("api", str(ref), says, key=evidence is None),
        ),
        fix=_fix(one, service, told, speaks, place, port),
    )


def _value(field: str, told: Told, port: ServicePort, sends: str) -> str:
    if field.startswith("metadata"):
        return told.words[0 if sends == _HTTPS else 1]
    return {"name": port.name, "port": str(port.port)}.get(field.rpartition(".")[2], port.app_protocol)


def _fix(one: NamedBackend, service: Service, told: Told, speaks: str, place: int, port: ServicePort) -> Fix:
    trust = "; its certificate has to be one that the controller trusts" if speaks == _HTTPS else ""
    if told.annotation:
        ref = one.ref if told.object == "Ingress" else ref_of(service)
        kind = ref.kind.lower()
        word = told.words[0] if speaks == _HTTPS else told.words[1]
        do = ("annotate", kind, ref.name, "--overwrite", f"{told.annotation}={word}")
        return fixes.command(
            ref,
            f"Tell the controller to speak {speaks.upper()}{trust}",
            do,
            ("annotate", kind, ref.name, f"{told.annotation}-"),
            "medium",
        )
    pointer, ref = f"/spec/ports/{place}/appProtocol", ref_of(service)
    change = [{"op": "add", "path": pointer, "value": speaks}]
    back = [{**change[0], "value": port.app_protocol} if port.app_protocol else {"op": "remove", "path": pointer}]
    return fixes.json_patch(ref, f"Tell the controller to speak {speaks.upper()}{trust}", change, back, "medium")

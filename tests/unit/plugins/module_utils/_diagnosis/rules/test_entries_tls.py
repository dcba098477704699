# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of TLS Secrets and of the certificates that controllers show."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_entries import Listener

from .. import scenes
from ..entry_scenes import GATEWAY, HTTP_ROUTE, by_tls, certificate, entry, found, handshake, only, secret

WRONG = "tls_wrong_name"
DEFAULT = certificate("default.lab")
DEFAULT_SHOWN = ("address", WRONG, DEFAULT), ("host of nobody", WRONG, DEFAULT)


HAS = (secret(),)
BY_TLS = by_tls()


def seen(*shown, keys=HAS, ingress=BY_TLS, **more):
    return found(ingress, report=handshake(*shown), workloads=scenes.workloads(keys=tuple(keys), **more))


def test_a_secret_that_does_not_exist():
    finding = only(seen(*DEFAULT_SHOWN, keys=()))
    assert (finding.code, str(finding.object), finding.field) == (
        "ING-07",
        "Ingress shop/web",
        "spec.tls[0].secretName",
    )
    assert (finding.value, finding.wanted, finding.explains) == ("web-tls", "", (1,))
    finding = only(seen(*DEFAULT_SHOWN, keys=(secret("web-tsl"),)))
    assert finding.wanted == "web-tsl"
    assert finding.fix is not None
    assert '"path": "/spec/tls/0/secretName", "value": "web-tsl"' in finding.fix.command


def test_a_secret_that_does_not_exist_is_no_matter_where_the_certificate_is_right():
    assert not seen(("address", "open", certificate("shop.lab")), keys=()).findings


def test_where_no_handshake_was_asked_for_it_is_a_warning():
    assert only(seen(*DEFAULT_SHOWN, keys=())).severity == "error"
    assert only(seen(keys=())).severity == "warning"


def test_a_secret_without_the_keys():
    finding = only(seen(*DEFAULT_SHOWN, keys=(secret(kind="Opaque", keys=("cert.pem", "key.pem")),)))
    assert (finding.code, str(finding.object), finding.field) == ("ING-07", "Secret shop/web-tls", "data[tls.crt]")
    assert "cert.pem" in finding.evidence[0].says


def test_of_a_secret_whose_keys_are_not_known_nothing_is_missing():
    assert not seen(keys=(secret(kind="", keys=()),)).findings
    assert not seen(keys=(dataclasses.replace(secret(keys=()), partial=True),)).findings


def test_a_secret_of_another_type_with_the_keys_is_used():
    assert not seen(keys=(secret(kind="Opaque"),)).findings


def test_a_secret_that_the_controller_does_not_use():
    finding = only(seen(*DEFAULT_SHOWN))
    assert (finding.code, str(finding.object), finding.field) == ("ING-07", "Secret shop/web-tls", "data[tls.key]")
    assert finding.certainty == "strong"


def test_a_certificate_for_another_name_that_is_shown_for_that_name_alone():
    other = certificate("www.shop.lab")
    finding = only(seen(*DEFAULT_SHOWN, ("certificate of www.shop.lab", "open", other)))
    assert (finding.code, str(finding.object), finding.field) == ("ING-08", "Secret shop/web-tls", "data[tls.crt]")
    assert (finding.value, finding.explains) == ("www.shop.lab", (1,))


def test_a_certificate_for_another_name_that_is_shown_nevertheless():
    other = certificate("www.shop.lab")
    finding = only(seen(("address", WRONG, other), ("host of nobody", WRONG, DEFAULT)))
    assert (finding.code, finding.value, finding.certainty) == ("ING-08", "www.shop.lab", "certain")


def test_an_expired_certificate():
    old = certificate("shop.lab", until="2026-11-30T00:00:00Z", valid_now=False)
    finding = only(seen(("address", "tls_expired", old), ("host of nobody", WRONG, DEFAULT)))
    assert (finding.code, finding.field, finding.value) == (
        "ING-08",
        "data[tls.crt]",
        "valid until 2026-11-30T00:00:00Z",
    )
    assert [one.code for one in finding.ruled_out] == ["ING-07"]


def test_no_secret_is_named_and_the_default_certificate_is_for_others():
    finding = only(seen(*DEFAULT_SHOWN, ingress=by_tls(tls_secrets=("",))))
    assert (finding.code, str(finding.object), finding.field) == (
        "ING-08",
        "Ingress shop/web",
        "spec.tls[0].secretName",
    )


def test_the_certificates_that_controllers_make_are_known():
    made = certificate("a.traefik.default", subject="CN=TRAEFIK DEFAULT CERT")
    assert only(seen(("address", WRONG, made))).code == "ING-07"


def test_without_the_right_to_list_secrets_nothing_is_said_of_them():
    diagnosis = seen(*DEFAULT_SHOWN, keys=(), unknown={"secrets": "forbidden"})
    assert "ING-07" in {one.code for one in diagnosis.unknown_rules}
    assert not [one for one in diagnosis.findings if one.code == "ING-07"]


@pytest.mark.parametrize("reason", ["InvalidCertificateRef", "RefNotPermitted"])
def test_a_listener_that_cannot_use_its_certificate(reason: str):
    listener = Listener("tls", 443, "HTTPS", certificates=("edge/gone",), reason=reason, defect="no such Secret")
    gateway = dataclasses.replace(GATEWAY, listeners=(listener,), defect="invalid", reason="ListenersNotValid")
    finding = only(found(gateways=(gateway,), http_routes=(HTTP_ROUTE,)))
    assert (finding.code, str(finding.object)) == ("ING-07", "Gateway edge/main")
    assert (finding.field, finding.value) == ("spec.listeners[0].tls.certificateRefs[0].name", "gone")


def test_the_certificate_of_a_gateway_has_expired():
    listener = Listener("tls", 443, "HTTPS", certificates=("edge/main-tls",))
    gateway = dataclasses.replace(GATEWAY, listeners=(listener,))
    old = certificate("shop.lab", until="2026-11-30T00:00:00Z", valid_now=False)
    report = scenes.Report()
    more = {"model": "pod_to_ingress", "protocol": "tls", "via": "address", "decided_by": "HTTPRoute shop/beta"}
    report.ask(entry("beta", port=443), "tls_expired", "fail", evidence=old, **more)
    finding = only(found(gateways=(gateway,), http_routes=(HTTP_ROUTE,), report=report, selected=("shop",)))
    assert (finding.code, str(finding.object), finding.field) == ("ING-08", "Secret edge/main-tls", "data[tls.crt]")
    assert [str(one) for one in finding.victims] == ["Gateway edge/main", "HTTPRoute shop/beta"]
    assert finding.explains == (1,)

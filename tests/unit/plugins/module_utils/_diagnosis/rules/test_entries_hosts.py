# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of hosts and paths that clients ask for: each fires, and does not fire."""

from __future__ import annotations

import dataclasses

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model_entries import EntryReference

from .. import scenes
from ..entry_scenes import ADDRESS, EDGE, INGRESS, PATH, ROUTE, asked, entry, found, only, with_path
from ..scenes import SERVICE, SLICE


def test_of_two_ingresses_with_one_path_the_later_is_named():
    second = dataclasses.replace(with_path(service="other"), name="late", created="2026-11-30T00:00:00Z")
    other = dataclasses.replace(SERVICE, name="other", cluster_ips=("10.96.0.77",))
    report = asked(second, second.paths[0], "wrong_peer")
    slices = (SLICE, dataclasses.replace(SLICE, service="other"))
    finding = only(found(INGRESS, second, report=report, services=(SERVICE, other, EDGE), endpoint_slices=slices))
    assert (finding.code, str(finding.object)) == ("ING-11", "Ingress shop/late")


def test_two_ingresses_with_one_path_are_a_warning_where_nothing_fails():
    second = dataclasses.replace(with_path(service="other"), name="late", created="2026-11-30T00:00:00Z")
    other = dataclasses.replace(SERVICE, name="other", cluster_ips=("10.96.0.77",))
    slices = (SLICE, dataclasses.replace(SLICE, service="other"))
    report = scenes.Report()
    report.ask((SERVICE, 80))
    finding = only(found(INGRESS, second, report=report, services=(SERVICE, other, EDGE), endpoint_slices=slices))
    assert (finding.code, finding.severity) == ("ING-11", "warning")


def test_a_host_that_another_route_of_openshift_has():
    route = dataclasses.replace(ROUTE, defect="route other already exposes shop.lab", reason="HostAlreadyClaimed")
    finding = only(found(routes=(route,), report=answered()))
    assert (finding.code, finding.field, finding.value) == ("ING-11", "spec.host", "shop.lab")


REFERENCE = EntryReference(
    "shop/client-55cd8fb856-7dkjw",
    "www.shop.lab",
    80,
    ADDRESS,
    "Ingress shop/web",
    PATH.field,
    where="spec.containers[0].env[0]",
)


def answered() -> scenes.Report:
    report = scenes.Report()
    report.ask((SERVICE, 80))
    return report


def test_a_host_that_no_rule_has_and_a_client_asks_for():
    report = asked(path=dataclasses.replace(PATH, host="www.shop.lab"))
    finding = only(found(INGRESS, report=report, entry_references=(REFERENCE,)))
    assert (finding.code, str(finding.object), finding.field) == ("ING-09", "Ingress shop/web", "spec.rules[0].host")
    assert (finding.value, finding.wanted, finding.explains) == ("shop.lab", "www.shop.lab", (1,))
    assert "Deployment shop/client" in finding.sentence
    assert finding.fix is not None
    assert '"path": "/spec/rules/-", "value": {"host": "www.shop.lab"' in finding.fix.command
    assert '{"op": "remove", "path": "/spec/rules/1"}' in finding.fix.undo


def test_a_host_that_another_namespace_serves_is_no_cause():
    report = scenes.Report()
    report.ask(entry(what="www.shop.lab/"), "http_200", "pass", model="pod_to_ingress", protocol="http")
    assert not found(INGRESS, report=report, entry_references=(REFERENCE,)).findings


def test_a_path_below_an_exact_one():
    exact = with_path(path="/pages", path_type="Exact")
    reference = dataclasses.replace(REFERENCE, host="shop.lab", below="/pages")
    report = asked(path=dataclasses.replace(PATH, path="/pages/kubewire"))
    report.ask(entry(what="shop.lab/pages/"), "http_404", "pass", protocol="http")  # whether it is served is known
    finding = only(found(exact, report=report, entry_references=(reference,)))
    assert (finding.code, finding.field) == ("ING-10", "spec.rules[0].http.paths[0].pathType")
    assert (finding.value, finding.wanted, finding.explains) == ("Exact", "Prefix", (1,))
    assert finding.fix is not None
    assert '"path": "/spec/rules/0/http/paths/0/pathType", "value": "Prefix"' in finding.fix.command


def not_found_below(shown: str = "http_200", path: str = "/", author: str = "peer") -> scenes.Report:
    """A report in which the application has no page at the path that it is handed, and one at another."""
    report = scenes.Report()
    report.ask(entry(what="shop.lab/shop"), "http_404", "pass", protocol="http", author=author)
    asked_at = f"http://10.244.1.8:8080{path}"
    report.ask(entry(what="shop.lab/shop"), shown, "skipped", via="root of the endpoint", asked=asked_at)
    return report


def test_a_path_that_nothing_rewrites():
    finding = only(found(with_path(path="/shop"), report=not_found_below()))
    assert (finding.code, finding.severity, finding.field) == ("ING-10", "warning", "spec.rules[0].http.paths[0].path")
    assert [one.kind for one in finding.evidence] == ["probe", "probe"]


def test_an_application_without_any_other_page_is_as_it_is():
    assert not found(with_path(path="/shop"), report=not_found_below("http_404")).findings
    assert not found(with_path(path="/shop"), report=not_found_below(path="/healthz")).findings
    assert not found(with_path(path="/shop"), report=not_found_below(path="/shop/all")).findings
    rewrite = {"nginx.ingress.kubernetes.io/rewrite-target": "/"}
    rewritten = dataclasses.replace(with_path(path="/shop"), annotations=rewrite)
    assert not found(rewritten, report=not_found_below()).findings
    middleware = {"traefik.ingress.kubernetes.io/router.middlewares": "shop-strip@kubernetescrd"}
    assert not found(dataclasses.replace(rewritten, annotations=middleware), report=not_found_below()).findings

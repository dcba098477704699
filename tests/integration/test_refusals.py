# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the API server refuses comes back as data, in the words of a real one, and nothing is written."""

from __future__ import annotations

import json
import subprocess
import sys
import typing as t
import uuid

import pytest

from .conftest import COLLECTIONS, OPERATOR, ROOT, create, kubectl, namespaces, objects

Json = dict[str, t.Any]
RUN = f"test-{uuid.uuid4().hex[:8]}"
IMAGE = "nothing.invalid/never-pulled:1"


def made(kind: str, name: str, version: str = "v1", place: str = "", labels: Json | None = None, **body: t.Any) -> Json:
    """An object of the setting; its namespace is one of ours."""
    metadata = {"name": name, **({"namespace": f"{RUN}-{place}"} if place else {}), "labels": labels or {}}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **body}


def enforce(level: str) -> Json:
    return {"pod-security.kubernetes.io/enforce": level}


NAMESPACES: dict[str, Json] = {
    "plain": {},
    "baseline": enforce("baseline"),
    "restricted": enforce("restricted"),
    "quota": {},
    "count": {},
    "later": {},
    "limit": {},
    "webhook": {},
    "policy": {},
}
RULES = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}
ADMISSION = "admissionregistration.k8s.io/v1"


def only(place: str) -> Json:
    """Selects one namespace of ours, so that nobody else is touched."""
    return {"matchLabels": {"kubernetes.io/metadata.name": f"{RUN}-{place}"}}


WEBHOOK = {
    "name": "pods.nowhere.example",
    "admissionReviewVersions": ["v1"],
    "sideEffects": "None",
    "timeoutSeconds": 2,
    "clientConfig": {"url": "https://127.0.0.1:9/"},
    "namespaceSelector": only("webhook"),
    "rules": [RULES],
}
POLICY = {
    "matchConstraints": {"resourceRules": [RULES]},
    "validations": [{"expression": "false", "message": "no debug Pods in this house"}],
}
ORIGINAL = {"containers": [{"name": "app", "image": IMAGE}], "nodeSelector": {"no": "where"}}
BINDING = {
    "policyName": RUN,
    "validationActions": ["Deny"],
    "matchResources": {"namespaceSelector": only("policy")},
}
SMALL = {"hard": {"limits.cpu": "100m", "limits.memory": "64Mi"}}
SIZES = {"limits": [{"type": "Container", "max": {"cpu": "100m"}, "min": {"memory": "32Mi"}}]}
SETTING = [
    made("ResourceQuota", "small", place="quota", spec=SMALL),
    made("ResourceQuota", "few", place="count", spec={"hard": {"pods": "0"}}),
    made("LimitRange", "sizes", place="limit", spec=SIZES),
    made("ValidatingWebhookConfiguration", RUN, ADMISSION, webhooks=[WEBHOOK]),
    made("ValidatingAdmissionPolicy", RUN, ADMISSION, spec=POLICY),
    made("ValidatingAdmissionPolicyBinding", RUN, ADMISSION, spec=BINDING),
    made("Pod", "original", place="plain", spec=ORIGINAL),
]


def pod(place: str, container: Json | None = None, **spec: t.Any) -> Json:
    """The case of a Pod to be created."""
    containers = [{"name": "debug", "image": IMAGE, **(container or {})}]
    body = made("Pod", "debug", place=place, spec={"containers": containers, "nodeSelector": {"no": "where"}, **spec})
    where = f"{RUN}-{place}"
    return {"method": "post", "path": f"/api/v1/namespaces/{where}/pods", "body": body, "what": f"Pod {where}/debug"}


def ephemeral(where: str, name: str, **container: t.Any) -> Json:
    """The case of an ephemeral container to be added."""
    return {
        "method": "patch",
        "path": f"/api/v1/namespaces/{where}/pods/{name}/ephemeralcontainers",
        "body": {"spec": {"ephemeralContainers": [{"name": "debug", "image": IMAGE, **container}]}},
        "what": f"ephemeral container of Pod {where}/{name}",
        "container": "debug",
    }


def sizes(**limits: str) -> Json:
    return {"resources": {"requests": limits, "limits": limits}}


NOBODY = f"system:serviceaccount:{RUN}-plain:default"
CAPABLE = {"securityContext": {"capabilities": {"add": ["NET_ADMIN"]}}}
HOST = {"hostNetwork": True, "volumes": [{"name": "root", "hostPath": {"path": "/"}}]}
NO_PODS = made("ResourceQuota", "late", place="later", spec={"hard": {"pods": "0"}})
LATER = {"path": f"/api/v1/namespaces/{RUN}-later/resourcequotas", "body": NO_PODS}

CASES: dict[str, tuple[Json, str, str, list[str]]] = {
    # a case; kind, in the remedy, field of each violation
    "rbac": (
        {**pod("plain"), "user": NOBODY},
        "rbac",
        f'a Role in namespace {RUN}-plain with - {{apiGroups: [""], resources: ["pods"], verbs: ["create"]}}',
        ["pods"],
    ),
    "rbac-ephemeral": (
        {**ephemeral(f"{RUN}-plain", "original"), "user": NOBODY},
        "rbac",
        'resources: ["pods/ephemeralcontainers"], verbs: ["patch"]',
        ["pods/ephemeralcontainers"],
    ),
    "baseline": (
        pod("baseline", CAPABLE, **HOST),
        "pod_security",
        "use O(profile): baseline without spec.hostNetwork, spec.volumes",
        ["securityContext.capabilities", "spec.hostNetwork", "spec.volumes"],
    ),
    "restricted": (
        pod("restricted"),
        "pod_security",
        "use O(profile): restricted and an image whose user is not root",
        [
            f"securityContext.{name}"
            for name in ("allowPrivilegeEscalation", "capabilities", "runAsNonRoot", "seccompProfile")
        ],
    ),
    "quota-unsaid": (
        pod("quota"),
        "quota",
        "set resources: the quota small requires limits.cpu, limits.memory for every Pod",
        ["resources.limits.cpu", "resources.limits.memory"],
    ),
    "quota-exceeded": (
        pod("quota", sizes(cpu="200m", memory="32Mi")),
        "quota",
        "set smaller resources, free or raise limits.cpu of the quota small",
        ["resources.limits.cpu"],
    ),
    "quota-of-pods": (pod("count"), "quota", "free or raise pods of the quota few", [""]),
    "limit-range": (
        pod("limit", sizes(cpu="200m", memory="1Mi")),
        "limit_range",
        "requests.memory at least 32Mi",
        ["resources.requests.memory", "resources.limits.cpu"],
    ),
    "webhook": (pod("webhook"), "webhook", f"exclude the namespace {RUN}-webhook", [""]),
    "policy": (pod("policy"), "webhook", f"change what the ValidatingAdmissionPolicy {RUN} rejects", [""]),
    "service-account": (
        pod("plain", serviceAccountName="nobody"),
        "service_account",
        f"kubectl create serviceaccount nobody -n {RUN}-plain",
        ["spec.serviceAccountName"],
    ),
    "no-such-namespace": (
        {**pod("nowhere"), "nowhere": True},
        "no_such_namespace",
        f"create the namespace {RUN}-nowhere",
        [],
    ),
    "no-such-pod": (ephemeral(f"{RUN}-plain", "nobody"), "no_such_pod", "nobody does not exist", []),
    "static-pod": (
        ephemeral("kube-system", "STATIC"),
        "static_pod",
        "use the node level on its node",
        ["spec.ephemeralContainers"],
    ),
    "validation": (
        ephemeral(f"{RUN}-plain", "original", ports=[{"containerPort": 1}], targetContainerName="nobody"),
        "validation",
        "change spec.ephemeralContainers[0].targetContainerName, spec.ephemeralContainers[0].ports",
        ["spec.ephemeralContainers[0].targetContainerName", "spec.ephemeralContainers[0].ports"],
    ),
    "runtime-class": (
        pod("plain", runtimeClassName="nobody"),
        "validation",
        "runtimeClassName",
        ["spec.runtimeClassName"],
    ),
}


def operator(given: t.Any, *python: str) -> list[Json]:
    """Run Python as the operator, JSON in, one object by line out."""
    done = subprocess.run(
        [*OPERATOR, "env", f"PYTHONPATH={COLLECTIONS}", sys.executable, *python],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def run(cases: list[Json]) -> list[Json]:
    """Ask and do all cases."""
    return operator(cases, str(ROOT / "tests" / "integration" / "refusal_cases.py"))


@pytest.fixture(scope="module")
def setting() -> t.Iterator[None]:
    """Namespaces of our own with their rules, and a webhook and a policy that look at nothing else."""
    with namespaces({f"{RUN}-{name}": labels for name, labels in NAMESPACES.items()}):
        try:
            create(SETTING)
            yield
        finally:
            kinds = "validatingwebhookconfiguration,validatingadmissionpolicy,validatingadmissionpolicybinding"
            kubectl("delete", kinds, RUN, "--ignore-not-found")


@pytest.fixture(scope="module")
def answers(setting: None) -> dict[str, Json]:
    """What came of each case; all go through one process."""
    static = objects("pods", "-n", "kube-system", "-l", "component=etcd")[0]["metadata"]["name"]
    text = json.dumps([case for case, *_rest in CASES.values()]).replace("/STATIC", f"/{static}")
    return dict(zip(CASES, run(json.loads(text)), strict=True))


@pytest.mark.parametrize("name", CASES)
def test_a_refusal_is_data_and_nothing_is_written(answers: dict[str, Json], name: str) -> None:
    case, kind, remedy, fields = CASES[name]
    answer = answers[name]
    refusal = answer["forecast"]
    assert refusal is not None, "the forecast let it pass"
    assert refusal["kind"] == kind, refusal
    assert remedy in refusal["remedy"]
    assert [violation.get("field", "") for violation in refusal.get("violations", [])] == fields
    assert refusal["object"].split("/")[0] == case["what"].split("/")[0]
    assert refusal["message"] in refusal["said"]
    assert answer["done"]["kind"] == kind, "the write was refused for another reason"
    assert not answer["written"]


def test_what_changes_after_the_forecast_is_a_refusal_too(setting: None) -> None:
    (answer,) = run([{**pod("later"), "between": [LATER]}])
    assert answer["forecast"] is None
    assert answer["done"]["kind"] == "quota"
    assert not answer["written"]


AUTHORISE = """
import json, os, sys
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster import connection
from ansible_collections.kubewire.netdebug.plugins.module_utils._cluster.rest import Api
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.admission import Need, authorise
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.types import Refused
user, needs = json.load(sys.stdin)
api = Api(connection.connect({"kubeconfig": os.environ["KUBECONFIG"], "impersonate_user": user}))
try:
    print(json.dumps({"allowed": authorise(api, [Need(**need) for need in needs], "Pod x/y")}))
except Refused as error:
    print(json.dumps(error.refusal.to_dict()))
"""


NEEDS = [
    {"verb": "create", "resource": "pods", "namespace": "shop"},
    {"verb": "patch", "resource": "pods", "subresource": "ephemeralcontainers", "namespace": "shop"},
    {"verb": "create", "resource": "jobs", "group": "batch", "namespace": "shop"},
    {"verb": "get", "resource": "nodes"},
    {"verb": "create", "resource": "selfsubjectaccessreviews", "group": "authorization.k8s.io"},
]


def test_all_rights_that_are_missing_are_named() -> None:
    (refusal,) = operator([NOBODY, NEEDS], "-c", AUTHORISE)
    assert refusal["kind"] == "rbac"
    assert [violation["rule"] for violation in refusal["violations"]] == [
        "create pods",
        "patch pods/ephemeralcontainers",
        "create jobs",
        "get nodes",
    ]
    assert "a Role in namespace shop: " in refusal["remedy"]
    assert 'a ClusterRole: - {apiGroups: [""], resources: ["nodes"], verbs: ["get"]}' in refusal["remedy"]


def test_the_operator_has_them_all() -> None:
    (answer,) = operator([None, NEEDS], "-c", AUTHORISE)
    assert answer["allowed"] == [{**need, "allowed": True} for need in NEEDS]

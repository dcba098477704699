# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's fault files: each parses, changes what exists, and says how it is seen and what a diagnosis must name."""

from __future__ import annotations

import json
import pathlib
import re
import shlex
import sys
import threading
from typing import Any

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.catalogue import RULES

LAB = pathlib.Path(__file__).resolve().parents[2] / "lab"
sys.path.insert(0, str(LAB))

from kubelab import progress  # noqa: E402
from kubelab.faults import checks, cli, files, heal, live, score, state  # noqa: E402
from kubelab.proc import LabError  # noqa: E402

FAULTS = files.discover()
NAMES = [fault.name for fault in FAULTS]
CODES = {rule.code for rule in RULES}
OUTCOME = re.compile(r"http|open|refused|reset|timeout|unreachable|no such name|no answer|address|answer|tls|no HTTP")


def write(folder: pathlib.Path, text: str, name: str = "POD-01-new.yaml") -> files.Fault:
    (folder / name).write_text(text)
    return files.Fault(folder / name)


@pytest.mark.parametrize("fault", FAULTS, ids=NAMES)
def test_a_file_is_whole(fault: files.Fault) -> None:
    assert fault.code in CODES
    assert fault.breaks.endswith(".")
    assert "\n" not in fault.breaks
    assert fault.checks("symptom")
    assert fault.controls
    assert all(kind and name for kind, _, name in fault.expected.objects)
    assert all(spec.keys() <= {"secret", "names", "days", "foreign_key"} for spec in fault.spec.get("certificates", ()))
    assert files.find(fault.name).path == fault.path
    assert len(fault.namespace) <= 63


@pytest.mark.parametrize("fault", FAULTS, ids=NAMES)
def test_it_has_nothing_to_fill_in(fault: files.Fault) -> None:
    text = json.dumps([fault.spec, fault.objects])
    assert re.findall(r"<[A-Za-z_-]+>|\bTODO\b|\bFIXME\b|\$(NS|PORT|CA)\b|\.\.\.", text) == []


@pytest.mark.parametrize("fault", FAULTS, ids=NAMES)
def test_its_objects_carry_its_label(fault: files.Fault) -> None:
    assert fault.objects[0]["metadata"]["name"] == fault.namespace
    for item in fault.objects:
        assert {"apiVersion", "kind", "metadata"} <= item.keys()
        assert item["metadata"]["labels"][files.LABEL] == fault.path.stem


@pytest.mark.parametrize("fault", FAULTS, ids=NAMES)
def test_its_steps_can_be_done(fault: files.Fault) -> None:
    seen = [*fault.checks("symptom"), *fault.controls]
    assert all("says" in check for check in seen)
    for step in [*seen, *fault.checks("then"), *fault.checks("recover")]:
        assert len({"kubectl", "machine", "ask", "change"} & step.keys()) == 1, step
        assert step.keys() <= {"kubectl", "machine", "run", "from", "ask", "at", "change", "says", "within"}
        assert ("machine" in step) == ("run" in step)
        assert ("ask" in step) == ("from" in step)
        re.compile(step.get("says", ""))
        if "ask" in step:
            assert OUTCOME.search(step["says"]), step
        words = shlex.split(step.get("kubectl", ""))
        assert not [word for word in words if re.search(r"==(?![\"'])", word)], "kubectl must get the quotes"
        files.changed(fault.objects, step.get("change", {}), fault.path)


@pytest.mark.parametrize("fault", FAULTS, ids=NAMES)
def test_what_reaches_beyond_its_namespace_says_how_it_ends(fault: files.Fault) -> None:
    if any(step.get("machine", "op") != "op" for step in fault.checks("then")):
        assert fault.scope != "namespace"
        assert fault.checks("recover")
    if fault.spec.get("keeps"):
        assert fault.scope != "namespace"


def test_no_two_have_the_same_node_port() -> None:
    fixed = [port for fault in FAULTS for item in fault.objects for port in item.get("spec", {}).get("ports", ())]
    ports = [port["nodePort"] for port in fixed if isinstance(port, dict) and "nodePort" in port]
    assert len(ports) == len(set(ports))


def test_a_change_merges_as_apply_does() -> None:
    old = {"a": {"b": 1, "c": 2}, "containers": [{"name": "web", "image": "x", "args": ["a"]}, {"name": "other"}]}
    new = {"a": {"b": None}, "containers": [{"name": "web", "image": "y", "args": ["b"]}, {"name": "third"}]}
    assert files.merged(old, new) == {
        "a": {"c": 2},
        "containers": [{"name": "web", "image": "y", "args": ["b"]}, {"name": "other"}, {"name": "third"}],
    }


def test_null_takes_an_object_out(tmp_path: pathlib.Path) -> None:
    fault = write(tmp_path, "{breaks: It., change: {Service/web: null}, symptom: [], expect: {object: Service/web}}")
    assert "Service" not in {item["kind"] for item in fault.objects}


def test_the_namespace_is_named_in_a_file(tmp_path: pathlib.Path) -> None:
    text = "{breaks: In $NS of $NS-b at $PORTAL., symptom: [], expect: {object: Service/kube-system/dns, field: spec}}"
    fault = write(tmp_path, text)
    assert fault.breaks == "In fault-pod-01-new of fault-pod-01-new-b at $PORTAL."
    assert str(fault.expected) == "POD-01 Service/kube-system/dns spec"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{breaks: It., symptom: []}", "lacks expect"),
        ("{breaks: It., symptom: [], expect: {}, symptoms: []}", "unknown symptoms"),
        ("{breaks: It., symptom: [], expect: {}, scope: pod}", "scope is one of"),
        ("[]", "is no mapping"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: pathlib.Path, text: str, said: str) -> None:
    with pytest.raises(LabError, match=said):
        _ = write(tmp_path, text).spec


def test_a_change_of_nothing_is_refused(tmp_path: pathlib.Path) -> None:
    fault = write(tmp_path, "{breaks: It., change: {Service/wep: {}}, symptom: [], expect: {object: Service/web}}")
    with pytest.raises(LabError, match=r"changes Service/wep, which is not among its objects: .*Service/web"):
        _ = fault.objects


def finding(code: str = "SVC-02", name: str = "web", field: str = "spec.selector", **more: Any) -> dict[str, Any]:
    return {"code": code, "object": {"kind": "Service", "namespace": "n", "name": name}, "field": field, **more}


@pytest.mark.parametrize(
    ("findings", "place", "extra"),
    [
        ([finding()], 1, 0),
        ([], 0, 0),
        ([finding("SVC-04"), finding()], 2, 1),
        ([finding("SVC-04", severity="info"), finding()], 1, 0),
        ([finding(name="other")], 0, 1),
        ([finding(field="spec.ports")], 0, 1),
        ([finding(field="spec"), finding("ING-06")], 1, 1),
    ],
)
def test_a_diagnosis_is_judged(findings: list[dict[str, Any]], place: int, extra: int) -> None:
    expected = files.Expected("SVC-02", (("Service", "n", "web"), ("Pod", "n", "web")), ("spec.selector", "spec"))
    assert score.judged(findings, expected) == (place, extra)


def test_the_table_has_the_last_result_of_each_fault() -> None:
    runs = [("SVC-02", 0, 2), ("SVC-02", 1, 0), ("POD-01/name", 2, 1)]
    results = [
        {"fault": name, "commit": "abc", "expected": f"{name} x", "place": place, "extra": extra, "seconds": 4.0}
        for name, place, extra in runs
    ]
    text = score.table(results)
    assert f"2 of {len(FAULTS)} faults: the injected cause is the first finding of 1,\n" in text
    assert "among the first three of 2;\n1 other" in text
    assert "| SVC-02 | SVC-02 x | yes | yes | 0 | 4.0 | abc |" in text
    assert "| POD-01/name | POD-01/name x | **no** | yes | 1 | 4.0 | abc |" in text


def test_what_this_commit_has_judged_is_not_run_again(tmp_path: pathlib.Path) -> None:
    faults = [write(tmp_path, "{}", f"POD-01-{name}.yaml") for name in ("old", "failed", "judged", "new")]
    found = [
        {"fault": "POD-01/old", "commit": "abc", "error": ""},
        {"fault": "POD-01/failed", "commit": "def", "error": "the playbook did not end"},
        {"fault": "POD-01/judged", "commit": "def", "error": ""},
    ]
    assert [fault.variant for fault in score.left(faults, found, "def")] == ["old", "failed", "new"]


def test_what_reaches_beyond_its_namespace_is_alone(tmp_path: pathlib.Path) -> None:
    scopes = {"POD-01-a": "node", "POD-01-b": "namespace", "POD-01-c": "cluster", "POD-01-d": "namespace"}
    text = "{{breaks: It., symptom: [], expect: {{object: Pod/x}}, scope: {}}}"
    faults = [write(tmp_path, text.format(scope), f"{name}.yaml") for name, scope in scopes.items()]
    both = threading.Barrier(2)
    done: list[str] = []

    def task(fault: files.Fault) -> None:
        if fault.scope == "namespace":
            both.wait(60)  # the other one is under way, too
        done.append(fault.variant)

    score.together(faults, task)
    assert set(done[:2]) == {"b", "d"}
    assert done[2:] == ["a", "c"]


@pytest.mark.parametrize(
    ("step", "said", "is_well"),
    [
        ({"kubectl": "patch service old"}, 'Error from server (NotFound): services "old" not found', True),
        ({"kubectl": "patch service old"}, "Error from server (Forbidden): services is forbidden", False),
        ({"machine": "w1", "run": "kubectl get x"}, "Error from server (NotFound): x", False),
    ],
)
def test_what_was_never_made_needs_no_recovery(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, step: dict[str, Any], said: str, is_well: bool
) -> None:
    monkeypatch.setattr(checks, "once", lambda fault, step: (1, said))
    fault = write(tmp_path, "{breaks: It., symptom: [], expect: {object: Service/web}}")
    if is_well:
        checks.undo(fault, step)
        return
    with pytest.raises(LabError, match=r"POD-01/new"):
        checks.undo(fault, step)


def test_a_command_that_is_told_to_stop_ends_when_the_fault_is_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "stopping", threading.Event())
    with pytest.raises(SystemExit):
        cli._terminated()
    monkeypatch.setattr(live, "_recover", lambda fault, progress: cli._terminated())
    live.recover(FAULTS[0], progress.Progress())
    assert checks.stopping.is_set()
    assert not checks.recovering


def test_a_command_that_takes_out_several_ends_with_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "stopping", threading.Event())
    first, second = FAULTS[:2]

    def recover(fault: Any, progress: Any) -> None:
        if fault is first:
            live.recover(second, progress)
            cli._terminated()  # the second one is out, the first one is not

    monkeypatch.setattr(live, "_recover", recover)
    live.recover(first, progress.Progress())
    assert not checks.recovering


def test_nobody_waits_for_a_symptom_once_told_to_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "once", lambda fault, step: (0, "nothing"))
    monkeypatch.setattr(checks, "stopping", threading.Event())
    checks.stopping.set()
    with pytest.raises(LabError, match="stopped while it waited for 'refused' from kubectl get pods"):
        checks.wait(FAULTS[0], {"kubectl": "get pods", "says": "refused"})
    with pytest.raises(LabError, match=r"not seen within 0 s: 'refused'; last seen: 'nothing'"):
        checks.wait(FAULTS[0], {"kubectl": "get pods", "says": "refused", "within": 0}, to_the_end=True)


def test_a_check_is_fulfilled_by_what_it_says() -> None:
    assert checks.fulfilled({"says": "^refused"}, "refused")
    assert checks.fulfilled({"says": "a.*b"}, "a\nb")
    assert not checks.fulfilled({"says": "^refused"}, "timeout")


def test_a_step_is_told_in_one_line() -> None:
    steps = ({"machine": "w2", "run": "true\n"}, {"kubectl": "get pods"}, {"from": "op", "ask": "tcp://w2:22"})
    assert [checks.describe(step) for step in steps] == ["on w2: true", "kubectl get pods", "from op: tcp://w2:22"]


HEALED = {
    "fault": "SVC-02",
    "commit": "abc",
    "code": "SVC-02",
    "command": "kubectl patch service web",
    "undo": "kubectl patch service web",
    "heals": "yes",
    "undone": "no",
    "seconds": 2.4,
    "problem": "",
}


def test_the_table_of_fixes_has_the_last_try_of_each_fault() -> None:
    found = [
        {**HEALED, "heals": "no", "undone": ""},
        HEALED,
        {**HEALED, "fault": "POD-01", "heals": "no", "undone": "", "seconds": 60.1},
        {**HEALED, "fault": "POD-04", "heals": "no command", "undone": ""},
    ]
    text = heal.table(found)
    assert "Of 3 faults, the fix of 2 is a command: 1 healed within 60 s;\nof 1 undos, 0 took it back." in text
    assert "| SVC-02 | SVC-02 | yes | 2.4 | **no** | abc |" in text
    assert "| POD-01 | SVC-02 | **no** |  |  | abc |" in text
    assert "| POD-04 | SVC-02 | no command |  |  | abc |" in text
    assert heal.table([]) == ""


def test_a_workload_is_rolled_out_where_all_of_its_pods_are_new_and_ready() -> None:
    def workload(kind: str = "Deployment", **status: int) -> dict[str, Any]:
        item = {"kind": kind, "metadata": {"name": "web", "generation": 2}, "spec": {"replicas": 2}}
        return {**item, "status": {"observedGeneration": 2, **status}}

    assert heal.rolled_out(workload(updatedReplicas=2, readyReplicas=2))
    assert not heal.rolled_out(workload(updatedReplicas=1, readyReplicas=2))
    assert not heal.rolled_out(workload(updatedReplicas=2, readyReplicas=1))
    assert not heal.rolled_out(workload(updatedReplicas=2, readyReplicas=2, observedGeneration=1))
    ready = {"desiredNumberScheduled": 3, "updatedNumberScheduled": 3}
    assert heal.rolled_out(workload("DaemonSet", numberReady=3, **ready))
    assert not heal.rolled_out(workload("DaemonSet", numberReady=2, **ready))


def test_an_undo_has_to_bring_back_what_people_write(monkeypatch: pytest.MonkeyPatch) -> None:
    def deployment(image: str, revision: int, restarted: str = "", **meta: Any) -> dict[str, Any]:
        notes = {"annotations": {"kubectl.kubernetes.io/restartedAt": restarted}} if restarted else {}
        return {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {
                "name": "web",
                "namespace": "ns",
                "resourceVersion": str(revision),
                "annotations": {"deployment.kubernetes.io/revision": str(revision), "team": "shop"},
                **meta,
            },
            "spec": {"template": {"metadata": notes, "spec": {"image": image}}},
            "status": {"replicas": revision},
        }

    owned = {**deployment("made", 1, ownerReferences=[{}]), "kind": "ReplicaSet"}
    listed = [[deployment("web:1", 1), owned], [deployment("web:1", 3, "now")], [deployment("web:2", 4)], []]
    monkeypatch.setattr(state, "_kinds", lambda: ["pods"])
    monkeypatch.setattr(state, "_items", lambda *words: listed.pop(0) if words[2] == "get" else [])
    before, same, other, gone = (state.state(FAULTS[0], {}) for _time in range(4))
    assert list(before) == ["apps/Deployment/ns/web"]
    assert state.differences(before, same) == []
    assert state.differences(before, other) == ["apps/Deployment/ns/web"]
    assert state.differences(before, gone) == ["apps/Deployment/ns/web"]


def test_a_fix_is_run_only_as_the_screen_has_it(tmp_path: pathlib.Path) -> None:
    command = "kubectl -n shop set env deployment/web PORT=80"
    (tmp_path / "screen.txt").write_text(f"  fix\n            {command}\n            kubectl delete pod POD\n")
    assert heal.not_as_printed(command, "", tmp_path) == ""
    assert heal.not_as_printed(command.replace("PORT", "'HOST'"), "", tmp_path).startswith("the screen does not have")
    assert heal.not_as_printed("kubectl delete pod POD", "", tmp_path) == "the command has a placeholder: POD"
    assert heal.not_as_printed("kubectl", "kubectl delete pod <name>", tmp_path).endswith("placeholder: <name>")


@pytest.mark.parametrize("fault", FAULTS, ids=NAMES)
def test_it_can_be_seen_whether_it_is_healed(fault: files.Fault) -> None:
    symptom = fault.checks("symptom")[-1]
    assert fault.checks("healed") or "ask" not in symptom or symptom["ask"].partition(":")[0] in heal.SUCCESS
    assert all("says" in check for check in fault.checks("healed"))

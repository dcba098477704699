# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was not tested: in the headline where it is a whole model, and refused lists as one sentence."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._report import (
    document,
    markdown,
    page_data,
    phrases,
    text,
    untested,
)
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils._report import scenes

LEFT = {
    "kind": "EphemeralContainer",
    "namespace": "shop",
    "name": "api-1/kubewire-0f3c1a2b",
    "state": "running",
    "until": "2026-11-21T12:30:00Z",
    "reason": "ends by itself; the API cannot stop or remove it",
}


def refused(resource: str, group: str, namespace: str = "") -> scenes.Data:
    where = f" in namespace {namespace}" if namespace else ""
    scope = f'in the namespace "{namespace}"' if namespace else "at the cluster scope"
    said = f'{resource} is forbidden: User "jane" cannot list resource "{resource}" in API group "{group}" {scope}'
    rule = f"grant a ClusterRole with apiGroups: ['{group}'], resources: ['{resource}'], verbs: ['list']"
    return {"what": f"everything that needs {resource}", "reason": f"cannot list {resource}{where}: {said}"} | {
        "remedy": rule
    }


def without(*models: str) -> scenes.Data:
    entries = [{"what": model, "reason": "nobody can ask", "remedy": "", "model": model} for model in models]
    return scenes.lab().document(entries)


def test_refused_lists_are_one_sentence_with_one_rule():
    items = [refused("nodes", ""), refused("ingresses", "networking.k8s.io", "shop"), refused("namespaces", "")]
    ((what, why),) = untested.tell(items)
    assert what == "everything that needs nodes, ingresses, namespaces"
    assert why == (
        "the API server does not let user jane list them (in namespace shop and in the cluster); remedy: grant a "
        "ClusterRole with apiGroups: ['', 'networking.k8s.io'], resources: ['nodes', 'ingresses', 'namespaces'], "
        "verbs: ['list']"
    )


def test_one_refused_list_keeps_its_own_words():
    ((what, why),) = untested.tell([refused("nodes", "")])
    assert what == "everything that needs nodes"
    assert why.startswith('cannot list nodes: nodes is forbidden: User "jane" cannot list ')


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (without(), "All 213 checks PASSED"),
        (without("node_to_pod"), "213 checks PASSED, 1 model NOT TESTED"),
        (without("node_to_pod", "outside_to_ingress"), "213 checks PASSED, 2 models NOT TESTED"),
    ],
)
def test_models_that_could_not_be_asked_are_in_every_headline(made: scenes.Data, said: str):
    assert not document.validate(made)
    assert phrases.tally(made) == said
    assert text.render(made).startswith(said)
    assert said.lower() in markdown.render(made).splitlines()[0].lower()
    assert page_data.build(made)["verdict"].lower() == said.lower()


def test_failures_say_it_too():
    broken = scenes.broken_node()
    broken["not_tested"].append({"what": "node_to_pod", "reason": "x", "model": "node_to_pod"})
    assert (
        phrases.tally(broken) == "46 of 213 checks FAILED, 3 UNEXPECTEDLY OPEN, 38 UNKNOWN, 1 model NOT TESTED; 1 note"
    )


def test_a_pass_with_a_model_missing_has_no_green_mark():
    assert markdown.render(without()).startswith("## \u2705")
    assert markdown.render(without("node_to_pod")).startswith("## \u2753")


def test_what_there_was_nothing_to_ask_of_is_a_count_on_the_terminal():
    nothing = {"what": "from Pod shop/job", "reason": "it has finished (Completed)", "not_applicable": True}
    told = text.render(scenes.lab().document([nothing]))
    assert "Not tested:" not in told
    assert "Nothing to test: 1 thing, see report.html" in told
    assert "it has finished (Completed)" in markdown.render(scenes.lab().document([nothing]))


def test_what_stays_in_the_cluster_is_in_every_format():
    made = {**scenes.healthy(), "left": [LEFT, {**LEFT, "name": "api-2/kubewire-1"}]}
    assert not document.validate(made)
    told = " ".join(text.render(made).split())
    names = "EphemeralContainers shop/api-1/kubewire-0f3c1a2b, shop/api-2/kubewire-1"
    how_long = f"running until 2026-11-21T12:30:00Z at the latest; {LEFT['reason']}"
    assert f"Left in the cluster: 2 objects {names}: {how_long}" in told
    assert (
        f"### Left in the cluster\n\n| what | state |\n| --- | --- |\n| `{names}` | `{how_long}` |"
        in markdown.render(made)
    )
    assert page_data.build(made)["left"] == [(names, how_long)]
    assert "Left in the cluster" not in text.render(scenes.healthy()) + markdown.render(scenes.healthy())

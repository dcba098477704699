# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of vantage points: options, rights, check mode and documentation have each of them."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
import yaml

from ansible_collections.kubewire.netdebug.plugins.module_utils import _words
from ansible_collections.kubewire.netdebug.plugins.module_utils._debug.types import Place
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs import probe_rights, vantage_points
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs.vantage_points import KINDS, LEVELS, POINTS
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.facts import Facts
from ansible_collections.kubewire.netdebug.plugins.module_utils._vantage.vantage_point import PROFILES, VantagePoint
from ansible_collections.kubewire.netdebug.plugins.modules import net_probe
from ansible_collections.kubewire.netdebug.tests.unit.plugins.module_utils import cluster

TOP = pathlib.Path(net_probe.__file__).parents[2]
ROLE = yaml.safe_load((TOP / "roles/connectivity/meta/argument_specs.yml").read_text())["argument_specs"]["main"]
OPTIONS = {
    "debug_": (yaml.safe_load(net_probe.DOCUMENTATION)["options"], net_probe.argument_spec()),
    "connectivity_debug_": (ROLE["options"], ROLE["options"]),
}
RETURN = yaml.safe_load(net_probe.RETURN)
PARAMS = {"debug_image": "debug:1", "debug_profile": "restricted", "debug_namespace": "tools", "deadline": 9}


def levels_in(description: str | list[str]) -> set[str]:
    """The levels that a description names."""
    return {level for level in LEVELS if f"V({level})" in str(description)}


def test_each_is_a_level_of_debugging() -> None:
    assert set(LEVELS) <= set(_words.LEVELS)
    assert len(set(LEVELS)) == len(POINTS)


@pytest.mark.parametrize("prefix", OPTIONS)
def test_the_option_and_its_documentation_have_each(prefix: str) -> None:
    documented, spec = (options[f"{prefix}levels"] for options in OPTIONS[prefix])
    for option in (documented, spec):
        assert (list(option["choices"]), list(option["default"])) == (list(LEVELS), list(LEVELS))
    missing = set(LEVELS) - levels_in(documented["description"])
    assert not missing, f"the description of {prefix}levels does not say what {', '.join(missing)} is"


def test_the_role_has_each_as_its_default_and_its_table_says_so() -> None:
    defaults = yaml.safe_load((TOP / "roles/connectivity/defaults/main.yml").read_text())
    assert defaults["connectivity_debug_levels"] == list(LEVELS)
    readme = TOP / "roles/connectivity/README.md"
    assert f"| `connectivity_debug_levels` | `[{', '.join(LEVELS)}]` |" in readme.read_text()


@pytest.mark.parametrize("prefix", OPTIONS)
def test_the_option_for_the_profile_has_those_of_all_that_have_a_choice(prefix: str) -> None:
    for options in OPTIONS[prefix]:
        assert tuple(options[f"{prefix}profile"]["choices"]) == PROFILES
    assert {point.profiles for point in POINTS} <= {(), PROFILES}


def test_the_documentation_says_for_which_the_profile_is() -> None:
    described = OPTIONS["debug_"][0]["debug_profile"]["description"]
    assert levels_in(described[0]) == {point.level for point in POINTS if point.profiles}


@pytest.mark.parametrize(("field", "words"), [("kind", KINDS), ("purpose", probe_rights.PURPOSES)])
def test_what_is_created_is_documented(field: str, words: t.Iterable[str]) -> None:
    entry = RETURN["creates" if field == "kind" else "authorisation"]["contains"][field]
    assert not [word for word in words if f"V({word})" not in str(entry["description"])]


@pytest.mark.parametrize("point", POINTS)
def test_only_what_is_allowed_is_prepared_and_only_its_own_rights_are_needed(point: type[VantagePoint]) -> None:
    params = {**PARAMS, "debug_levels": [point.level]}
    facts = Facts(cluster.snapshot())
    chosen = vantage_points.choose(t.cast(t.Any, None), facts, params, "r1")
    assert [type(each) for each in chosen.points] == [point]
    own = next(pod for pod in facts.snapshot.pods if not pod.host_network)
    places = [Place("container", own.namespace, own.name, name, own.node) for name in ("a", "b")]
    ((namespace, objects),) = chosen.points[0].objects(places).items()
    assert [namespace] == list(point.namespaces([own.namespace], "tools"))
    assert len(objects) == (2 if point.one_for == "container" else 1)
    from_pod = [probe_rights.Source("", own.namespace)]
    rights = [each for each in probe_rights.of_run(from_pod, (), params, "") if each.purpose != "exec"]
    assert {(each.purpose, each.need.namespace) for each in rights} == {(point.creates.purpose, namespace)}


def test_without_an_image_there_is_none() -> None:
    assert vantage_points.allowed({"debug_image": "", "debug_levels": list(LEVELS)}) == []
    assert vantage_points.for_sources({"debug_image": None, "debug_levels": list(LEVELS)}, {"pod", "node"}) == []

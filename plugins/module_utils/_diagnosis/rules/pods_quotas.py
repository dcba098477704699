# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Rule of the layer Pod: a ResourceQuota or a LimitRange that does not allow the Pods of a workload."""

from __future__ import annotations

import re
import typing as t

from .. import fixes
from ..case import Case, map_key
from ..finding import Fix, ObjectRef
from ..rule import Candidate, Rule
from . import quantities
from .pods_admission import Refused, refused

_QUOTA = re.compile(
    r"exceeded quota: (?P<quota>[\w.-]+), requested: (?P<asked>\S+), used: (?P<used>\S+), limited: (?P<hard>\S+)"
)
_QUOTA_NEEDS = re.compile(r"failed quota: (?P<quota>[\w.-]+): must specify (?P<what>.+?)(?: for:|$)")
_LIMIT = re.compile(
    r"(?P<bound>maximum|minimum) (?P<what>[\w.-]+) usage per (?P<type>\w+) is (?P<limit>[\w.]*\w)"
    r"(?:, but (?P<kind>limit|request) is (?P<has>[\w.]+))?"
)
_RATIO = re.compile(
    r"(?P<what>[\w.-]+) max limit to request ratio per (?P<type>\w+) is (?P<limit>[\w.]*\w), but "
    r"(?P<has>provided ratio is [\d.]+|no (?:limit|request) is specified)"
)
_MOST = 1000  #: Pods that a quota is raised for
_SETTABLE = ("Deployment", "StatefulSet", "DaemonSet")


def _quota(case: Case) -> t.Iterator[Candidate]:
    """POD-17: a ResourceQuota or LimitRange does not allow the Pod."""
    for one, match in refused(case, _QUOTA):
        ref = ObjectRef("ResourceQuota", match["quota"], one.owner.namespace)
        hard = dict(part.split("=", 1) for part in match["hard"].split(",") if "=" in part)
        key, value = next(iter(hard.items()))
        field = f"spec.hard{map_key(key)}"
        yield one.candidate(
            f"{field} is {value}, {match['used']} is used, and a Pod of {one.owner} needs {match['asked']} more",
            object=ref,
            field=field,
            value=value,
            fix=_raise_quota(ref, key, value, _sum(match["used"], match["asked"], key, one.missing[0])),
        )
    for one, match in refused(case, _QUOTA_NEEDS):
        what = re.split(r"[,;\s]+", match["what"])[0]
        kind, _dot, resource = what.rpartition(".")
        place = f"containers[0].resources.{kind or 'requests'}.{resource}"
        yield one.candidate(
            f"{one.template}{place} is not set, and ResourceQuota {one.owner.namespace}/{match['quota']} wants it",
            field=f"{one.template}{place}",
            fix=_set_resources(one, match["what"]),
        )
    for one, match in refused(case, _LIMIT):
        yield _limit(case, one, match)
    for one, match in refused(case, _RATIO):
        yield _ratio(case, one, match)


def _sum(used: str, asked: str, key: str, missing: int) -> str:
    """What a quota has to be at least for all Pods that are missing."""
    parts = [dict(part.split("=", 1) for part in text.split(",") if "=" in part).get(key, "") for text in (used, asked)]
    return quantities.total(parts[0], *[parts[1]] * min(missing, _MOST))


def _raise_quota(ref: ObjectRef, key: str, value: str, least: str) -> Fix:
    if not least:
        return Fix(f"Raise {key} of the quota, or request less")
    change, back = ({"spec": {"hard": {key: each}}} for each in (least, value))
    return fixes.patch(ref, f"Raise {key} of the quota, or run fewer Pods", change, back, "medium")


#: What a container without special needs runs with.
_ENOUGH = {"requests.cpu": "50m", "requests.memory": "64Mi", "limits.cpu": "500m", "limits.memory": "256Mi"}


def _set_resources(one: Refused, what: str) -> Fix:
    text = f"Set {what} of each container, or have a LimitRange set a default"
    names = [each for each in re.findall(r"[\w.]+", what) if "." in each or each in ("cpu", "memory")]
    full = [name if "." in name else f"requests.{name}" for name in names]
    if not full or not all(name in _ENOUGH for name in full) or one.owner.kind not in _SETTABLE:
        return Fix(text)
    words = []
    for part in ("limits", "requests"):
        own = [f"{name.partition('.')[2]}={_ENOUGH[name]}" for name in full if name.startswith(part)]
        words += [f"--{part}={','.join(own)}"] if own else []
    target = f"{one.owner.kind.lower()}/{one.owner.name}"
    back = ("rollout", "undo", target)
    return fixes.command(one.owner, text, ("set", "resources", target, *words), back, "medium")


def _ratio(case: Case, one: Refused, match: re.Match[str]) -> Candidate:
    """A LimitRange bounds the limit of a resource by its request, and both have to be set."""
    what, value = match["what"], match["limit"]
    has = re.sub(r"\.?0+$", "", match["has"].replace("provided ratio", "its ratio"))
    for limits in case.workloads.limit_ranges:
        for place, each in enumerate(limits.limits if limits.namespace == one.owner.namespace else ()):
            if each.get("type") == match["type"] and what in (each.get("maxLimitRequestRatio") or {}):
                field = f"spec.limits[{place}].maxLimitRequestRatio{map_key(what)}"
                return one.candidate(
                    f"{field} is {value}, and of a {match['type'].lower()} of {one.owner} {has}",
                    object=ObjectRef("LimitRange", limits.name, limits.namespace),
                    field=field,
                    value=value,
                    fix=Fix(f"Set limit and request of {what} within {value} of each other, or raise the ratio"),
                )
    field = f"{one.template}containers[0].resources.limits{map_key(what)}"
    return one.candidate(
        f"{field} is beyond the ratio of a LimitRange, {value}: {has}",
        field=field,
        fix=Fix("Stay within the LimitRange of the namespace"),
    )


def _limit(case: Case, one: Refused, match: re.Match[str]) -> Candidate:
    bound = {"maximum": "max", "minimum": "min"}[match["bound"]]
    for limits in case.workloads.limit_ranges:
        for place, each in enumerate(limits.limits if limits.namespace == one.owner.namespace else ()):
            if each.get("type") == match["type"] and str((each.get(bound) or {}).get(match["what"])) == match["limit"]:
                field = f"spec.limits[{place}].{bound}.{match['what']}"
                has = f", and a {match['type'].lower()} of {one.owner} has {match['has']}" if match["has"] else ""
                return one.candidate(
                    f"{field} is {match['limit']}{has}",
                    object=ObjectRef("LimitRange", limits.name, limits.namespace),
                    field=field,
                    value=match["limit"],
                    fix=_bound(limits.name, limits.namespace, field, match),
                )
    kind = "limits" if match["kind"] == "limit" or bound == "max" else "requests"
    return one.candidate(
        f"{one.template}containers[0].resources.{kind}.{match['what']} is beyond the {match['bound']} of a LimitRange, "
        f"{match['limit']}",
        field=f"{one.template}containers[0].resources.{kind}.{match['what']}",
        value=match["has"] or "",
        fix=Fix("Stay within the LimitRange of the namespace"),
    )


def _bound(name: str, namespace: str, field: str, match: re.Match[str]) -> Fix:
    text = f"Change the {match['bound']} of the LimitRange, or what the containers ask for"
    ref = ObjectRef("LimitRange", name, namespace)
    return fixes.replace(ref, text, field, match["has"], match["limit"], "medium") if match["has"] else Fix(text)


RULES = (
    Rule(
        "POD-17",
        "A ResourceQuota or LimitRange does not allow the Pod",
        ("pods", "owners", "events", "quotas", "limit_ranges"),
        _quota,
    ),
)

# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What the policies of C(policy.networking.k8s.io) make of a connection, before and after the NetworkPolicies. Pure.

The tiers are evaluated in this order: Admin, NetworkPolicy, Baseline; in a tier, policies by their priority; in a
policy, its rules as they are written. The first rule that matches decides, and one that passes leaves the tier. A
NetworkPolicy always decides for the Pods that it isolates. What no tier decides is allowed. (The field comments of
ClusterNetworkPolicy, and https://network-policy-api.sigs.k8s.io/api-overview/.)

The API leaves open which of several policies of one priority counts, and what the order of the kinds is where a cluster
has the old ones and the new one: where these disagree, the answer is C(undefined). What cannot be read or is not known
counts as every answer that it could have; where all of them come to the same, that is the answer.
"""

from __future__ import annotations

import dataclasses
import itertools
import typing as t

from .cluster_policy_rules import (
    ACCEPT,
    ADMIN,
    ANY,
    BASELINE,
    DENY,
    NO,
    PASS,
    Cluster,
    ClusterRule,
    Fit,
    Odd,
    Side,
)
from .model import ClusterPolicy, Pod
from .parse_cluster_policies import sides
from .policy_rules import PolicyDecision, Seen, Traffic

_VERBS = {ACCEPT: "allows it", DENY: "closes it", PASS: "passes it on"}
#: What is no answer, the least known first.
_WORDS = ("unknown", "unread", "undefined")


@dataclasses.dataclass
class _Possible:
    """The rules that may decide; None stands for no rule at all."""

    rules: list[ClusterRule | None] = dataclasses.field(default_factory=list)
    doubts: dict[str, Fit] = dataclasses.field(default_factory=dict)  #: policy -> why it is not certain

    def may(self, rule: ClusterRule, doubt: Fit) -> None:
        """Add a rule that may decide."""
        if rule.action == ANY:
            self.rules += [dataclasses.replace(rule, action=action) for action in (ACCEPT, DENY, PASS)]
        else:
            self.rules.append(rule)
        if doubt.doubt:
            self.doubts.setdefault(rule.policy, doubt._replace(doubt=f"{rule}: {doubt.doubt}"))


class Applied:
    """The policies that select a Pod in a direction, or that may; Pods with the same ones share it."""

    def __init__(self, chosen: t.Sequence[tuple[Side, Fit]], cluster: Cluster) -> None:
        self._cluster = cluster
        self._tiers = {tier: [(side, fit) for side, fit in chosen if side.tier == tier] for tier in (ADMIN, BASELINE)}
        self._named: dict[tuple[str, ...], dict[int, list[tuple[ClusterRule, Fit]]]] = {}

    def judge(self, seen: Seen, wire: Traffic, plain: PolicyDecision | None) -> PolicyDecision:
        """Say what all tiers together make of traffic with the other end.

        Args:
            seen: the other end.
            wire: what is asked of the server.
            plain: what the NetworkPolicies say; None where none isolates the Pod in this direction.
        """
        admin = self._tier(ADMIN, seen, wire)
        doubts = dict(admin.doubts)
        said: list[PolicyDecision] = []
        for rule in admin.rules:
            if rule is not None and rule.action != PASS:
                said.append(_final(rule))
            elif plain is not None:
                said.append(_after(rule, plain))
            else:
                baseline = self._tier(BASELINE, seen, wire)
                doubts.update(baseline.doubts)
                said.extend(_final(each) for each in baseline.rules)
        return _joined(said, doubts)

    def _tier(self, tier: str, seen: Seen, wire: Traffic) -> _Possible:
        found = _Possible()
        kinds = itertools.groupby(self._tiers[tier], key=lambda each: each[0].kind)
        _either(found, [self._kind(list(each), seen, wire) for _kind, each in kinds])
        return found

    def _kind(self, chosen: list[tuple[Side, Fit]], seen: Seen, wire: Traffic) -> _Possible:
        """What the policies of one kind in one tier say, by their priority."""
        found = _Possible()
        for _priority, same in itertools.groupby(chosen, key=lambda each: each[0].priority):
            found.rules = [rule for rule in found.rules if rule is not None]
            _either(found, [self._policy(side, fit, seen, wire) for side, fit in same])
            if None not in found.rules:
                break
        return found

    def _policy(self, side: Side, selected: Fit, seen: Seen, wire: Traffic) -> _Possible:
        found = _Possible()
        for rule, named in self._naming(side, seen, wire.name):
            covered = rule.covers(wire)
            if not (named.hit or named.doubt) or not (covered.hit or covered.doubt):
                continue
            doubt = next((fit for fit in (selected, named, covered) if fit.doubt), NO)
            unknown = Fit(False, "its action is not known", True) if rule.action == ANY and not doubt.doubt else doubt
            found.may(rule, unknown)
            if named.hit and covered.hit:
                break
        else:
            found.rules.append(None)
        if selected.doubt and None not in found.rules:
            found.rules.append(None)
        return found

    def _naming(self, side: Side, seen: Seen, name: str) -> list[tuple[ClusterRule, Fit]]:
        """The rules of a policy that name the other end, or of which that is in doubt, whatever their ports."""
        kept = self._named.setdefault((*seen.key, name), {})
        if id(side) not in kept:
            found = ((rule, rule.names(self._cluster, seen, name)) for rule in side.rules)
            kept[id(side)] = [(rule, fit) for rule, fit in found if fit.hit or fit.doubt]
        return kept[id(side)]


def _either(found: _Possible, all_of: t.Sequence[_Possible]) -> None:
    """Add what policies say of which any may count: none of them decides only where none has a rule that does."""
    for each in all_of:
        found.rules.extend(rule for rule in each.rules if rule is not None)
        found.doubts.update(each.doubts)
    if all(None in each.rules for each in all_of):
        found.rules.append(None)


def _final(rule: ClusterRule | None) -> PolicyDecision:
    """What a rule decides that no other can overrule; nothing decides after the last tier."""
    if rule is None or rule.action == PASS:
        return PolicyDecision("allow")
    word = "allow" if rule.action == ACCEPT else "deny"
    return PolicyDecision(word, _says(rule), (rule.policy,))


def _after(rule: ClusterRule | None, plain: PolicyDecision) -> PolicyDecision:
    """What NetworkPolicies decide, after a rule has left it to them."""
    return dataclasses.replace(plain, reason=f"{_says(rule)}; {plain.reason}") if rule else plain


def _says(rule: ClusterRule) -> str:
    by = f" by {rule.path}" if rule.path else ""
    return f"{rule.title} {_VERBS[rule.action]}{by}"


def _joined(said: t.Sequence[PolicyDecision], doubts: t.Mapping[str, Fit]) -> PolicyDecision:
    """Join all that may be decided."""
    words = {each.decision for each in said}
    if len(words) == 1:
        return said[-1]
    if not doubts:
        reasons = [each.reason or "no other policy closes it" for each in said]
        reason = f"{' or '.join(dict.fromkeys(reasons))}: the API does not say which of them counts"
        word = "undefined"
    else:
        reason = "; ".join(fit.doubt for fit in list(doubts.values())[:3])
        word = "unread" if all(fit.unread for fit in doubts.values()) else "unknown"
    named = [*doubts, *(name for each in said for name in each.policies)] if not doubts else list(doubts)
    return PolicyDecision(
        next(each for each in _WORDS if each in words or each == word), reason, tuple(dict.fromkeys(named))
    )


class ClusterIndex:
    """The cluster's own policies of a snapshot, by the Pods that they select."""

    def __init__(self, policies: t.Iterable[ClusterPolicy], cluster: Cluster) -> None:
        self._cluster = cluster
        every = sorted(policies, key=lambda policy: policy.id)
        self._sides = {
            direction: sorted(
                (side for policy in every for side in sides(policy, direction)),
                key=lambda side: (side.kind, side.priority),
            )
            for direction in ("Ingress", "Egress")
        }
        self._of_pods: dict[tuple[str, str], Applied | None] = {}
        self._applied: dict[tuple[str, tuple[tuple[int, Fit], ...]], Applied] = {}

    def applied(self, pod: Pod, direction: str) -> Applied | None:
        """Return what selects a Pod in a direction (C(Ingress) or C(Egress)), or may; None where nothing does."""
        key = (pod.id, direction)
        if key not in self._of_pods:
            every = self._sides[direction]
            fits = [(number, self._selects(side, pod)) for number, side in enumerate(every)]
            chosen = tuple((number, fit) for number, fit in fits if fit.hit or fit.doubt)
            shared = (direction, chosen)
            if chosen and shared not in self._applied:
                self._applied[shared] = Applied([(every[number], fit) for number, fit in chosen], self._cluster)
            self._of_pods[key] = self._applied.get(shared)
        return self._of_pods[key]

    def _selects(self, side: Side, pod: Pod) -> Fit:
        if isinstance(side.subject, Odd):
            return NO if pod.host_network else side.subject.fit()
        return side.subject.selects(self._cluster, pod)

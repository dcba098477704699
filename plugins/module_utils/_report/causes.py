# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The causes that a diagnosis found, as text: what is wrong, why, what was ruled out, and what mends it."""

from __future__ import annotations

import collections
import re
import typing as t

from .. import _words as words
from .groups import Group
from .sanitize import sanitize
from .untested import listing

Plain = t.Mapping[str, t.Any]

#: Evidence, and what was ruled out, that are told of a cause.
_MOST = 2
LONGEST = 300
#: A part of the reason for which rules are not evaluated on a snapshot of C(depth: traffic).
_PARTIAL = "depth: traffic"
#: The folder with a page for each code.
PAGES = "https://github.com/kubewire/kubewire.netdebug/tree/main/docs/codes"
_CODE = re.compile(r"[A-Z]{2,4}-[0-9]{2}")


def is_there(document: Plain) -> bool:
    """Whether a document has been diagnosed, and there is something to say of it."""
    if "diagnosis" not in document and "outcome" not in document:
        return False
    return bool(document["findings"]) or not is_partial(document)


def is_partial(document: Plain) -> bool:
    """Whether only what carries traffic was known, and not what runs: then most faults were not looked for."""
    return any(_PARTIAL in each["reason"] for each in rest(document)["unknown_rules"])


def rest(document: Plain) -> Plain:
    """What a diagnosis says beside its findings, of a report or of findings.json."""
    found: Plain = document.get("diagnosis") or document
    return found


def unexplained(document: Plain, groups: t.Iterable[Group]) -> list[Group]:
    """The groups of cells of which something is not explained; what is unknown is none that failed."""
    explained = {number for finding in document["findings"] for number in finding.get("explains", ())}
    cells = document["cells"]
    return [one for one in groups if not all(cells[place]["id"] in explained for place in one.cells)]


def left_title(groups: t.Sequence[Group]) -> str:
    """The heading of the groups that are left: some failed, or nobody can tell."""
    failed = any(one.kind != "unknown" for one in groups)
    return "Not explained" if failed else "Not known"


def error(document: Plain) -> list[str]:
    """What the error of a user means, what was asked because of it, and what that showed; nothing without one."""
    said = rest(document).get("error") if "diagnosis" in document or "outcome" in document else None
    if not said:
        return []
    tool = f"{said['tool']}: " if said.get("tool") else ""
    told = [f"{tool}{said['means']}"]
    told += [f"Asked because of it: {said['asked']}"] if said.get("asked") else []
    return [sanitize(line, LONGEST) for line in (*told, said.get("result", "")) if line]


def headline(document: Plain) -> str:
    """Say how many causes explain how many failures."""
    findings, said = document["findings"], rest(document)
    explained = {number for finding in findings for number in finding.get("explains", ())}
    passed = {cell["id"] for cell in document.get("cells", ()) if cell["verdict"] == "pass"}
    # A question is also answered where a policy closes the way as it says, and that is no failure.
    closed, failed = explained & passed, explained - passed
    failing = len(failed) + len(said["unexplained"])
    number, verb = count(len(findings), "cause"), "explains" if len(findings) == 1 else "explain"
    if findings and failing:
        more = f", and why {count(len(closed), 'check')} found no way through" if closed else ""
        return f"{number} {verb} {len(failed):,} of {count(failing, 'failed check')}{more}"
    if closed:
        return f"{number} {verb} why {count(len(closed), 'check')} found no way through"
    if findings:
        return f"{number} found; no check failed because of {'it' if len(findings) == 1 else 'them'}"
    if failing:
        return f"No cause found for {count(failing, 'failed check')}"
    if said["outcome"] == "unknown":
        faults = count(len(said["unknown_rules"]), "fault")
        return f"{words.DIAGNOSES['unknown'].sentence}: {faults} could not be looked for"
    faults = count(len(said["evaluated"]), "fault")
    return f"{words.DIAGNOSES['healthy'].sentence}: {faults} looked for and not found, and no check failed"


def title(finding: Plain) -> str:
    """Say a cause in one sentence."""
    doubt = "" if finding["certainty"] == "certain" else f" ({finding['certainty']})"
    return f"{finding['code']}{doubt}  {sanitize(finding['sentence'], LONGEST)}"


def lines(finding: Plain) -> list[tuple[str, str]]:
    """Tell a cause: what it explains, what shows it, what was ruled out; the fix is C(fix)."""
    return [(label, sanitize(text, LONGEST)) for label, text in parts(finding, True) if text]


def parts(finding: Plain, mechanism: bool) -> list[tuple[str, str]]:
    """What is told of a cause, each with its label; how it leads to what was seen only with C(mechanism)."""
    told = [("explains", _explains(finding, mechanism))]
    told += [("because", f"{each['about']}: {each['says']}") for each in _evidence(finding)]
    if finding.get("changed"):
        changed = finding["changed"]
        told.append(("changed", f"by {changed['manager']}" + (f" at {changed['time']}" if changed.get("time") else "")))
    told += [("not", f"{each['code']}{_of(each)}: {each['by']}") for each in finding.get("ruled_out", ())[:_MOST]]
    return told


def page(finding: Plain) -> str:
    """The address of the page that tells what a code means, and what looks like it."""
    return f"{PAGES}/{finding['code']}.md" if _CODE.fullmatch(finding["code"]) else ""


def _evidence(finding: Plain) -> list[Plain]:
    """What shows it best: the key, then what is of another kind; not what the sentence says already."""
    found = _key_first(finding)
    more = [each for each in found if not _repeats(finding, each)] or found
    other = next((each for each in more[1:] if each["kind"] != more[0]["kind"]), None)
    return [*more[:1], *([other] if other else more[1:_MOST])]


def _repeats(finding: Plain, evidence: Plain) -> bool:
    sentence = finding["sentence"]
    return evidence["about"] in sentence and all(part in sentence for part in evidence["says"].split("; "))


def evidence(finding: Plain) -> list[tuple[str, str]]:
    """All that shows a cause, as (of what, what it says); the key first."""
    return [(sanitize(each["about"]), sanitize(each["says"], LONGEST)) for each in _key_first(finding)]


def _key_first(finding: Plain) -> list[Plain]:
    return sorted(finding.get("evidence", ()), key=lambda each: not each.get("key"))


def _of(excuse: Plain) -> str:
    ref = excuse.get("object")
    return f" of {name(ref)}" if ref else ""


def _explains(finding: Plain, mechanism: bool) -> str:
    checks = len(finding.get("explains", ()))
    parts = [count(checks, "check")] if checks else []
    scope = finding.get("scope") or {}
    if scope.get("of", 0) > 1:
        parts.append(f"{scope['affected']} of {scope['of']} {scope.get('what', '')}")
    if scope.get("state") == "intermittent":
        parts.append("some tries are answered")
    children = [f"{child['code']} of {name(child['object'])}" for child in _below(finding)]
    if children:
        parts.append(f"{'and with them ' if parts else ''}{listing(children, 3)}")
    how = finding.get("mechanism", "") if mechanism else ""
    return ". ".join(filter(None, (", ".join(parts), how)))


def _below(finding: Plain) -> t.Iterator[Plain]:
    for child in finding.get("children", ()):
        yield child
        yield from _below(child)


def name(ref: Plain) -> str:
    """Name an object: C(Kind namespace/name)."""
    return sanitize(f"{ref['kind']} " + "/".join(filter(None, (ref.get("namespace", ""), ref["name"]))))


def fix(finding: Plain) -> tuple[str, str]:
    """Say what mends a cause, and the command that does; an empty one where only its owner can know."""
    found = finding.get("fix") or {}
    return sanitize(found.get("text", "")) + risk(found), sanitize(found.get("command", ""), 4096)


def risk(found: Plain) -> str:
    """Say the risk of a fix, where it is not low."""
    return "" if found.get("risk", "low") == "low" else f" (risk: {found['risk']})"


def undo(finding: Plain) -> str:
    """Return the command that takes the fix back."""
    return sanitize((finding.get("fix") or {}).get("undo", ""), 4096)


def verify(finding: Plain) -> str:
    """Say what to ask once it is mended."""
    found = finding.get("verify")
    asked = f"connectivity_from={found['source']} connectivity_to={found['target']}" if found else ""
    return sanitize(asked, LONGEST)


def unknown(document: Plain) -> list[tuple[str, str]]:
    """Tell the rules that could not be evaluated, by the reason: (which, why)."""
    by_reason: dict[str, list[str]] = collections.defaultdict(list)
    for each in rest(document)["unknown_rules"]:
        if _PARTIAL in each["reason"]:
            by_reason["they need what runs, which ansible-playbook kubewire.netdebug.diagnose reads"].append(
                each["code"]
            )
            continue
        by_reason[_why(each)].append(each["code"])
    return [(listing(codes, 6), sanitize(reason, LONGEST)) for reason, codes in by_reason.items()]


_STATES = {"passes": "passes", "stops": "STOPS", "unknown": "unknown", "not_judged": "-"}


def way(document: Plain) -> list[str]:
    """The way from the source to the target, a line for each hop, and what follows where every hop lets through."""
    hops = rest(document).get("path") or ()
    wide = max((len(hop["hop"]) for hop in hops), default=0)
    told = [
        f"{_STATES[hop['state']]:<7}  {hop['hop'].ljust(wide)}  {sanitize(hop.get('says', ''), LONGEST)}"
        for hop in hops
    ]
    if told and all(hop["state"] == "passes" for hop in hops):
        told.append("The target is reachable: what you see is not the network")
    return told


def _why(unknown_rule: Plain) -> str:
    """Why a fact is not known; of a refusal only what would help, since the API server's words are told elsewhere."""
    fact, reason = unknown_rule["fact"].replace("_", " "), unknown_rule["reason"]
    if "is forbidden" not in reason:
        return f"{fact}: {reason}"
    helps = [part for part in reason.split("; ") if "is forbidden" not in part]
    return "; ".join([f"{fact} may not be read", *dict.fromkeys(helps[:1])])


def count(number: int, noun: str) -> str:
    """A number of things: C(2 causes)."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"

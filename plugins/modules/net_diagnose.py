#!/usr/bin/python

# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: net_diagnose
short_description: Find the causes of failed checks
version_added: 1.0.0
author:
  - Kubewire contributors (@kubewire)
description:
  - Reads the snapshot and the report of a run, evaluates the rules of a catalogue of faults on them, and returns the
    causes that explain the failed checks, the most important one first. Each has the object and the field at fault,
    the evidence, what was ruled out, and a fix.
  - The module sends no request to the cluster. The same files give the same findings.
  - A rule that needs facts that the snapshot does not contain, such as events in a snapshot with C(depth=traffic),
    is listed in RV(unknown_rules). It never counts as passed.
  - A cause that explains no failed check is a finding only if the API server itself states that something does not
    run. Other suspicions are left out unless O(show_info) is set.
extends_documentation_fragment:
  - kubewire.netdebug._names
  - kubewire.netdebug._attributes
attributes:
  check_mode:
    support: full
    details:
      - Reads the files and returns the findings. Writes nothing.
  diff_mode:
    support: none
  idempotent:
    support: full
    details:
      - The same files give the same findings.
  async:
    support: full
options:
  run_dir:
    description:
      - Folder of the run, with C(snapshot.json) of M(kubewire.netdebug.net_info) and C(report.json) of
        M(kubewire.netdebug.net_probe). Without C(report.json), only the snapshot is evaluated.
      - C(findings.json) is written to it, and the findings are added to its C(report.json), from which
        M(kubewire.netdebug.net_report) renders them.
      - Required unless O(snapshot) or O(replay) is set.
    type: path
  snapshot:
    description:
      - File of the snapshot, if it is not C(snapshot.json) in O(run_dir).
    type: path
  report:
    description:
      - File of the report, if it is not C(report.json) in O(run_dir).
    type: path
  replay:
    description:
      - An earlier run whose snapshot and report are evaluated, as the path of its folder or of an archive of
        M(kubewire.netdebug.net_bundle). The archive is not unpacked, and must have the checksums of its manifest.
    type: path
  codes:
    description:
      - Faults to look for, as codes such as V(SVC-02) or layers such as V(POD). If empty, all.
    type: list
    elements: str
    default: []
  ignore:
    description:
      - Faults not to look for, as in O(codes).
    type: list
    elements: str
    default: []
  show_info:
    description:
      - Whether to return suspicions that explain no failed check, too.
    type: bool
    default: false
  error:
    description:
      - Error message of an application, a tool or an event because of which the run was made. What it means, what was
        asked because of it, and what that showed comes first in RV(text), and is in RV(error).
      - The text is data, is read up to a limit, and is not kept. A finding about the object that it names comes first.
    type: str
    default: ""
  target:
    description:
      - Target that was asked because of O(error), if it is not the one that the message names.
    type: str
    default: ""
  unasked:
    description:
      - Why nothing could be probed because of O(error), such as the message of a failed
        M(kubewire.netdebug.net_probe) task.
    type: str
    default: ""
  width:
    description:
      - Maximum number of columns of RV(text). Commands are never broken.
    type: int
    default: 80
  show:
    description:
      - Whether to show RV(text) on the terminal while the play runs. Ignored with C(async).
    type: bool
    default: true
seealso:
  - module: kubewire.netdebug.net_info
  - module: kubewire.netdebug.net_probe
  - module: kubewire.netdebug.net_report
  - module: kubewire.netdebug.net_bundle
"""

EXAMPLES = r"""
- name: Find the causes of what failed in a run
  kubewire.netdebug.net_diagnose:
    run_dir: /var/tmp/kubewire/shop
  register: diagnosis

- name: Show the first fix
  ansible.builtin.debug:
    msg: "{{ diagnosis.first.object }}: {{ diagnosis.first.fix }}"
  when: diagnosis.first.code | length > 0

- name: Find out what an error means
  kubewire.netdebug.net_diagnose:
    run_dir: /var/tmp/kubewire/shop
    error: "curl: (7) Failed to connect to web port 80 after 2 ms: Connection refused"

- name: Look for faults of Services alone, in a snapshot
  kubewire.netdebug.net_diagnose:
    snapshot: /var/tmp/kubewire/shop/snapshot.json
    codes: [SVC]
    show_info: true

- name: Find the causes in the run of somebody else
  kubewire.netdebug.net_diagnose:
    replay: /var/tmp/kubewire/shop.tar.gz
"""

RETURN = r"""
outcome:
  description:
    - Class of the result.
    - V(healthy) means no finding, no failed check, and no rule that could not be evaluated. V(warnings) means warnings
      only, V(cause) that a cause was found, V(unknown) that it could not tell.
  returned: success
  type: str
  sample: cause
exit_code:
  description: The same as a number, V(0) to V(3), in the order V(healthy), V(warnings), V(cause), V(unknown).
  returned: success
  type: int
  sample: 2
first:
  description: The first finding, in texts. All are empty if there is none.
  returned: success
  type: dict
  contains:
    code:
      description: Code of the fault.
      type: str
      returned: success
      sample: SVC-02
    object:
      description: Object at fault.
      type: str
      returned: success
      sample: Service shop/web
    field:
      description: Field at fault.
      type: str
      returned: success
      sample: spec.selector
    sentence:
      description: The cause in one sentence.
      type: str
      returned: success
      sample: "Service shop/web: spec.selector has app=webb, and no Pod in namespace shop does"
    fix:
      description: Command that fixes it, or what to do if there is no such command.
      type: str
      returned: success
      sample: kubectl -n shop patch service web --type=merge -p '{"spec":{"selector":{"app":"web"}}}'
counts:
  description:
    - Number of C(causes), of failed checks that they explain (C(explained)) and that none explains (C(unexplained)),
      and of faults that could not be looked for (C(not_looked_for)).
  returned: success
  type: dict
  sample: {"causes": 1, "explained": 12, "unexplained": 0, "not_looked_for": 0}
findings:
  description: The causes, the most important first, at most 50. C(findings.json) has all of them with their evidence.
  returned: success
  type: list
  elements: dict
  contains:
    code:
      description: Code of the fault.
      type: str
      returned: success
      sample: SVC-02
    layer:
      description: Layer of the fault.
      type: str
      returned: success
      sample: Service
    severity:
      description: V(critical), V(error), V(warning) or V(info).
      type: str
      returned: success
      sample: error
    certainty:
      description: V(certain), V(strong) or V(hint).
      type: str
      returned: success
      sample: certain
    object:
      description: Object at fault.
      type: str
      returned: success
      sample: Service shop/web
    sentence:
      description: The cause in one sentence.
      type: str
      returned: success
    field:
      description: Field at fault.
      type: str
      returned: if the fault is in a field
      sample: spec.selector
    value:
      description: Value of the field.
      type: str
      returned: if the fault is in a field
      sample: app=webb
    wanted:
      description: Value that the field should have.
      type: str
      returned: if the cluster tells
      sample: app=web
    fix:
      description: What fixes it (C(text)), the C(command) that does, its C(risk), its C(undo), and the right that it
        C(needs).
      type: dict
      returned: if something is known to fix it
    verify:
      description: C(source) and C(target) to probe afterwards.
      type: dict
      returned: if it explains a failed check
    changed:
      description: Who wrote the field last (C(manager)), and when (C(time)).
      type: dict
      returned: if the API server tells
    page:
      description: Address of the page that tells what the code means, and what looks like it.
      type: str
      returned: success
      sample: https://github.com/kubewire/kubewire.netdebug/tree/main/docs/codes/SVC-02.md
    checks:
      description: Number of failed checks that it explains.
      type: int
      returned: success
      sample: 12
    symptoms:
      description: Codes of faults that are symptoms of it.
      type: list
      elements: str
      returned: success
      sample: [SVC-09]
error:
  description: What O(error) turned out to be.
  returned: when O(error) is set
  type: dict
  contains:
    kind:
      description: Class of the error, or V(unknown) if it is not one that is known.
      type: str
      returned: success
      sample: refused
    means:
      description: What the class means.
      type: str
      returned: success
      sample: "The connection was refused: nothing accepts connections there"
    tool:
      description: The tool, library or component that writes such messages.
      type: str
      returned: if it can be told
      sample: curl
    asked:
      description: What was probed or looked at because of it.
      type: str
      returned: if something was
      sample: shop/client -> web.shop:80
    result:
      description: What that showed.
      type: str
      returned: if the findings do not say it
suspicions:
  description: What looks odd and explains no failed check, as in RV(findings).
  returned: when O(show_info) is set
  type: list
  elements: dict
has_report:
  description: Whether there is a report, so that probes were evaluated and not the snapshot alone.
  returned: success
  type: bool
unknown_rules:
  description: Rules that could not be evaluated, each with C(code), C(title), the C(fact) that is missing, and the
    C(reason).
  returned: success
  type: list
  elements: dict
files:
  description: The files that were written.
  returned: success
  type: list
  elements: dict
  contains:
    path:
      description: Path of the file.
      type: str
      returned: success
      sample: /var/tmp/kubewire/shop/findings.json
    sha256:
      description: SHA-256 of its content.
      type: str
      returned: success
    size:
      description: Its size in bytes.
      type: int
      returned: success
      sample: 4711
content:
  description: The whole content of C(findings.json).
  returned: if no file was written
  type: dict
text:
  description: The causes as plain text.
  returned: success
  type: str
  sample: 1 cause explains 12 of 12 failed checks
"""

import os
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils import _words as words
from ansible_collections.kubewire.netdebug.plugins.module_utils._ansible.ladder import reported
from ansible_collections.kubewire.netdebug.plugins.module_utils._ansible.module import Module
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs import net_diagnose as diagnosis


def argument_spec() -> dict[str, t.Any]:
    """Return the options of the module."""
    return {
        "run_dir": {"type": "path"},
        "snapshot": {"type": "path"},
        "report": {"type": "path"},
        "replay": {"type": "path"},
        "codes": {"type": "list", "elements": "str", "default": []},
        "ignore": {"type": "list", "elements": "str", "default": []},
        "show_info": {"type": "bool", "default": False},
        "error": {"type": "str", "default": ""},
        "target": {"type": "str", "default": ""},
        "unasked": {"type": "str", "default": ""},
        "width": {"type": "int", "default": 80},
        "show": {"type": "bool", "default": True},
    }


#: Which options say what is evaluated.
EITHER: dict[str, t.Any] = {
    "required_one_of": [("run_dir", "snapshot", "replay")],
    "mutually_exclusive": [("replay", "snapshot"), ("replay", "report")],
}


def main() -> None:
    """Run the module."""
    module = Module(argument_spec=argument_spec(), **EITHER, supports_check_mode=True)
    params = module.params
    options = diagnosis.Options(
        run_dir=os.path.abspath(params["run_dir"]) if params["run_dir"] else "",
        snapshot=params["snapshot"] or "",
        report=params["report"] or "",
        replay=params["replay"] or "",
        codes=tuple(params["codes"]),
        ignore=tuple(params["ignore"]),
        show_info=params["show_info"],
        width=params["width"],
        error=params["error"],
        target=params["target"],
        unasked=params["unasked"],
    )
    with reported(module):
        result = diagnosis.run(options, writes=not module.check_mode)
    found = result.findings
    module.exit_json(
        changed=False,
        outcome=found["outcome"],
        exit_code=words.DIAGNOSES[found["outcome"]].exit_code,
        first=diagnosis.first(found),
        counts=diagnosis.counts(found),
        findings=diagnosis.brief(found["findings"]),
        **({"error": found["error"]} if "error" in found else {}),
        **({"suspicions": diagnosis.brief(found["suspicions"])} if params["show_info"] else {}),
        has_report=result.has_report,
        unknown_rules=found["unknown_rules"],
        files=list(result.files),
        **({} if result.files else {"content": found}),
        text=result.text,
    )


if __name__ == "__main__":
    main()

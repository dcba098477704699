#!/usr/bin/python

# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: net_report
short_description: Render the report of a network check
version_added: 1.0.0
author:
  - Kubewire contributors (@kubewire)
description:
  - Reads a C(report.json), validates it against its schema, and renders it for people, CI servers, tickets and
    monitoring.
  - The HTML file is self-contained and opens without network. It contains a diagram of the failures between nodes, Pods
    and the entry points of the cluster, a heatmap of sources and targets for each traffic model, and the evidence of
    each cell.
  - With O(compare), each format for people also lists the checks that got worse, got better, are new or are gone. Pods
    that a rollout has replaced are matched by their workload.
  - The module does not change the verdicts of the report.
  - The summary is also shown on the terminal while the play runs.
extends_documentation_fragment:
  - kubewire.netdebug._names
  - kubewire.netdebug._attributes
attributes:
  check_mode:
    support: full
    details:
      - Reads and validates the report, and returns the summary. Writes nothing.
  diff_mode:
    support: none
  idempotent:
    support: full
    details:
      - The same report is rendered to the same bytes.
  async:
    support: full
    details:
      - The summary is not shown on the terminal. It is in RV(text) of the finished job.
options:
  src:
    description:
      - Path of a C(report.json) that M(kubewire.netdebug.net_probe) wrote.
    type: path
    required: true
  dest:
    description:
      - Folder for the files of O(formats). It is created if it does not exist.
      - Defaults to the folder of O(src).
    type: path
    aliases: [run_dir]
  formats:
    description:
      - Formats to write. With an empty list, nothing is written, but the summary is still returned and shown.
    type: list
    elements: str
    choices:
      html: C(report.html), the whole report.
      text: C(summary.txt), the summary as plain text.
      markdown: C(report.md), for a ticket or a comment on a pull request. It has less than 65,536 characters, and text
        from the cluster is in code spans.
      junit: C(report.junit.xml), for CI servers. Each traffic model is a test suite; each combination of source,
        target, protocol and IP family is a test case. A failed or unexpectedly open check is a failure, and a probe
        that did not run is an error. Checks that are unknown or were not tested are skipped. The last suite lists the
        causes as properties, and each failure contains its cause.
      prometheus: C(report.prom), for the textfile collector of node_exporter, with metrics C(kubewire_*) by cluster,
        traffic model and verdict. Set O(dest) to the folder of the collector, and O(mode) so that it can read the file.
    default: [html, text, markdown, junit]
  compare:
    description:
      - Path of an earlier C(report.json) to compare O(src) with.
    type: path
  mode:
    description:
      - Permissions of the files, octal or symbolic, as in C(ansible.builtin.copy).
      - A report contains names of Pods, addresses and routes. By default, only its owner may read it.
    type: raw
    default: "0600"
  width:
    description:
      - Maximum number of columns of the text summary. Values below V(60) are treated as V(60).
    type: int
    default: 80
seealso:
  - module: kubewire.netdebug.net_probe
"""

EXAMPLES = r"""
- name: Draw the report of a run, beside its report.json
  kubewire.netdebug.net_report:
    src: /var/tmp/kubewire/shop/report.json
  register: report

- name: Say how it went
  ansible.builtin.debug:
    msg: "{{ report.summary.fail }} of {{ report.summary.cells }} checks failed, see {{ report.files[0].path }}"

- name: Only show the summary, write nothing
  kubewire.netdebug.net_report:
    src: /var/tmp/kubewire/shop/report.json
    formats: []

- name: Draw the HTML report into another folder
  kubewire.netdebug.net_report:
    src: /var/tmp/kubewire/shop/report.json
    dest: /srv/www/reports
    formats: [html]

- name: Tell what changed since yesterday
  kubewire.netdebug.net_report:
    src: /var/tmp/kubewire/shop/report.json
    compare: /var/tmp/kubewire/yesterday/report.json
  register: report

- name: Stop where something got worse
  ansible.builtin.assert:
    that: report.changes.counts.worse == 0

- name: Hand the figures to Prometheus
  kubewire.netdebug.net_report:
    src: /var/tmp/kubewire/shop/report.json
    dest: /var/lib/prometheus/node-exporter
    formats: [prometheus]
    mode: "0644"
"""

RETURN = r"""
files:
  description: The files of this report, in the order of O(formats). In check mode, those that would be written.
  returned: success
  type: list
  elements: dict
  contains:
    path:
      description: Absolute path.
      type: str
      returned: success
      sample: /var/tmp/kubewire/20261121-0841-3f9c/report.html
    format:
      description: The entry of O(formats).
      type: str
      returned: success
      sample: html
    sha256:
      description: SHA-256 of its content.
      type: str
      returned: success
      sample: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
    size:
      description: Its size in bytes.
      type: int
      returned: success
      sample: 61234
run_id:
  description: ID of the run of the report.
  returned: success
  type: str
  sample: 20261121-0841-3f9c
summary:
  description: Counts of the report by verdict (C(cells), C(pass), C(fail), C(unexpected_open), C(unknown),
    C(skipped)), of the failures those of the C(network) and of the C(application), C(application_errors) (open paths
    whose application answered 5xx), different C(notes) on applications, those that pass but
    only when they were probed again (C(passed_later)), and by traffic model (C(by_model)).
  returned: success
  type: dict
  sample:
    cells: 120
    pass: 118
    fail: 1
    unexpected_open: 0
    unknown: 1
    skipped: 0
    application_errors: 0
    network: 1
    application: 0
    notes: 0
    passed_later: 0
    by_model: {}
changes:
  description: Changes since the report of O(compare). Checks are counted one by one and listed in groups.
  returned: when O(compare) is set
  type: dict
  contains:
    run:
      description: ID of the earlier run.
      type: str
      returned: success
      sample: 20261120-0840-77aa
    start:
      description: Start time of the earlier run.
      type: str
      returned: success
      sample: "2026-11-20T08:40:11.002Z"
    other_cluster:
      description: Whether the earlier report is about another API server.
      type: bool
      returned: success
    counts:
      description: Number of checks that got C(worse), got C(better), have another outcome without being worse
        (C(changed)), are C(new), are C(gone) or are the C(same).
      type: dict
      returned: success
      sample:
        worse: 6
        better: 0
        changed: 0
        new: 2
        gone: 0
        same: 112
    groups:
      description: Checks that changed in the same way, the worst first, at most 40 groups. Each has C(kind), C(model),
        C(was), C(now), C(checks) (their number), C(from), C(to) and the C(ids) of its cells (for checks
        that are gone, those of the earlier report).
      type: list
      elements: dict
      returned: success
    more_groups:
      description: Number of groups that are not listed.
      type: int
      returned: success
text:
  description: The summary as plain text, as it is shown. C(summary.txt) also lists what policies and Services close.
  returned: success
  type: str
  sample: All 120 checks PASSED
"""

import contextlib
import hashlib
import os
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils import _files
from ansible_collections.kubewire.netdebug.plugins.module_utils._ansible.module import Module
from ansible_collections.kubewire.netdebug.plugins.module_utils._report import changes as difference
from ansible_collections.kubewire.netdebug.plugins.module_utils._report import document as report
from ansible_collections.kubewire.netdebug.plugins.module_utils._report import html, junit, markdown, prometheus, text
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs import run_folder

Plain = dict[str, t.Any]


class Format(t.NamedTuple):
    """One file of a report.

    Attributes:
        name: of the file.
        render: gives its content from the document and its changes; none for the summary, which has a width, too.
    """

    name: str
    render: t.Callable[[Plain, Plain | None], str] | None = None


FORMATS = {
    "html": Format("report.html", html.render),
    "text": Format("summary.txt"),
    "markdown": Format("report.md", markdown.render),
    "junit": Format("report.junit.xml", lambda document, _changes: junit.render(document)),
    "prometheus": Format("report.prom", lambda document, _changes: prometheus.render(document)),
}
DEFAULT = ["html", "text", "markdown", "junit"]


def read(module: Module, option: str) -> dict[str, t.Any]:
    """Return the report document of an option; end the task when it is none."""
    path: str = module.params[option]
    wanted = "it must be the path of a report.json that kubewire.netdebug.net_probe wrote"
    try:
        return report.loads(_files.read(path))
    except OSError as error:
        module.fail_json(msg=f"{option}: cannot read {path!r}: {error.strerror}; {wanted}")
    except ValueError as error:
        module.fail_json(msg=f"{option}: {path!r} is not a report: {error}; {wanted}")


def write(module: Module, path: str, content: str) -> bool:
    """Bring a file to this content and mode; tell whether anything changed."""
    same = False
    if os.path.isfile(path) or not os.path.isdir(os.path.dirname(path)):
        with contextlib.suppress(FileNotFoundError):
            same = _files.read(path) == content.encode()
    if not same and not module.check_mode:
        run_folder.write(path, content)
    changed_mode = os.path.exists(path) and module.set_mode_if_different(path, module.params["mode"], False)
    return bool(changed_mode) or not same


def argument_spec() -> dict[str, t.Any]:
    """Return the options of the module."""
    return {
        "src": {"type": "path", "required": True},
        "dest": {"type": "path", "aliases": ["run_dir"]},
        "formats": {"type": "list", "elements": "str", "choices": list(FORMATS), "default": DEFAULT},
        "compare": {"type": "path"},
        "mode": {"type": "raw", "default": "0600"},
        "width": {"type": "int", "default": 80},
    }


def main() -> None:
    """Run the module."""
    module = Module(argument_spec=argument_spec(), supports_check_mode=True)
    src: str = module.params["src"]
    formats: list[str] = list(dict.fromkeys(module.params["formats"]))

    document = read(module, "src")
    changes = difference.tell(read(module, "compare"), document) if module.params["compare"] else None
    dest: str = os.path.abspath(module.params["dest"] or os.path.dirname(os.path.abspath(src)))
    paths = {name: os.path.join(dest, FORMATS[name].name) for name in formats}
    told = [*paths.values(), os.path.abspath(src)]
    summary, full = (
        text.render(document, module.params["width"], files=told, changes=changes, full=full) for full in (False, True)
    )

    changed, files = False, []
    for name, path in paths.items():
        render = FORMATS[name].render
        content = render(document, changes) if render else full
        body = content.encode()
        try:
            changed = write(module, path, content) or changed
        except OSError as error:
            wanted = "it must be a folder that you may write to, or one that you may make"
            module.fail_json(msg=f"dest: cannot write {path!r}: {error.strerror}; {wanted}")
        files.append({"path": path, "format": name, "sha256": hashlib.sha256(body).hexdigest(), "size": len(body)})
    result = {"files": files, "run_id": document["run"]["id"], "summary": document["summary"], "text": summary}
    if changes:
        result["changes"] = changes
    module.exit_json(changed=changed, **result)


if __name__ == "__main__":
    main()

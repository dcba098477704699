#!/usr/bin/python

# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: net_report
short_description: Draw the report of a network check
version_added: 1.0.0
author:
  - Kubewire contributors (@kubewire)
description:
  - Reads a C(report.json), checks it against its schema, and draws it as one HTML file and as plain text.
  - The HTML file needs nothing else. It opens without network, and holds a heatmap of sources against targets for each
    traffic model, with the evidence behind each cell.
  - This module decides nothing. The verdicts are those of the report.
  - The summary is also shown on the terminal while the play runs.
extends_documentation_fragment:
  - kubewire.netdebug._attributes
  - kubewire.netdebug._attributes.actiongroup_netdebug
attributes:
  check_mode:
    support: full
    details:
      - Reads and checks the report, and returns the summary; writes nothing.
  diff_mode:
    support: none
  idempotent:
    support: full
    details:
      - The same report gives the same bytes.
  async:
    support: full
    details:
      - The summary is not shown on the terminal then; it is in RV(text) of the finished job.
options:
  src:
    description:
      - Path of a C(report.json) as M(kubewire.netdebug.net_probe) writes it.
    type: path
    required: true
  dest:
    description:
      - Folder that C(report.html) and C(summary.txt) are written to, with mode V(0600).
      - It is made when it does not exist.
      - Without it, they are written beside O(src).
    type: path
    aliases: [run_dir]
  formats:
    description:
      - What to write. An empty list writes nothing, and still returns and shows the summary.
    type: list
    elements: str
    choices:
      html: C(report.html), the whole report.
      text: C(summary.txt), what a person reads first.
    default: [html, text]
  width:
    description:
      - Columns that the text summary may use.
      - At least V(60) columns are always used.
    type: int
    default: 100
seealso:
  - module: kubewire.netdebug.net_probe
"""

EXAMPLES = r"""
- name: Draw the report of a run, beside its report.json
  kubewire.netdebug.net_report:
    src: /var/tmp/kubewire/20261121-0841-3f9c/report.json
  register: report

- name: Say how it went
  ansible.builtin.debug:
    msg: "{{ report.summary.fail }} of {{ report.summary.cells }} checks failed, see {{ report.files[0].path }}"

- name: Only show the summary, write nothing
  kubewire.netdebug.net_report:
    src: build/demo/report.json
    formats: []

- name: Draw the HTML report into another folder
  kubewire.netdebug.net_report:
    src: build/demo/report.json
    dest: /srv/www/reports
    formats: [html]
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
      description: The entry of O(formats) that it is for.
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
summary:
  description: The counts of the report, by verdict (C(cells), C(pass), C(fail), C(unexpected_open), C(unknown),
    C(skipped)), C(application_errors), and by traffic model (C(by_model)).
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
    by_model: {}
text:
  description: The summary as plain text.
  returned: success
  type: str
  sample: All 120 checks PASSED on cluster https://198.18.0.2:6443 (v1.36.3), 3.2 s
"""

import hashlib
import os
import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.kubewire.netdebug.plugins.module_utils._ansible import run_folder
from ansible_collections.kubewire.netdebug.plugins.module_utils._report import document as report
from ansible_collections.kubewire.netdebug.plugins.module_utils._report import html, text

NAMES = {"html": "report.html", "text": "summary.txt"}
MODE = "0600"


def read(module: AnsibleModule, src: str) -> dict[str, t.Any]:
    """Return the report document; end the task when it is none."""
    wanted = "it must be the path of a report.json that kubewire.netdebug.net_probe wrote"
    try:
        with open(src, "rb") as file:
            return report.loads(file.read())
    except OSError as error:
        module.fail_json(msg=f"src: cannot read {src!r}: {error.strerror}; {wanted}")
    except ValueError as error:
        module.fail_json(msg=f"src: {src!r} is not a report: {error}; {wanted}")


def write(module: AnsibleModule, path: str, content: str) -> bool:
    """Bring a file to this content and mode; tell whether anything changed."""
    try:
        with open(path, "rb") as file:
            same = file.read() == content.encode()
    except FileNotFoundError:
        same = False
    if same:
        return bool(module.set_mode_if_different(path, MODE, False))
    if not module.check_mode:
        run_folder.write(path, content)
    return True


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "src": {"type": "path", "required": True},
            "dest": {"type": "path", "aliases": ["run_dir"]},
            "formats": {"type": "list", "elements": "str", "choices": list(NAMES), "default": list(NAMES)},
            "width": {"type": "int", "default": 100},
        },
        supports_check_mode=True,
    )
    src: str = module.params["src"]
    formats: list[str] = list(dict.fromkeys(module.params["formats"]))
    width: int = module.params["width"]

    document = read(module, src)
    dest: str = os.path.abspath(module.params["dest"] or os.path.dirname(os.path.abspath(src)))
    paths = {name: os.path.join(dest, NAMES[name]) for name in formats}
    summary = text.render(document, width, files=[*paths.values(), os.path.abspath(src)])

    changed, files = False, []
    for name, path in paths.items():
        content = html.render(document) if name == "html" else summary
        body = content.encode()
        try:
            changed = write(module, path, content) or changed
        except OSError as error:
            wanted = "it must be a folder that you may write to, or one that you may make"
            module.fail_json(msg=f"dest: cannot write {path!r}: {error.strerror}; {wanted}")
        files.append({"path": path, "format": name, "sha256": hashlib.sha256(body).hexdigest(), "size": len(body)})
    module.exit_json(changed=changed, files=files, summary=document["summary"], text=summary)


if __name__ == "__main__":
    main()

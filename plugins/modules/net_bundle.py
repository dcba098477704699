#!/usr/bin/python

# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: net_bundle
short_description: Pack a run into an archive for somebody else
version_added: 1.0.0
author:
  - Kubewire contributors (@kubewire)
description:
  - Packs the files of a run's folder into one archive, with a manifest that contains their checksums and lists what was
    not collected and why.
  - What looks like a credential is redacted while the archive is written. No unredacted copy is made.
  - The findings, the HTML report and the summary of the archive are made anew from the redacted files.
    M(kubewire.netdebug.net_diagnose) finds the same in the archive, to the byte.
  - The module sends no request to the cluster. The same files give the same archive.
extends_documentation_fragment:
  - kubewire.netdebug._names
  - kubewire.netdebug._attributes
attributes:
  check_mode:
    support: full
    details:
      - Returns the manifest and the checksum. Writes nothing.
  diff_mode:
    support: none
  idempotent:
    support: full
    details:
      - The same files give the same archive. With O(pseudonyms), as long as the file of RV(key) is there.
  async:
    support: full
options:
  run_dir:
    description:
      - Folder of the run, with C(snapshot.json) of M(kubewire.netdebug.net_info), and the files that
        M(kubewire.netdebug.net_probe) and M(kubewire.netdebug.net_diagnose) have added, or an archive of this module.
        Other files of the folder are not packed.
    type: path
    required: true
  dest:
    description:
      - Path of the archive. It must end with C(.tar.gz), and has mode C(0600).
    type: path
    required: true
  pseudonyms:
    description:
      - Kinds of names that are replaced by pseudonyms, the same in all files, so that the rules still find what fits.
      - What the pseudonyms stand for is written beside the archive, to RV(key). The archive does not contain it.
    type: list
    elements: str
    choices:
      addresses: IPv4 and IPv6 addresses and CIDRs. Addresses of one CIDR stay in one, and private ones stay private.
      namespaces: Names of namespaces, without those that every cluster has.
      nodes: Names of nodes.
      hosts: Domains of Ingresses, Gateways, Routes, external Services, the API server, and targets on the Internet.
    default: []
  words:
    description:
      - Further words that are replaced by pseudonyms, such as the name of a company or of a workload. A word ends at a
        dot, a hyphen, an underscore, or any other character that is no letter or digit.
    type: list
    elements: str
    default: []
  show:
    description:
      - Whether to show RV(text) on the terminal while the play runs. Ignored with C(async).
    type: bool
    default: true
seealso:
  - module: kubewire.netdebug.net_diagnose
"""

EXAMPLES = r"""
- name: Pack a run for a ticket
  kubewire.netdebug.net_bundle:
    run_dir: /var/tmp/kubewire/shop
    dest: /var/tmp/kubewire/shop.tar.gz
  register: bundle

- name: Show what was not collected
  ansible.builtin.debug:
    msg: "{{ bundle.manifest.not_collected }}"

- name: Pack it for somebody who shall not learn whose cluster it is
  kubewire.netdebug.net_bundle:
    run_dir: /var/tmp/kubewire/shop
    dest: /var/tmp/kubewire/anonymous.tar.gz
    pseudonyms: [addresses, namespaces, nodes, hosts]
    words: [acme]
"""

RETURN = r"""
archive:
  description: The archive.
  returned: success
  type: dict
  contains:
    path:
      description: Its path.
      type: str
      returned: success
      sample: /var/tmp/kubewire/shop.tar.gz
    sha256:
      description: SHA-256 of its content.
      type: str
      returned: success
    size:
      description: Its size in bytes.
      type: int
      returned: success
      sample: 40213
key:
  description:
    - The file that says what the pseudonyms stand for, as RV(archive). Keep it; whoever has it can undo them.
  returned: when O(pseudonyms) or O(words) is set
  type: dict
manifest:
  description: The content of C(manifest.json) in the archive.
  returned: success
  type: dict
  contains:
    files:
      description: The files, each with C(name), C(sha256), C(size) in bytes, and C(what) it is.
      type: list
      elements: dict
      returned: success
    not_collected:
      description:
        - What was refused, could not be read, or was left out, each with C(what), C(reason), C(remedy) if there is one,
          and the C(number) of such things.
      type: list
      elements: dict
      returned: success
    never_collected:
      description: What no run reads or keeps.
      type: list
      elements: str
      returned: success
    redacted:
      description: Number of texts in which a secret was replaced, by file.
      type: dict
      returned: success
      sample: {"answers.json": 0, "report.json": 0, "snapshot.json": 1}
    pseudonyms:
      description: Number of names that were replaced, by kind.
      type: dict
      returned: success
      sample: {"addresses": 41, "nodes": 3}
    kept_names:
      description: Names that were not replaced, because the formats of the files use them as words.
      type: list
      elements: str
      returned: if there are some
    findings:
      description: The causes in the archive, each as code, object and field.
      type: list
      elements: str
      returned: if there are some
      sample: ["SVC-02 Service shop/web spec.selector"]
    same_findings:
      description: Whether these are the causes that were found in the run. Pseudonyms may change what a rule finds.
      type: bool
      returned: success
text:
  description: The archive, its causes, and what was not collected, as plain text.
  returned: success
  type: str
"""

import os
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._ansible.ladder import reported
from ansible_collections.kubewire.netdebug.plugins.module_utils._ansible.module import Module
from ansible_collections.kubewire.netdebug.plugins.module_utils._bundle.pseudonyms import KINDS
from ansible_collections.kubewire.netdebug.plugins.module_utils._runs import net_bundle


def argument_spec() -> dict[str, t.Any]:
    """Return the options of the module."""
    return {
        "run_dir": {"type": "path", "required": True},
        "dest": {"type": "path", "required": True},
        "pseudonyms": {"type": "list", "elements": "str", "choices": list(KINDS), "default": []},
        "words": {"type": "list", "elements": "str", "default": []},
        "show": {"type": "bool", "default": True},
    }


def main() -> None:
    """Run the module."""
    module = Module(argument_spec=argument_spec(), supports_check_mode=True)
    params = module.params
    options = net_bundle.Options(
        run_dir=os.path.abspath(params["run_dir"]),
        dest=os.path.abspath(params["dest"]),
        pseudonyms=tuple(params["pseudonyms"]),
        words=tuple(params["words"]),
    )
    with reported(module):
        result = net_bundle.run(options, writes=not module.check_mode)
    module.exit_json(
        changed=result.changed,
        archive=result.archive,
        **({"key": result.key} if result.key else {}),
        manifest=result.manifest.to_dict(),
        text=net_bundle.told(result),
    )


if __name__ == "__main__":
    main()

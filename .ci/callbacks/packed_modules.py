# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps the modules that Ansible has packed for the playbooks that follow, each with its files compiled.

Packing takes 0.3 to 0.7 s of a processor for each module, in each playbook; compiling what is packed as much, in each
task. What runs is what Ansible packs: its folder of packed modules is a link to one that stays as long as no file of
the collection changes. Compiled files stand in the archive beside their sources, for this Python; others ignore them.
"""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import importlib.util
import io
import marshal
import os
import pathlib
import shutil
import time
import typing as t
import zipfile

from ansible import constants, release
from ansible._internal import _locking
from ansible.executor import module_common
from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: packed_modules
type: aggregate
short_description: Keeps packed modules for the next playbook
description:
  - Of O(ANSIBLE_HOME), in C(packed).
"""
COLLECTION = "ansible_collections/kubewire/netdebug"
UNUSED_S = 86400  #: after which packed modules of other states of the collection are removed


class CallbackModule(CallbackBase):
    """The callback of this file."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "packed_modules"

    def __init__(self) -> None:
        super().__init__()
        self.folder = pathlib.Path(constants.ANSIBLE_HOME, "packed", _state())

    def v2_playbook_on_start(self, playbook: t.Any) -> None:
        if not self.folder.exists():
            self._remove_unused()
        self.folder.mkdir(parents=True, exist_ok=True)
        pathlib.Path(constants.DEFAULT_LOCAL_TMP, "ansiballz_cache").symlink_to(self.folder)

    def v2_playbook_on_stats(self, stats: t.Any) -> None:
        for path in self.folder.glob("*-none"):
            done = path.with_name(f"{path.name}.compiled")
            with _locking.named_mutex(f"{path}.lock"):
                if not done.exists():
                    _compile(path)
                    done.touch()

    def _remove_unused(self) -> None:
        for other in self.folder.parent.glob("*"):
            if time.time() - other.stat().st_mtime > UNUSED_S:
                shutil.rmtree(other, ignore_errors=True)


def _state() -> str:
    """Say what the packed modules are made of: files of the collection as they are now, Ansible, and this Python."""
    made_of = [release.__version__, release.__file__, importlib.util.MAGIC_NUMBER.hex()]
    for top in constants.COLLECTIONS_PATHS:
        for folder, _folders, files in os.walk(os.path.join(top, COLLECTION, "plugins")):
            found = [os.path.join(folder, name) for name in files if name.endswith(".py")]
            made_of += [f"{path} {os.stat(path).st_mtime_ns} {os.stat(path).st_size}" for path in sorted(found)]
    return hashlib.sha256("\n".join(sorted(made_of)).encode()).hexdigest()[:16]


def _compile(path: pathlib.Path) -> None:
    """Put the compiled file beside each source of a packed module; it holds without a look at the source."""
    module = module_common._CachedModule.load(str(path))
    archive = io.BytesIO(base64.b64decode(module.zip_data))
    with zipfile.ZipFile(archive, "a", zipfile.ZIP_DEFLATED) as packed:
        for name in packed.namelist():
            code = compile(packed.read(name), name, "exec", dont_inherit=True)
            head = (
                importlib.util.MAGIC_NUMBER + (1).to_bytes(4, "little") + importlib.util.source_hash(packed.read(name))
            )
            packed.writestr(f"{name}c", head + marshal.dumps(code))
    dataclasses.replace(module, zip_data=base64.b64encode(archive.getvalue())).dump(str(path))

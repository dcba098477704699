# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module that runs until it is told to end."""

from __future__ import annotations

import json
import os
import pathlib
import signal
import subprocess
import sys
import typing as t

from ansible_collections.kubewire.netdebug.plugins.modules import net_probe

ROOT = pathlib.Path(net_probe.__file__).parents[5]


MODULES = "ansible_collections.kubewire.netdebug.plugins.modules"


SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


def heed() -> None:
    """Undo what nohup or a shell in the background had tests ignore."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_DFL)


class Module:
    """A module that runs until it is told to end, or by itself."""

    def __init__(self, module: str, folder: pathlib.Path, **params: t.Any) -> None:
        arguments = folder / "arguments.json"
        arguments.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": params}))
        words = [sys.executable, "-m", f"{MODULES}.{module}", str(arguments)]
        environ = {**os.environ, "PYTHONPATH": str(ROOT)}
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(words, stdout=pipe, stderr=pipe, text=True, env=environ, preexec_fn=heed)  # noqa: PLW1509 - no thread yet

    def end_by(self, number: int) -> dict[str, t.Any]:
        self.process.send_signal(number)
        stdout, stderr = self.process.communicate(timeout=60)
        assert "Traceback" not in stderr, stderr
        assert stdout, stderr
        return dict(json.loads(stdout))

# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An engine that only says what the test wants it to say."""

from __future__ import annotations

import json
import pathlib
import sys
import typing as t

VERSIONS = {
    "podman": {"Client": {"APIVersion": "4.3.1", "Version": "4.3.1"}},
    "docker": {"Client": {"ApiVersion": "1.41", "Version": "20.10.24"}, "Server": {"Version": "20.10.24"}},
}

NOBODY = 4194305  #: a PID that no process can have, so that nothing is done to one

SCRIPT = """#!{python} -S
import json, os, sys, time
with open({calls!r}, "a") as stream:
    stream.write(json.dumps([os.fsencode(word).hex() for word in sys.argv[1:]]) + "\\n")
with open({answers!r}) as stream:
    answers = json.load(stream)
words = sys.argv[1:]
found = [each for each in answers if words[: len(each[0])] == each[0]]
code, out, err = max(found, key=lambda each: len(each[0]))[1:] if found else (0, "", "")
time.sleep(float(os.environ.get("KUBEWIRE_TEST_SLEEP", 0)) if words[0] == "exec" else 0)
sys.stdout.write(out)
sys.stderr.write(err)
sys.exit(code)
"""


class Fake:
    """Its program, what it answers, and what it was called with."""

    def __init__(self, folder: pathlib.Path, name: str) -> None:
        self.name, self.path = name, folder / name
        self._calls, self._answers = folder / f"{name}.calls", folder / f"{name}.answers"
        self._table: list[t.Any] = []
        self.path.write_text(SCRIPT.format(python=sys.executable, calls=str(self._calls), answers=str(self._answers)))
        self.path.chmod(0o755)
        self.answers(["version"], out=json.dumps(VERSIONS[name]))

    def answers(self, words: list[str], code: int = 0, out: str = "", err: str = "") -> None:
        """CommandAnswer so when the call begins with these words; the longest beginning counts."""
        self._table = [each for each in self._table if each[0] != words] + [[words, code, out, err]]
        self._answers.write_text(json.dumps(self._table))

    def has(self, name: str, pid: int = NOBODY, created: str = "2026-11-21T12:00:00.5Z", **labels: str) -> None:
        """Have a container."""
        self.answers(["container", "inspect", name], out=self.container(name, pid, created, **labels))

    def container(self, name: str, pid: int = NOBODY, created: str = "2026-11-21T12:00:00.5Z", **labels: str) -> str:
        """What it says of a container."""
        state = {"Running": pid > 0, "Pid": pid, "Status": "running" if pid else "exited"}
        data = {"Id": f"id-of-{name}", "Name": f"/{name}", "State": state, "Config": {"Labels": labels or None}}
        return json.dumps([{**data, "Created": created}])

    def has_no(self, name: str) -> None:
        """Have no such container."""
        words = {"podman": f'Error: no container with name or ID "{name}" found', "docker": "Error: No such container"}
        self.answers(["container", "inspect", name], code=1, out="[]\n", err=words[self.name])

    def calls(self) -> list[list[str]]:
        """What it was called with."""
        lines = self._calls.read_text().splitlines() if self._calls.exists() else []
        return [[bytes.fromhex(word).decode() for word in json.loads(line)] for line in lines]

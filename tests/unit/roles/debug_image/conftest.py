# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tools of these tests: the files of the build context, and a PATH of programs that are made up."""

from __future__ import annotations

import importlib.util
import os
import pathlib
import shutil
import subprocess
import types
import typing as t

import pytest

CONTEXT = pathlib.Path(__file__).resolve().parents[4] / "roles" / "debug_image" / "files"
#: The shells of Debian and Red Hat, and of Alpine.
SHELLS = (["sh"], ["busybox", "sh"])


def script(name: str) -> types.ModuleType:
    """Import a file of the context, which is no module of ours, and leave no compiled file beside it."""
    spec = importlib.util.spec_from_file_location(name, CONTEXT / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    source = (CONTEXT / f"{name}.py").read_text()
    exec(compile(source, str(CONTEXT / f"{name}.py"), "exec"), module.__dict__)
    return module


class Tools:
    """A table, and the programs that it names."""

    def __init__(self, folder: pathlib.Path, shell: list[str]) -> None:
        self.folder, self.shell = folder, shell
        self.table = folder / "tools.tsv"
        self.table.write_text("# a comment\n\n")
        (folder / "bin").mkdir()

    def add(self, name: str, code: str | None, *columns: str) -> None:
        """Add a row; code None: there is no such program."""
        row = (name, f"{name} --version", *(columns or (name, name, name, "always")))
        with self.table.open("a") as table:
            table.write("\t".join(row) + "\n")
        if code is not None:
            program = self.folder / "bin" / name
            program.write_text(f"#!/bin/sh\n{code}\n")
            program.chmod(0o755)

    def run(self, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a script of the context on the table."""
        return subprocess.run(
            [*self.shell, str(CONTEXT / name), *arguments],
            env={"PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@pytest.fixture(params=SHELLS, ids=["sh", "busybox"])
def tools(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> t.Iterator[Tools]:
    assert shutil.which(request.param[0])
    return Tools(tmp_path, request.param)

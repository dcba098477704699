# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is printed into Python files is what the sources in assets/ say."""

from __future__ import annotations

import pathlib
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PRINTED = ("plugins/module_utils/_report/page_assets.py", "plugins/module_utils/_probe/runner_sh.py")
SOURCES = sorted(path for path in (ROOT / "assets").rglob("*") if path.suffix in (".js", ".css", ".sh", ".bash"))

pytestmark = pytest.mark.skipif(not SOURCES, reason="an artifact has no assets/, only what is printed from it")


def check(root: pathlib.Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the program that prints, in a checkout."""
    command = [sys.executable, root / ".ci" / "assets", *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def checkout(tmp_path: pathlib.Path) -> pathlib.Path:
    """A copy of what the program reads and writes."""
    shutil.copytree(ROOT / "assets", tmp_path / "assets")
    for name in (".ci/assets", *PRINTED):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def test_printed_files_are_what_the_sources_say():
    result = check(ROOT, "--check")
    assert (result.returncode, result.stdout + result.stderr) == (0, "")


@pytest.mark.parametrize(
    ("source", "line", "printed"),
    [
        ("page/filter.js", "const more = 1;\n", PRINTED[0]),
        ("page/print.css", "b {\n  color: red;\n}\n", PRINTED[0]),
        ("runner/names.sh", "more=1\n", PRINTED[1]),
        ("runner/talk.bash", "more=1\n", PRINTED[1]),
    ],
)
def test_a_source_that_was_changed_alone_is_noticed(checkout: pathlib.Path, source: str, line: str, printed: str):
    with (checkout / "assets" / source).open("a") as file:
        file.write(line)
    result = check(checkout, "--check")
    assert (result.returncode, result.stdout) == (1, f"{printed} is not what assets/ says: run .ci/assets\n")
    assert check(checkout).returncode == check(checkout, "--check").returncode == 0
    assert line in (checkout / printed).read_text()


@pytest.mark.parametrize(
    ("source", "line", "said"),
    [
        ("page/filter.js", 'import * as all from "./data.js";\n', "only `import { name } from`"),
        ("page/filter.js", "export default 1;\n", "only `import { name } from`"),
        ("page/filter.js", 'const more = `\n"""`;\n', "three quotes"),
        ("page/filter.js", "const more = '\u2192';\n", "beyond ASCII"),
        ("runner/talk.bash", "more='1'\n", "a single quote"),
        ("runner/names.sh", f"more={'1' * 160}\n", "more than 160"),
    ],
)
def test_what_cannot_be_printed_is_refused(checkout: pathlib.Path, source: str, line: str, said: str):
    with (checkout / "assets" / source).open("a") as file:
        file.write(line)
    before = [(checkout / name).read_text() for name in PRINTED]
    result = check(checkout)
    assert result.returncode == 1
    assert said in result.stderr
    assert [(checkout / name).read_text() for name in PRINTED] == before


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_source_says_its_licence_and_is_short(path: pathlib.Path):
    text = path.read_text()
    assert "SPDX-License-Identifier: GPL-3.0-or-later\n" in text[:400]
    assert len(text.splitlines()) <= 350

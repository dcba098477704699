# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages of docs/codes are what the catalogue and assets/codes say, and a rule without its text is named."""

from __future__ import annotations

import pathlib
import re
import shutil
import subprocess
import sys

import pytest
import yaml

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.catalogue import RULES

ROOT = pathlib.Path(__file__).resolve().parents[2]
TEXTS = sorted((ROOT / "assets" / "codes").glob("*.yml"))

pytestmark = pytest.mark.skipif(not TEXTS, reason="an artifact has no assets/, only what is printed from it")


def check(root: pathlib.Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the program that prints, in a checkout."""
    return subprocess.run(
        [sys.executable, root / ".ci" / "codes", *options], capture_output=True, text=True, check=False
    )


@pytest.fixture
def checkout(tmp_path: pathlib.Path) -> pathlib.Path:
    """A copy of what the program reads and writes."""
    for name in ("assets/codes", "docs/codes", "plugins/module_utils"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "codes", tmp_path / ".ci" / "codes")
    return tmp_path


def test_the_pages_are_what_their_sources_say():
    result = check(ROOT, "--check")
    assert (result.returncode, result.stdout + result.stderr) == (0, "")


def test_every_code_has_its_page():
    pages = {path.stem for path in (ROOT / "docs" / "codes").glob("*.md")}
    assert pages == {"README", *(rule.code for rule in RULES)}


def test_every_link_of_a_page_leads_to_one():
    folder = ROOT / "docs" / "codes"
    links = {name for path in folder.glob("*.md") for name in re.findall(r"\]\(([\w.-]+\.md)\)", path.read_text())}
    assert not {name for name in links if not (folder / name).exists()}


def test_a_rule_without_its_text_is_named(checkout: pathlib.Path):
    path = checkout / "assets" / "codes" / "SVC.yml"
    body = yaml.safe_load(path.read_text())
    del body["SVC-02"]["fix"]
    del body["SVC-04"]
    path.write_text(yaml.safe_dump(body))
    told = check(checkout).stderr.splitlines()
    assert "SVC-02 (The selector matches no Pod) has no text for fix: add it to assets/codes/SVC.yml" in told
    assert any(line.startswith("SVC-04 (") and "means, shown, mechanism, fix" in line for line in told)


def test_a_stale_page_is_named_and_printed_anew(checkout: pathlib.Path):
    page, other = (checkout / "docs" / "codes" / f"{name}.md" for name in ("SVC-02", "SVC-99"))
    page.write_text("# another\n")
    other.write_text("# of no rule\n")
    result = check(checkout, "--check")
    assert result.returncode == 1
    assert {line.partition(" ")[0] for line in result.stdout.splitlines()} == {
        "docs/codes/SVC-02.md",
        "docs/codes/SVC-99.md",
    }
    assert check(checkout).returncode == 0
    assert not other.exists()
    assert check(checkout, "--check").returncode == 0

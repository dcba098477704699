# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A file of plugins/ is tested by the file of its path and name, and every test file has its file there."""

from __future__ import annotations

import pathlib

import pytest

UNIT = pathlib.Path(__file__).resolve().parent
ROOT = UNIT.parents[1]

#: file of plugins/ without a test file of its name -> why
WITHOUT = {
    "doc_fragments/_attributes.py": "documentation alone",
    "doc_fragments/_auth.py": "documentation alone; test_option_names and _ansible/test_auth hold it",
    "doc_fragments/_commands.py": "documentation alone",
    "doc_fragments/_names.py": "documentation alone",
    "action/host_debug.py": "debug_pod's plugin, which test_debug_pod runs under both names",
    "modules/role_variables.py": "documentation alone: action/role_variables.py does the work",
    "module_utils/_bad_input.py": "an exception without logic",
    "module_utils/_vantage/created.py": "records without logic",
    "module_utils/_snapshot/model_components.py": "records without logic",
    "module_utils/_snapshot/model_control_plane.py": "records without logic",
    "module_utils/_snapshot/model_limits.py": "records without logic",
    "module_utils/_snapshot/model_pods.py": "records without logic",
    "module_utils/_snapshot/model_workloads.py": "records without logic",
    "module_utils/_diagnosis/finding.py": "records without logic",
    "module_utils/_report/page_assets.py": "printed from assets/page; test_assets.py and tests/page hold it",
}


def mirror_of(file: pathlib.Path) -> str:
    """The path of a file's test file; that of a package's own file has the package's name."""
    if file.name == "__init__.py":
        return str(file.parent.parent / f"test_{file.parent.name.lstrip('_')}.py")
    return str(file.parent / f"test_{file.name.lstrip('_')}")


PLUGINS = ROOT / "plugins"
FILES = {
    str(path.relative_to(PLUGINS)): mirror_of(path.relative_to(PLUGINS))
    for path in sorted(PLUGINS.rglob("*.py"))
    if path.read_text().strip()
}
TESTS = {str(path.relative_to(UNIT / "plugins")) for path in (UNIT / "plugins").rglob("test_*.py")}


@pytest.mark.parametrize("file", sorted(FILES.keys() - WITHOUT.keys()))
def test_a_file_has_its_test_file(file: str) -> None:
    assert FILES[file] in TESTS


@pytest.mark.parametrize("test", sorted(TESTS))
def test_a_test_file_has_its_file(test: str) -> None:
    assert test in FILES.values()


def test_only_what_has_no_test_file_is_an_exception() -> None:
    assert WITHOUT.keys() <= FILES.keys()
    assert not {file for file in WITHOUT if FILES[file] in TESTS}

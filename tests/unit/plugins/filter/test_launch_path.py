# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""launch_path: a relative path is one of the folder that Ansible was started in."""

from __future__ import annotations

import pathlib

import pytest

from ansible_collections.kubewire.netdebug.plugins.filter.launch_path import FilterModule

launch_path = FilterModule().filters()["launch_path"]


@pytest.mark.parametrize("path", ["shop.json", "runs/shop.json", "./shop.json", "../shop.json"])
def test_a_relative_path_begins_where_ansible_was_started(tmp_path: pathlib.Path, monkeypatch, path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PWD", raising=False)
    assert launch_path(path) == f"{tmp_path}/{path}"


@pytest.mark.parametrize("path", ["/var/tmp/shop.json", "~/shop.json", "~user", "", None, 7, ["shop.json"]])
def test_an_absolute_path_and_what_is_no_path_stay_as_they_are(path):
    assert launch_path(path) == path


def test_each_of_several_paths_is_made_absolute(tmp_path: pathlib.Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert launch_path("a:~/b::/c", ":") == f"{tmp_path}/a:~/b::/c"
    assert launch_path("a", ":") == f"{tmp_path}/a"
    assert launch_path("a:b") == f"{tmp_path}/a:b"
    assert launch_path({"kind": "Config"}, ":") == {"kind": "Config"}

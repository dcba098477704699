# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of what we make, and of what users name."""

from __future__ import annotations

import re

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._debug import names

HOSTILE = ["w1; rm -rf /", "$(id)", "a" * 300, "W1.Example.COM", "é", "-", "..", "a/b\nc", "{{ x }}"]


def test_a_digest_is_of_the_data_not_of_its_order():
    assert names.digest({"a": 1, "b": [2]}) == names.digest({"b": [2], "a": 1}) != names.digest({"a": 1, "b": [3]})
    assert re.fullmatch("[0-9a-f]{16}", names.digest(None))


@pytest.mark.parametrize("node", ["", "w1", "w1.example.com", *HOSTILE])
def test_a_pod_name_is_one_whatever_the_node_is_called(node):
    name = names.pod_name("node-debugger", node, "run")
    names.check_label("name", name)
    assert name.startswith("node-debugger-")
    assert name == names.pod_name("node-debugger", node, "run")


def test_pod_names_differ_where_run_node_or_what_was_cut_does():
    made = [names.pod_name("p", node, run) for node in ("", "w1", "W1", "w-1", *HOSTILE) for run in ("1", "2")]
    made += [names.pod_name("p", "a" * 299, "1"), names.pod_name("", "", "1")]
    assert len(set(made)) == len(made)


@pytest.mark.parametrize("value", ["a", "a-b", "0", "a" * 63])
def test_labels_that_are(value):
    names.check_label("container", value)
    names.check_subdomain("node", f"{value}.b")


@pytest.mark.parametrize("value", ["", "-", "a-", "A", "a.b", "a_b", "a" * 64, "a\n", *HOSTILE])
def test_labels_that_are_not_are_refused_by_name(value):
    with pytest.raises(ValueError, match=r"^container is ") as caught:
        names.check_label("container", value)
    assert repr(value) in str(caught.value)


@pytest.mark.parametrize("value", ["", ".", "a.", "a..b", "a.-b", "a." * 127 + "a", *HOSTILE])
def test_subdomains_that_are_not_are_refused_by_name(value):
    with pytest.raises(ValueError, match=r"^node is ") as caught:
        names.check_subdomain("node", value)
    assert repr(value) in str(caught.value)


def test_labels_of_an_object():
    names.check_labels("labels", {"a": "", "A_b.c": "D-e", "kubewire.io/run-id": "x", "a" * 63: "b" * 63})


@pytest.mark.parametrize(
    "labels",
    [
        {"": "a"},
        {"a/": "b"},
        {"/a": "b"},
        {"a/b/c": "d"},
        {"A/b": "c"},
        {"a": "b c"},
        {"a": "-"},
        {"a": 1},
        {"a" * 64: ""},
    ],
)
def test_labels_of_an_object_that_are_none_are_refused_by_name(labels):
    with pytest.raises(ValueError, match=r"^labels"):
        names.check_labels("labels", labels)


@pytest.mark.parametrize(
    ("image", "fixed"),
    [
        ("busybox", False),
        ("busybox:latest", False),
        ("busybox:1.37", True),
        (f"busybox@sha256:{'a' * 64}", True),
        (f"reg.example:5000/a/b__c/d--e:latest@sha256:{'a' * 64}", True),
        ("localhost:5000/a", False),
        ("[::1]:5000/a:1", True),
        (f"{'a' * 255}:{'1' * 128}", True),
        ("Registry.Example/a", False),
    ],
)
def test_images_and_whether_they_are_fixed(image, fixed):
    names.check_image("image", image)
    assert names.is_fixed(image) is fixed


@pytest.mark.parametrize(
    "image", ["", "Busybox", "a:b:c", "a b", "a;b", "-a", "a/", "a@sha256:12", "http://a/b", "a\n", "a" * 256]
)
def test_images_that_are_none_are_refused_by_name(image):
    with pytest.raises(ValueError, match=r"^image is "):
        names.check_image("image", image)

# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An error that asks for a Service which does not exist."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.errors.names import (
    missing_service,
    with_missing,
)
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.errors.text import ErrorText, parse
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Namespace

from .. import scenes

HERE = scenes.SERVICE.namespace
SNAPSHOT = dataclasses.replace(scenes.snapshot(), namespaces=(Namespace(HERE), Namespace("other")))
READ = parse("dial tcp: lookup webb on 10.96.0.10:53: no such host")


def asks(target: str) -> ErrorText:
    """The error with a target."""
    return dataclasses.replace(READ, target=target)


@pytest.mark.parametrize("form", ["webb.{}", "webb.{}:80", "http://webb.{}/path", "webb.{}.svc.cluster.local:80"])
def test_a_slip_is_told_with_the_nearest_name(form: str):
    found = missing_service(asks(form.format(HERE)), scenes.case(SNAPSHOT))
    assert found
    assert (found.code, str(found.object), found.wanted) == ("SVC-01", f"Service {HERE}/webb", "web")
    assert found.sentence.endswith("; the nearest name there is web")
    assert found.evidence[0].about == "Go"


def test_a_service_of_another_namespace_is_told():
    found = missing_service(asks("web.other:80"), scenes.case(SNAPSHOT))
    assert found
    assert (found.code, found.wanted) == ("SVC-11", f"web.{HERE}")


@pytest.mark.parametrize("target", ["", f"web.{HERE}:80", "web", "10.96.1.2:80", "www.example", "a.b.example.com:443"])
def test_what_exists_or_is_no_service_is_not_missing(target: str):
    assert missing_service(asks(target), scenes.case(SNAPSHOT)) is None


def test_a_missing_service_is_the_first_cause():
    case = scenes.case(SNAPSHOT)
    missing = missing_service(asks(f"webb.{HERE}:80"), case)
    assert missing
    other = dataclasses.replace(missing, code="POD-01", object=scenes.SERVICE, value="")
    assert with_missing([other], asks(f"webb.{HERE}:80"), case) == (missing, other)
    assert with_missing([other], asks(f"web.{HERE}:80"), case) == (other,)


def test_what_a_rule_found_of_the_same_name_stays():
    case = scenes.case(SNAPSHOT)
    missing = missing_service(asks(f"webb.{HERE}:80"), case)
    assert missing
    other = dataclasses.replace(missing, code="POD-01", object=scenes.SERVICE, value="")
    for same in (
        dataclasses.replace(missing, sentence="of a rule"),
        dataclasses.replace(missing, object=scenes.SERVICE, value="webb:80"),
    ):
        assert with_missing([other, same], asks(f"webb.{HERE}:80"), case) == (same, other)

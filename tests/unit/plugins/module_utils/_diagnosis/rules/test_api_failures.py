# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster whose API server cannot be read at all is diagnosed from what was said instead."""

from __future__ import annotations

import pytest

from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.case import Case
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.catalogue import RULES
from ansible_collections.kubewire.netdebug.plugins.module_utils._diagnosis.engine import diagnose
from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.model import Failure, Snapshot

from ..scenes import TAKEN

SERVER = "https://198.18.0.2:6443"


@pytest.mark.parametrize(
    ("reason", "message", "code", "certainty"),
    [
        ("unreachable", "the API server cannot be reached within 30 s (Connection refused)", "CP-06", "hint"),
        ("unreachable", "the API server cannot be reached within 30 s (timed out)", "CP-06", "hint"),
        ("untrusted", "is not trusted (certificate verify failed: certificate has expired)", "CP-05", "certain"),
        ("server_error", "cannot list pods: etcdserver: request timed out", "CP-03", "strong"),
    ],
)
def test_what_was_said_instead_of_an_answer(reason: str, message: str, code: str, certainty: str):
    diagnosis = diagnose(Case(Snapshot(TAKEN, SERVER, failure=Failure(reason, message))), RULES)
    (finding,) = diagnosis.findings
    assert (finding.code, finding.certainty, finding.severity) == (code, certainty, "critical")
    assert certainty == "certain" or "needs node state" in finding.sentence + (finding.fix.text if finding.fix else "")
    assert diagnosis.outcome == "cause"
    assert len(diagnosis.unknown_rules) == len(RULES) - len(diagnosis.evaluated)
    assert all(one.reason.startswith("nothing could be read") for one in diagnosis.unknown_rules)


def test_a_certificate_of_another_authority_is_a_wrong_kubeconfig():
    failure = Failure("untrusted", "is not trusted (self-signed certificate in certificate chain)")
    assert diagnose(Case(Snapshot(TAKEN, SERVER, failure=failure)), RULES).findings == ()

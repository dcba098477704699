# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What certificates say, whose name they are for, and that a hostile one harms nobody."""

from __future__ import annotations

import base64
import datetime
import ipaddress
import json
import sys
import types
import typing as t

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe import answers, certificates
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.types import Answer, Probe, SourceReport

NOW = datetime.datetime(2026, 11, 21, 12, tzinfo=datetime.timezone.utc)
KEY = ec.generate_private_key(ec.SECP256R1())


class Today(datetime.datetime):
    """Always that day."""

    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> datetime.datetime:
        return NOW


#: The module datetime, on that day.
CLOCK = types.SimpleNamespace(timezone=datetime.timezone, datetime=Today)


def name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])


def cert(names: t.Sequence[str] = ("shop.example",), days: tuple[int, int] = (-10, 30), common: str = "shop") -> bytes:
    builder = x509.CertificateBuilder().subject_name(name(common)).issuer_name(name("CA")).public_key(KEY.public_key())
    since, until = (NOW + datetime.timedelta(count) for count in days)
    builder = builder.serial_number(1).not_valid_before(since).not_valid_after(until)
    if names:
        alternatives: list[x509.GeneralName] = []
        for one in names:
            try:
                alternatives.append(x509.IPAddress(ipaddress.ip_address(one)))
            except ValueError:
                alternatives.append(x509.DNSName(one))
        builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
    return builder.sign(KEY, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def test_the_facts_of_a_chain() -> None:
    assert certificates.read([cert(["a.example", "10.0.0.1"]), cert(common="CA")], "a.example", NOW) == {
        "subject": "CN=shop",
        "issuer": "CN=CA",
        "names": ["a.example", "10.0.0.1"],
        "not_before": "2026-11-11T12:00:00Z",
        "not_after": "2026-12-21T12:00:00Z",
        "days_left": 30,
        "valid_now": True,
        "self_signed": False,
        "name_matches": True,
        "chain": ["CN=shop", "CN=CA"],
    }
    assert certificates.read([cert(common="CA")], "a.example", NOW)["self_signed"]


@pytest.mark.parametrize(
    ("asked", "shown", "matches"),
    [
        ("shop.example", ["shop.example"], True),
        ("SHOP.example.", ["shop.EXAMPLE"], True),
        ("a.shop.example", ["*.shop.example"], True),
        ("a.b.shop.example", ["*.shop.example"], False),
        ("shop.example", ["*.shop.example"], False),
        ("ab.shop.example", ["a*.shop.example", "*b.shop.example"], False),
        ("a.shop.example", ["a.*.example", "*.*.example"], False),
        ("localhost", ["*"], False),
        ("shop", [], False),  # the common name is no name
        ("10.0.0.1", ["10.0.0.1"], True),
        ("10.0.0.2", ["10.0.0.1", "*.0.0.2"], False),
        ("fd00::0:1", ["fd00::1"], True),
        ("fe80::1%eth0", ["fe80::1"], True),
    ],
)
def test_names_match_as_rfc_9525_says(asked: str, shown: list[str], matches: bool) -> None:
    assert certificates.read([cert(shown)], asked, NOW)["name_matches"] is matches


def ask(*certs: bytes, host: str = "shop.example", protocol: str = "tls", **changes: t.Any) -> Answer:
    shown = [{"id": 1, "cert": base64.b64encode(one).decode()} for one in certs]
    answer = {"id": 1, "outcome": "open", "tls": {"version": "TLSv1.3", "cipher": "AES", "evil": "x"}, **changes}
    text = "".join(json.dumps(line) + "\n" for line in (*shown, answer, {"done": 1}))
    probe = Probe(1, "s", "t", "m", protocol, "IPv4", host, 443)
    return answers.parse(text.encode(), [probe], "a/b/c", now=NOW).answers[0]


def test_a_good_certificate_leaves_the_connection_open() -> None:
    answer = ask(cert())
    assert (answer.outcome, answer.error) == ("open", "")
    assert answer.tls["version"] == "TLSv1.3"
    assert answer.tls["days_left"] == 30
    assert "evil" not in answer.tls


@pytest.mark.parametrize(
    ("shown", "outcome", "error"),
    [
        (cert(days=(-10, -1)), "tls_expired", "valid from 2026-11-11T12:00:00Z to 2026-11-20T12:00:00Z"),
        (cert(days=(1, 9)), "tls_expired", "valid from 2026-11-22T12:00:00Z"),
        (cert(["other.example"]), "tls_wrong_name", "for other.example, not for shop.example"),
        (cert([]), "tls_wrong_name", "for no name"),
        (cert(["other.example"], (-10, -1)), "tls_expired", ""),
    ],
    ids=["expired", "not-yet", "other-name", "no-name", "expired-and-other-name"],
)
def test_a_bad_certificate_is_an_outcome(shown: bytes, outcome: str, error: str) -> None:
    answer = ask(shown)
    assert answer.outcome == outcome
    assert error in answer.error


def test_only_a_tls_probe_that_is_open_is_judged() -> None:
    assert ask(cert(["other.example"]), protocol="https").outcome == "open"
    assert ask(cert(["other.example"]), outcome="tls_handshake").outcome == "tls_handshake"


GARBAGE = {"nothing": [], "empty": [b""], "text": [b"garbage"], "cut": [cert()[:-9]], "second": [cert(), b"\x30\x82"]}


@pytest.mark.parametrize("garbage", GARBAGE.values(), ids=GARBAGE)
def test_garbage_is_told_and_not_judged(garbage: list[bytes]) -> None:
    answer = ask(*garbage)
    assert answer.outcome == "open"
    assert "certificate" in answer.tls["error"]
    assert answer.tls["version"] == "TLSv1.3"


@pytest.mark.parametrize(
    "line", ['{"id": 1, "cert": 7}', '{"id": [1], "cert": "AA=="}', '{"id": 1, "cert": "\\u00e4"}']
)
def test_lines_that_hold_no_certificate_harm_nobody(line: str) -> None:
    stdout = line + '\n{"id": 1, "outcome": "open"}\n{"done": 1}\n'
    probe = Probe(1, "s", "t", "m", "tls", "IPv4", "a.example", 443)
    assert answers.parse(stdout.encode(), [probe], "a/b/c", now=NOW).answers[0].outcome == "open"


def test_hostile_texts_are_cleaned_and_bounded() -> None:
    names = [f"n{number}.example" for number in range(200)]
    hostile = ask(*[cert(names, common="\x1b[31m\u202e<b>")] * 9)
    assert hostile.tls["subject"].isprintable()
    assert len(hostile.tls["names"]) == certificates.MOST_NAMES
    assert len(hostile.tls["chain"]) == answers.MOST_CERTIFICATES
    assert len(hostile.error) <= 300


def test_without_the_package_there_are_still_facts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography", None)
    answer = ask(cert(["other.example"]))
    assert answer.outcome == "open"
    assert answer.tls["cipher"] == "AES"
    assert "no Python package cryptography" in answer.tls["error"]


@pytest.mark.parametrize(
    ("shown", "outcome"),
    [
        ([cert()], "open"),
        ([cert(["other.example"])], "tls_wrong_name"),
        ([cert(days=(-10, -1))], "tls_expired"),
        ([], "open"),
    ],
    ids=["good", "other-name", "expired", "none"],
)
def test_what_a_host_without_the_package_was_shown_is_read_where_there_is_one(
    monkeypatch: pytest.MonkeyPatch, shown: list[bytes], outcome: str
) -> None:
    with monkeypatch.context() as bare:
        bare.setitem(sys.modules, "cryptography", None)
        told = ask(*shown)
    monkeypatch.setattr(answers, "datetime", CLOCK)
    probe = Probe(1, "s", "t", "m", "tls", "IPv4", "shop.example", 443)
    document = json.loads(json.dumps(SourceReport("s", answers=(told,)).to_dict()))
    (answer,) = answers.reread(document, [probe]).answers
    assert answer == ask(*shown)
    assert answer.outcome == outcome


def test_what_a_host_with_the_package_has_read_is_taken_over() -> None:
    told = ask(cert(["other.example"]))
    probe = Probe(1, "s", "t", "m", "tls", "IPv4", "shop.example", 443)
    (answer,) = answers.reread(json.loads(json.dumps(SourceReport("s", answers=(told,)).to_dict())), [probe]).answers
    assert answer == told

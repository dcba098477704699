# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""What a server's certificates say, and whether they are for the name that was asked and for today.

Who issued them is told and not judged: which issuers a client trusts is known to that client alone.
"""

from __future__ import annotations

import datetime
import importlib.util
import ipaddress
import typing as t

if t.TYPE_CHECKING:
    from cryptography import x509

MOST_NAMES = 50
#: All that C(read) can give.
FACTS = (
    *("subject", "issuer", "names", "not_before", "not_after", "days_left", "valid_now", "self_signed"),
    *("name_matches", "chain", "error"),
)
_DAY = datetime.timedelta(days=1)


def can_read() -> bool:
    """Whether certificates can be read here; hosts that probe may lack the package that ansible-core itself needs."""
    return importlib.util.find_spec("cryptography") is not None


def read(certs: t.Sequence[bytes], name: str, now: datetime.datetime) -> dict[str, t.Any]:
    """Return the facts of a chain as a server showed it.

    Args:
        certs: DER, the server's own first.
        name: The DNS name or address that was asked.
        now: Aware of its time zone.

    Returns:
        C(subject), C(issuer) (RFC 4514), C(names) (DNS names and addresses), C(not_before) and C(not_after) (UTC),
        C(days_left) (whole days, negative once expired), C(valid_now), C(self_signed), C(name_matches), C(chain) (the
        subject of each certificate); or C(error) alone, where they cannot be read.
    """
    try:
        from cryptography import x509
    except ImportError as error:
        return {"error": f"this machine has no Python package cryptography: {error}"}
    if not certs:
        return {"error": "the server's certificate did not arrive"}
    try:
        chain = [x509.load_der_x509_certificate(cert) for cert in certs]
        own = chain[0]
        dns, addresses = _names(own)
        since, until = _time(own, "not_valid_before"), _time(own, "not_valid_after")
        return {
            "subject": own.subject.rfc4514_string(),
            "issuer": own.issuer.rfc4514_string(),
            "names": [*dns, *map(str, addresses)][:MOST_NAMES],
            "not_before": f"{since:%Y-%m-%dT%H:%M:%SZ}",
            "not_after": f"{until:%Y-%m-%dT%H:%M:%SZ}",
            "days_left": (until - now) // _DAY,
            "valid_now": since <= now <= until,
            "self_signed": own.subject == own.issuer,
            "name_matches": _matches(name, dns, addresses),
            "chain": [cert.subject.rfc4514_string() for cert in chain],
        }
    except (ValueError, TypeError, x509.UnsupportedGeneralNameType) as error:
        return {"error": f"the certificate cannot be read: {error}"}


def judge(facts: t.Mapping[str, t.Any], name: str) -> tuple[str, str]:
    """Return the outcome that the facts make of an open connection, and why; two empty strings for a good one."""
    if not facts.get("valid_now", True):
        return "tls_expired", f"the certificate is valid from {facts['not_before']} to {facts['not_after']}"
    if not facts.get("name_matches", True):
        return "tls_wrong_name", f"the certificate is for {', '.join(facts['names']) or 'no name'}, not for {name}"
    return "", ""


def _time(cert: x509.Certificate, what: str) -> datetime.datetime:
    """Return a time of the certificate; cryptography before 42 knows it without its zone."""
    aware = getattr(cert, f"{what}_utc", None)
    return t.cast(datetime.datetime, aware or getattr(cert, what).replace(tzinfo=datetime.timezone.utc))


def _names(cert: x509.Certificate) -> tuple[list[str], list[t.Any]]:
    """Return the DNS names and the addresses; the common name is no name of a service (RFC 9525, section 2)."""
    from cryptography import x509

    try:
        names = cert.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return [], []
    return names.get_values_for_type(x509.DNSName), names.get_values_for_type(x509.IPAddress)


def _matches(name: str, dns: t.Iterable[str], addresses: t.Iterable[t.Any]) -> bool:
    """Tell whether a certificate is for a name (RFC 9525, section 6.3) or an address (section 6.4)."""
    try:
        return ipaddress.ip_address(name.partition("%")[0]) in addresses
    except ValueError:
        pass
    wanted = name.rstrip(".").lower()
    parent = "*." + wanted.partition(".")[2]
    return any(shown.rstrip(".").lower() in (wanted, parent) for shown in dns)

# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Names of what we make, and whether what a user gave as a name is one."""

from __future__ import annotations

import hashlib
import json
import re
import typing as t

from .._bad_input import BadInput

MAX_LABEL = 63  #: of an RFC 1123 label; a Pod's name becomes its host name, so ours are no longer than that
MAX_SUBDOMAIN = 253
MAX_IMAGE = 255  #: of registry and name; the API server takes more, and no runtime (C(ErrNameTooLong))

_LABEL = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_WORD = re.compile(r"[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?")
# distribution/reference: [domain[:port]/]path[:tag][@digest], as kubectl checks it.
_PART = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_HOST = r"[A-Za-z0-9](?:[-A-Za-z0-9]*[A-Za-z0-9])?"
_IMAGE = re.compile(
    rf"(?:(?:{_HOST}(?:\.{_HOST})*|\[[0-9A-Fa-f:]+\])(?::[0-9]+)?/)?{_PART}(?:/{_PART})*"
    r"(?P<tag>:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?"
    r"(?P<digest>@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9A-Fa-f]{32,})?"
)


def digest(data: t.Any) -> str:
    """Return 16 hexadecimal digits that are the same for equal JSON data, whatever the order of its keys."""
    text = json.dumps(data, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def pod_name(prefix: str, node: str, run_id: str) -> str:
    """Return the name of one Pod of a run: readable, and the same each time for the same run.

    Args:
        prefix: what it begins with, such as C(node-debugger).
        node: the node it is for, or an empty string. It may hold anything.
        run_id: the run that makes it.

    Returns:
        An RFC 1123 label of at most 63 characters. The digest at its end keeps apart what had to be cut or replaced.
    """
    tail = digest([prefix, node, run_id])[:8]
    words = "-".join(filter(None, (_slug(prefix), _slug(node)))) or "debugger"
    return f"{words[: MAX_LABEL - len(tail) - 1].rstrip('-')}-{tail}"


def check_label(option: str, value: str) -> None:
    """Refuse what is no RFC 1123 label: the name of a container or a namespace.

    Raises:
        BadInput: names the option, the value and what is allowed.
    """
    if len(value) > MAX_LABEL or not re.fullmatch(_LABEL, value):
        raise BadInput(
            f"{option} is {value!r}; it must be 1 to {MAX_LABEL} characters of a-z, 0-9 and '-', and begin and end "
            "with a letter or a digit"
        )


def check_subdomain(option: str, value: str) -> None:
    """Refuse what is no RFC 1123 subdomain: the name of a Pod, a node, a Secret; raises as C(check_label) does."""
    if len(value) > MAX_SUBDOMAIN or not _SUBDOMAIN.fullmatch(value):
        raise BadInput(
            f"{option} is {value!r}; it must be 1 to {MAX_SUBDOMAIN} characters of a-z, 0-9, '-' and '.', and each "
            "part between dots must begin and end with a letter or a digit"
        )


def check_labels(option: str, labels: t.Mapping[str, str]) -> None:
    """Refuse labels that the API server would not take; raises as C(check_label) does."""
    for key, value in labels.items():
        prefix, slash, word = key.rpartition("/")
        if slash:
            check_subdomain(f"{option}: the prefix of {key!r}", prefix)
        for name, text in ((f"{option}: the key {key!r}", word), (f"{option}[{key!r}]", value)):
            if text == "" and text is value:
                continue
            if not isinstance(text, str) or len(text) > MAX_LABEL or not _WORD.fullmatch(text):
                raise BadInput(
                    f"{name} is {text!r}; it must be 1 to {MAX_LABEL} letters, digits, '-', '_' and '.', and begin "
                    "and end with a letter or a digit"
                )


def check_image(option: str, value: str) -> None:
    """Refuse what no runtime could pull (distribution's C(ReferenceRegexp)); raises as C(check_label) does."""
    found = _IMAGE.fullmatch(value)
    if not found or len(value) - sum(len(found[part] or "") for part in ("tag", "digest")) > MAX_IMAGE:
        raise BadInput(
            f"{option} is {value!r}; it must be [REGISTRY/]NAME[:TAG][@DIGEST], REGISTRY/NAME at most {MAX_IMAGE} "
            "characters, and the name in lower case"
        )


def is_fixed(image: str) -> bool:
    """Say whether an image has a digest, or a tag other than C(latest)."""
    found = _IMAGE.fullmatch(image)
    return bool(found and (found["digest"] or found["tag"] not in (None, ":latest")))


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")

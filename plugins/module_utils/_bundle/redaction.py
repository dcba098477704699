# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""Plain data without credentials, while it is written to a bundle.

A snapshot is cleaned when it is taken. This does it again, with the patterns of the release that makes the bundle, in
every file, and in what a snapshot keeps as it is. What was clean stays the same to the byte.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.kubewire.netdebug.plugins.module_utils._snapshot.clean_text import REDACTED, without_secrets

#: A key whose value is a credential, whatever it looks like: C(volumeAttributes) of a CSI driver, a header.
_SECRET_KEY = re.compile(
    r"(?i)(?:.*pass(?:wor[dt]|wd|phrase).*"
    r"|(?:.*[-_.])?(?:token|secret|api[-_]?key|access[-_]?key|secret[-_]?key|private[-_]?key|client[-_]?secret"
    r"|authorization|cookie))"
)
_PEM = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)")
#: Labels and selectors match by their values, and are no place for a secret: anybody who may list Pods reads them.
_LABELS = frozenset(("labels", "selector", "node_selector", "template_labels", "pod_selector", "match_labels"))


class Redactor:
    """Replaces what looks like a secret.

    Args:
        rename: what is done to each text afterwards, keys of objects included, such as C(Pseudonyms.rename).

    Attributes:
        count: how many texts had a secret.
    """

    def __init__(self, rename: t.Callable[[str], str] | None = None) -> None:
        self._rename = rename
        self._done: dict[str, str] = {}  # most texts of a snapshot are in it many times
        self._secret: set[str] = set()
        self.count = 0

    def data(self, value: t.Any, key: str = "") -> t.Any:
        """The same data with clean texts.

        Args:
            value: plain data; its lists are changed in their places, since a large snapshot is not there twice.
            key: of the object that it is a value of.
        """
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, dict):
            if key in _LABELS:
                return {self._renamed(name): self.data(each, key) for name, each in value.items()}
            return {self._renamed(name): self._value(name, each) for name, each in value.items()}
        if isinstance(value, list):
            for place, each in enumerate(value):
                value[place] = self.data(each)
        return value

    def _value(self, name: str, value: t.Any) -> t.Any:
        if isinstance(value, str) and value and value != REDACTED and _SECRET_KEY.fullmatch(name):
            self.count += 1
            return REDACTED
        return self.data(value, name)

    def _text(self, text: str) -> str:
        if text not in self._done:
            clean = "\n".join(without_secrets(line) for line in _PEM.sub(REDACTED, text).split("\n"))
            if clean != text:
                self._secret.add(text)
            self._done[text] = self._renamed(clean)
        self.count += text in self._secret
        return self._done[text]

    def _renamed(self, text: str) -> str:
        return self._rename(text) if self._rename else text

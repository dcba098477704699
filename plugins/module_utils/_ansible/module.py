# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The C(AnsibleModule) of this collection: its messages name options as the reader typed them."""

from __future__ import annotations

import gc
import re
import typing as t

from ansible.module_utils.basic import AnsibleModule

from .._option_names import named, named_result, names_of

NAMES_SPEC: dict[str, dict[str, t.Any]] = {"option_names": {"type": "dict", "default": {}}}

_GARBAGE = (200_000, 20, 100)  #: new objects until a search, and searches of the younger until one of the older

_BAD_INPUT = ("", "bad_input", "file")  #: reasons whose messages begin with the option that they are about
_BEGIN = re.compile(r"([a-z][a-z_]*)(?=: | is | has | holds |\[)")
#: What ansible-core says of an argument spec: where the options stand in it.
_OF_CORE = (
    re.compile(r"(?<=value of )[a-z_]+(?= must be )"),
    re.compile(r"(?<=option ')[a-z_]+(?=')|(?<=argument ')[a-z_]+(?=')"),
    re.compile(r"(?<=: )[a-z_, |]+$(?<=\w)"),
)
_LISTS = ("required", "exclusive", "missing")  #: words of its messages that end with a list of options


class Module(AnsibleModule):
    """A module with the option C(option_names).

    Args:
        argument_spec: of the module's own options.
        inner_names: options of what the module uses inside, by the names that their messages have for them.
    """

    def __init__(
        self,
        argument_spec: t.Mapping[str, dict[str, t.Any]],
        inner_names: t.Mapping[str, str] | None = None,
        **kwargs: t.Any,
    ) -> None:
        # What a module makes, it keeps until its end: searching all of it for garbage took a quarter of the time.
        gc.set_threshold(*_GARBAGE)
        self._inner_names = inner_names or {}
        super().__init__(argument_spec={**argument_spec, **NAMES_SPEC}, **kwargs)  # type: ignore[no-untyped-call]

    @property
    def names(self) -> dict[str, str]:
        """What the reader calls the options."""
        return names_of(self.params, self._inner_names)

    def exit_json(self, **kwargs: t.Any) -> t.NoReturn:
        super().exit_json(**named_result(kwargs, self.names))

    def fail_json(self, msg: str, **kwargs: t.Any) -> t.NoReturn:
        if kwargs.get("reason", "") in _BAD_INPUT:
            msg = self._marked(msg, "reason" not in kwargs)
        super().fail_json(**named_result({"msg": msg, **kwargs}, self.names))

    def warn(self, warning: str, **kwargs: t.Any) -> None:
        super().warn(named(warning, self.names), **kwargs)

    def _marked(self, message: str, of_core: bool) -> str:
        """A message with the options marked that it begins with, or that ansible-core names in it."""
        if of_core:
            for place in _OF_CORE[: 3 if any(word in message for word in _LISTS) else 2]:
                message = place.sub(lambda found: re.sub("[a-z_]+", self._mark, found[0]), message)
        return _BEGIN.sub(self._mark, message, count=1) if _BEGIN.match(message) else message

    def _mark(self, found: re.Match[str]) -> str:
        return f"O({found[0]})" if found[0] in self.argument_spec else found[0]

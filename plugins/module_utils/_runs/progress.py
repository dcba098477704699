# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""A file that grows by a line for each source that is done, for people who wait."""

from __future__ import annotations

import collections
import errno
import os
import time
import typing as t

from .. import _words
from .._bad_input import BadInput
from .._probe.types import Probe, Source, SourceReport

#: The last line of the file.
END = "done"


class Progress:
    """Tells how far a run is; without a path it tells nobody."""

    def __init__(self, path: str | None, sources: int) -> None:
        """Open the file.

        Args:
            path: of the file; what is in it stays.
            sources: how many there are.

        Raises:
            BadInput: it cannot be written.
        """
        self.sources, self.done, self.began = sources, 0, time.monotonic()
        self._stream: t.TextIO | None = None
        if path:
            try:
                if os.path.lexists(path) and not os.path.isfile(path):
                    raise OSError(errno.EINVAL, "it is no regular file")
                opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
                self._stream = os.fdopen(opened, "w", buffering=1)
            except OSError as error:
                raise BadInput(f"progress: {path!r} cannot be written: {error.strerror}") from None

    def report(
        self, source: Source, probes: t.Sequence[Probe], report: SourceReport, missing: t.Sequence[Probe] = ()
    ) -> None:
        """Say that a source is done, as far as its container can.

        Args:
            source: who asked.
            probes: what was asked.
            report: what came back.
            missing: what of it somebody else is asked for now.
        """
        if not missing:
            self.done += 1
        later = {probe.id for probe in missing}
        answers = [answer for answer in report.answers if answer.id not in later]
        words = collections.Counter(
            "open" if _words.outcome(each.outcome).is_open else each.outcome for each in answers
        )
        words.update({f"of {len(probes)} to be probed from elsewhere": len(missing)} if missing else {})
        counts = ", ".join(f"{count} {word}" for word, count in words.most_common())
        seconds = time.monotonic() - self.began
        # What is asked a second time makes the count pass the number of sources.
        place = f"{min(self.done, self.sources)}/{self.sources}"
        self._say(f"{seconds:6.1f} s  {place}  {source.id}: {counts or report.error or 'nothing to probe'}")

    def end(self) -> None:
        """Say that there is no more to come."""
        self._say(END)

    def _say(self, line: str) -> None:
        if self._stream:
            self._stream.write(line + "\n")

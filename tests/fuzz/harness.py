# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs modules in this process as Ansible does, hundreds of times, each with an end."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import random
import signal
import traceback
import typing as t

import pytest

# In ansible-core from 2.17 on, beside the module's own arguments since 2.19.
testing = pytest.importorskip("ansible.module_utils.testing")

Json = dict[str, t.Any]
T = t.TypeVar("T")

NAMES = (
    *("net_info", "net_probe", "net_diagnose", "net_report", "net_bundle"),
    *("debug_exec", "debug_pod", "debug_sweep", "ephemeral_attach", "host_debug"),
)
MOST = 3  #: inputs of a sort that a run of the tests takes
HANG_S = 120.0  #: that no input takes, however busy the machine is
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM)


class Hang(BaseException):
    """It did not end in time."""


@contextlib.contextmanager
def watchdog(seconds: float = HANG_S) -> t.Iterator[None]:
    """Raise C(Hang) where the block has not ended by then, and again and again: what tidies up may hang as well."""

    def hang(*_: object) -> t.NoReturn:
        raise Hang(f"no end after {seconds:g} s")

    before = {number: signal.getsignal(number) for number in _SIGNALS}
    signal.signal(signal.SIGALRM, hang)
    signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in before.items():
            signal.signal(number, handler)


def module(name: str) -> t.Any:
    """The module of a name."""
    return importlib.import_module(f"ansible_collections.kubewire.netdebug.plugins.modules.{name}")


def run(name: str, params: Json, check: bool = False, seconds: float = HANG_S) -> Json:
    """Run a module and return its result; whatever it raises but its own end goes on."""
    out = io.StringIO()
    with testing.patch_module_args({**params, "_ansible_check_mode": check}), contextlib.redirect_stdout(out):
        try:
            with watchdog(seconds):
                module(name).main()
        except SystemExit:
            return t.cast(Json, json.loads(out.getvalue()))
    raise AssertionError("it ended without a result")


def some(seed: str, every: t.Sequence[T], most: int = MOST) -> t.Sequence[T]:
    """A few of all inputs, the same each time; C(KUBEWIRE_FUZZ) is how many times as many, or C(all)."""
    times = os.environ.get("KUBEWIRE_FUZZ", "1")
    most = len(every) if times == "all" else most * int(times)
    return every if len(every) <= most else random.Random(seed).sample(every, most)


class Failures:
    """What went wrong with many inputs, told together."""

    def __init__(self) -> None:
        self.told: list[str] = []

    @contextlib.contextmanager
    def of(self, what: t.Any) -> t.Iterator[None]:
        """Keep what an input raises."""
        try:
            yield
        except (Exception, Hang) as error:
            where = "".join(traceback.format_exception(error)[-4:])[-1500:]
            self.told.append(f"{ascii(what)[:300]}\n{where}")

    def check(self) -> None:
        """Fail with all of it."""
        assert not self.told, f"{len(self.told)} inputs:\n" + "\n".join(self.told[:20])

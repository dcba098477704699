# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running other programs: output goes to a log, and every failure names it."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from kubelab.settings import LOGS

_running: set[subprocess.Popen[bytes]] = set()


def stop_all() -> None:
    """End every long command under way: the lab itself is told to end."""
    for process in list(_running):
        process.kill()


class LabError(Exception):
    """Something that the user is told in one line, with the log that says more."""

    def __init__(self, message: str, log: Path | None = None, code: int = 1) -> None:
        super().__init__(f"{message} (log: {log})" if log else message)
        self.code = code


def log_file(name: str) -> Path:
    """The log called so, in the folder of the logs."""
    LOGS.mkdir(parents=True, exist_ok=True)
    return LOGS / f"{name}.log"


def output(command: Sequence[str | Path], *, check: bool = True, timeout: float = 60, stdin: str | None = None) -> str:
    """What a short command prints; where `check` is set, a failure is an error with what it said."""
    try:
        done = subprocess.run(
            [str(c) for c in command],
            check=False,
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            timeout=timeout,
        )
    except OSError as error:
        raise LabError(f"{_short(command)}: {error}") from error
    except subprocess.TimeoutExpired as error:
        if not check:
            return ""
        raise LabError(f"{Path(command[0]).name} gave no answer within {timeout:.0f} s: {_short(command)}") from error
    if check and done.returncode:
        raise LabError(f"{_short(command)}: {(done.stderr or done.stdout).strip()[-400:] or done.returncode}")
    return done.stdout


def succeeds(command: Sequence[str | Path], timeout: float = 60) -> bool:
    """Whether a short command ends with 0 in time."""
    try:
        argv = [str(c) for c in command]
        done = subprocess.run(argv, check=False, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout)
        return not done.returncode
    except (subprocess.TimeoutExpired, OSError):
        return False


def run(
    command: Sequence[str | Path],
    log: str,
    what: str,
    *,
    on_line: Callable[[str], None] | None = None,
    env: dict[str, str] | None = None,
    cwd: Path | None = None,
    stdin: bytes | None = None,
) -> None:
    """A long command: everything it says goes to its log, each line to `on_line`."""
    path, start = log_file(log), time.monotonic()
    with path.open("ab") as out:
        out.write(f"\n$ {_short(command, 2000)}\n".encode())
        out.flush()
        process = subprocess.Popen(
            [str(c) for c in command],
            stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
            stdout=subprocess.PIPE if on_line else out,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(env or {})},
            cwd=cwd,
        )
        _running.add(process)
        try:
            if stdin is not None and process.stdin:
                process.stdin.write(stdin)
                process.stdin.close()
            if on_line and process.stdout:
                for line in process.stdout:
                    out.write(f"{time.monotonic() - start:6.1f} ".encode() + line)
                    on_line(line.decode(errors="replace").rstrip())
            code = process.wait()
        except BaseException:
            process.kill()
            process.wait()
            raise
        finally:
            _running.discard(process)
    if code:
        raise LabError(f"{what} failed: {last_words(path)}", path)


def together(*tasks: Callable[[], Any]) -> list[Any]:
    """Do things beside each other. When one fails, the others' commands are ended: nobody waits for them."""
    with ThreadPoolExecutor(len(tasks)) as pool:
        futures = [pool.submit(task) for task in tasks]
        try:
            for future in as_completed(futures):
                future.result()
        except BaseException:
            stop_all()
            raise
        return [future.result() for future in futures]


def _short(command: Sequence[str | Path], width: int = 120) -> str:
    text = " ".join(str(c) for c in command)
    return text if len(text) <= width else text[: width - 3] + "..."


def last_words(path: Path) -> str:
    """The line of a log that says most about a failure."""
    lines = [line.strip() for line in path.read_text(errors="replace")[-4000:].splitlines() if line.strip()]
    telling = [line for line in lines if "error" in line.lower() or line.startswith("E:")]
    return (telling or lines or ["no output"])[-1][:300]

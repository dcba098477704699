# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The diagnosis of a run's folder for programs that do not know Ansible: its class is the exit code.

    python -m ansible_collections.kubewire.netdebug.plugins.module_utils.diagnose FOLDER

0 is healthy, 1 warnings, 2 a cause was found, 3 it could not tell; 64 is a wrong argument or a file that is missing or
is not what it should be. No request is sent, and nothing is written without C(--write).
"""

from __future__ import annotations

import argparse
import json
import sys
import typing as t

from . import _words as words
from ._bad_input import BadInput
from ._runs import net_diagnose as diagnosis

WRONG = 64  #: EX_USAGE of sysexits.h; argparse's own 2 is a class of a diagnosis


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> t.NoReturn:
        """Say what is wrong with the arguments."""
        self.print_usage(sys.stderr)
        self.exit(WRONG, f"{self.prog}: {message}\n")


def _arguments() -> argparse.ArgumentParser:
    classes = ", ".join(f"{row.exit_code} {row.name}" for row in words.DIAGNOSES.values())
    parser = _Parser(
        prog="diagnose",
        description="Find the causes of failed checks in the folder of a run.",
        epilog=f"Exit code: {classes}, {WRONG} wrong argument or file.",
    )
    parser.add_argument("folder", help="folder with snapshot.json and, where probes were sent, report.json")
    parser.add_argument("--code", action="append", default=[], metavar="CODE", help="fault or layer to look for")
    parser.add_argument("--ignore", action="append", default=[], metavar="CODE", help="fault or layer not to look for")
    parser.add_argument("--show-info", action="store_true", help="show suspicions that explain no failed check, too")
    parser.add_argument("--error-file", metavar="FILE", help="file with an error message that the run is about")
    parser.add_argument("--width", type=int, default=80, help="columns of the text")
    parser.add_argument("--json", action="store_true", help="print the content of findings.json in place of the text")
    parser.add_argument("--write", action="store_true", help="write findings.json, and add the findings to report.json")
    return parser


def main(words_: t.Sequence[str] | None = None) -> int:
    """Diagnose a folder, and return the exit code.

    Args:
        words_: the arguments; those of the process where they are not given.
    """
    chosen = _arguments().parse_args(words_)
    try:
        error = ""
        if chosen.error_file:
            with open(chosen.error_file, encoding="utf-8", errors="replace") as stream:
                error = stream.read(1 << 20)
        options = diagnosis.Options(
            run_dir=chosen.folder,
            codes=tuple(chosen.code),
            ignore=tuple(chosen.ignore),
            show_info=chosen.show_info,
            width=chosen.width,
            error=error,
        )
        result = diagnosis.run(options, writes=chosen.write)
    except (BadInput, OSError) as wrong:
        sys.stderr.write(f"diagnose: {_plain(str(wrong))}\n")
        return WRONG
    sys.stdout.write(json.dumps(result.findings, indent=1) + "\n" if chosen.json else result.text)
    return words.DIAGNOSES[result.findings["outcome"]].exit_code


def _plain(message: str) -> str:
    """A message with the arguments as they are called here, and not as options of a module."""
    names = {"run_dir": "folder", "codes": "--code", "ignore": "--ignore"}
    for name, own in names.items():
        message = message.replace(f"O({name})", own)
    return message


if __name__ == "__main__":
    sys.exit(main())

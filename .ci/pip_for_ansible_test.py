# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fills the home of ansible-test: pip from the package index instead of its own download site, and pip's settings.

ansible-test takes ~/.ansible/test/cache/get_pip_VERSION.py for a bootstrap script it has downloaded before.

Usage: pip_for_ansible_test.py HOME
"""

from __future__ import annotations

import pathlib
import subprocess
import sys

PIP = ("24.2", "25.2")  # what ansible-core 2.19 and 2.21 bootstrap
BOOTSTRAP = """\
import runpy
import sys

sys.path.insert(0, {wheel!r})
sys.argv[1:] = ["install", "--no-index", "--no-deps", {wheel!r}]
runpy.run_module("pip", run_name="__main__")
"""


def main() -> None:
    """Write what is missing."""
    home = pathlib.Path(sys.argv[1])
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    cache = home / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    for version in PIP:
        script = cache / f"get_pip_{version.replace('.', '_')}.py"
        if not script.exists():
            subprocess.run([*pip, "download", "-q", "--no-deps", "-d", cache, f"pip=={version}"], check=True)
            script.write_text(BOOTSTRAP.format(wheel=str(cache / f"pip-{version}-py3-none-any.whl")))
    settings = subprocess.run([*pip, "config", "list"], check=True, capture_output=True, text=True).stdout
    config = home / ".config" / "pip" / "pip.conf"
    config.parent.mkdir(parents=True, exist_ok=True)
    lines = [line.split(".", 1)[1].replace("='", " = ").rstrip("'") for line in settings.splitlines()]
    config.write_text("\n".join(["[global]", *dict.fromkeys(lines), ""]))


if __name__ == "__main__":
    main()

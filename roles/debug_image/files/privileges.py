# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds the files that would give a process more than its user has: file capabilities, setuid and setgid.

A program with a file capability that the container may not have cannot even be started (EPERM), so that ping would
fail under the restricted profile; without it ping opens a datagram socket, which the kernel allows to the groups of
net.ipv4.ping_group_range.

Usage: python3 privileges.py list | strip [ROOT]
"""

import errno
import os
import stat
import sys

CAPABILITY = "security.capability"
#: Of the root: they are the kernel's, or mounted from outside.
OUTSIDE = ("dev", "proc", "run", "sys")


def privileges(path):
    """Return which a file has, as words."""
    found = []
    mode = os.lstat(path).st_mode
    if not stat.S_ISREG(mode):
        return found
    try:
        if CAPABILITY in os.listxattr(path, follow_symlinks=False):
            found.append("capability")
    except OSError as error:
        if error.errno != errno.ENOTSUP:
            raise
    if mode & stat.S_ISUID:
        found.append("setuid")
    if mode & stat.S_ISGID:
        found.append("setgid")
    return found


def strip(path):
    """Take them away. Capabilities first: chmod keeps them."""
    if CAPABILITY in os.listxattr(path, follow_symlinks=False):
        os.removexattr(path, CAPABILITY, follow_symlinks=False)
    os.chmod(path, stat.S_IMODE(os.lstat(path).st_mode) & ~(stat.S_ISUID | stat.S_ISGID))


def privileged_files(root):
    """Yield each path below root that has one, with its words."""
    for folder, folders, files in os.walk(root):
        if folder == root:
            folders[:] = [name for name in folders if name not in OUTSIDE]
        for name in files:
            path = os.path.join(folder, name)
            found = privileges(path)
            if found:
                yield path, found


def main(what, root="/"):
    """Print a line for each file; where C(list) finds one, the exit code is 1."""
    count = 0
    for path, found in privileged_files(root):
        sys.stdout.write(f"{path}\t{','.join(found)}\n")
        count += 1
        if what == "strip":
            strip(path)
    return 1 if count and what == "list" else 0


if __name__ == "__main__":
    if sys.argv[1:2] not in (["list"], ["strip"]):
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:3]))

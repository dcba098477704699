# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh
# The runner for containers that have a POSIX shell and no Python: dash, busybox ash, bash.
#
# `BOOT` of `_probe/boot.py` reads this text from the stream and runs it with the header's words as positional
# parameters. The shell parses nothing else: `read` splits the probes, and they stay in quoted variables. There are no
# here-documents, because older shells write them to `/tmp`, which may be read-only.

. ./start.sh
. ./common.sh
. ./processes.sh
. ./names.sh
. ./wire.sh
. ./protocols.sh
. ./tls.sh
. ./packets.sh
. ./bash.sh
. ./run.sh

# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh
# Where the shell is a bash that can do what `talk.bash` needs, that replaces what other shells do.
#
# A bash that is called sh is as strict as POSIX.

# shellcheck disable=SC2016
BASH_CAN='
set +o posix
exec 4< <(exit 7) && exec 4<&-
wait "$!"
case $? in 7 | -1) ;; *) false ;; esac # -1 where a busy bash reaped it before it asked: 5.2 does once in 600 times
'
BASH_TALK=$(cat ./talk.bash)
if [ "$clock/$tcp_tool" = bash/bash ] && eval "$BASH_CAN"; then eval "$BASH_TALK"; fi

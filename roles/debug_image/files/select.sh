#!/bin/sh
# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# What an image is to have, from the table of tools.
#   select.sh tools TABLE [EXTRA...]   prints the rows that are wanted: those of "always", and the extra ones named
#   select.sh packages TABLE MANAGER   prints the packages of apt, dnf or apk for the tools that do not start
set -uf
what=$1 table=$2
shift 2
tab=$(printf '\t')

is_one_of() { # WORD WORDS
  case " $2 " in *" $1 "*) return 0 ;; *) return 1 ;; esac
}

rows() {
  grep -v -e '^#' -e '^$' "$table"
}

tools() { # EXTRA...
  known=$(rows | cut -f 1 | tr '\n' ' ')
  for tool in "$@"; do
    is_one_of "$tool" "$known" || { echo "no tool is called $tool; there are: $known" >&2 && exit 2; }
  done
  rows | while IFS=$tab read -r tool command apt dnf apk when; do
    [ "$when" = always ] || is_one_of "$tool" "$*" || continue
    printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$tool" "$command" "$apt" "$dnf" "$apk" "$when"
  done
}

packages() { # MANAGER
  broken=$(sh "$(dirname "$0")/self-test.sh" "$table" 2>/dev/null | grep -v "${tab}ok${tab}" | cut -f 1 | tr '\n' ' ')
  rows | while IFS=$tab read -r tool _ apt dnf apk _; do
    is_one_of "$tool" "$broken" || continue
    case $1 in apt) echo "$apt" ;; dnf) echo "$dnf" ;; apk) echo "$apk" ;; esac
  done | tr ' ' '\n' | grep -v -x -e - | sort -u
}

case $what in
  tools) tools "$@" ;;
  packages) packages "$@" ;;
esac

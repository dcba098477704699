#!/bin/sh
# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Starts every tool of a table and prints a line for each, separated by tabs: the tool; ok, missing or broken; what it
# said. Exit code 1 where one does not start; their names are the last line on stderr.
# Usage: kubewire-self-test [TABLE]
set -uf
table=${1:-/usr/local/share/kubewire/tools.tsv}
tab=$(printf '\t')
failed=

while IFS=$tab read -r tool command _; do
  case $tool in '' | '#'*) continue ;; esac
  # The words of a command of the table are split here, and nowhere is one read as shell.
  # shellcheck disable=SC2086
  said=$(timeout 20 $command 2>&1 </dev/null) && state=ok || state=broken
  if [ "$state" = broken ]; then
    command -v "$tool" >/dev/null || state=missing said=
    failed="$failed $tool"
  fi
  first=$(printf '%s\n' "$said" | grep -m 1 '[[:alnum:]]' | tr '\t' ' ' | tr -cd '[:print:]' | cut -c 1-100)
  printf '%s\t%s\t%s\n' "$tool" "$state" "$first"
done <"$table"

[ -z "$failed" ] || { echo "do not start:$failed" >&2 && exit 1; }

# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh
# How a run begins: the probes are read, and whatever ends this shell is answered.

export LC_ALL=C
NL='
'
BAD='[!] !#-[^-~]' # what may not stand in a JSON string

# Each probe is several processes here, and a container may have little processor time.
skip=$3 count=$4 deadline=$5 parallel=$(($6 > 16 ? 16 : $6)) pace=${8:-0} jobs='' ids='' greeted='' workers='' watch=''
while [ "$skip" -gt 0 ] && IFS= read -r line; do skip=$((skip - 1)); done
while [ "$count" -gt 0 ] && IFS= read -r line; do
    jobs=$jobs$line$NL ids="$ids ${line%% *}"
    count=$((count - 1))
done

# Says of each probe, of which nothing may be known yet, why it did not run; the first answer of a probe counts.
give_up() {
    for id in $ids; do printf '{"id": %s, "outcome": "probe_error", "error": "%s"}\n' "$id" "$1"; done
    printf '{"done": 1}\n'
}

NO_PROCESS='no process could be started: fork failed, as it does at a limit of processes'

# A shell that cannot fork ends, here or anywhere below.
trap 'leave' EXIT
trap : PIPE
leave() {
    [ -z "$watch" ] || never_mind "$watch"
    wait
    [ -n "$greeted" ] || printf '{"kw": 1, "runner": "sh"}\n'
    give_up "$NO_PROCESS"
    exit 0
}

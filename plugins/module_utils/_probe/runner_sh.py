# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The runner for containers that have a POSIX shell and no Python: dash, busybox ash, bash.

C(BOOT) of C(jobs.py) reads this text from the stream and runs it with the header's words as positional parameters. The
shell parses nothing else: C(read) splits the probes, and they stay in quoted variables. There are no here-documents,
because older shells write them to C(/tmp), which may be read-only.
"""

from __future__ import annotations

from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.runner_sh_names import NAMES
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.runner_sh_packets import PACKETS
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.runner_sh_protocols import PROTOCOLS
from ansible_collections.kubewire.netdebug.plugins.module_utils._probe.runner_sh_tls import TLS

_COMMON = r"""
export LC_ALL=C
NL='
'
BAD='[!] !#-[^-~]' # what may not stand in a JSON string

have() { command -v "$1" >/dev/null 2>&1; }

tools=
for tool in bash nc curl openssl wget dig nslookup getent ping ping6; do
    ! have $tool || tools="$tools $tool"
done

# shellcheck disable=SC3028 # where the shell is bash 5, and nowhere else
case ${EPOCHREALTIME-}/$(date +%s%N 2>/dev/null) in
    [0-9]*) clock=bash ;;
    /*[!0-9]* | / | /??????????) clock=uptime ;;
    *) clock='date' ;;
esac

# Sets "now" to microseconds.
# shellcheck disable=SC3028
tick() {
    case $clock in
        bash) now=${EPOCHREALTIME%[.,]*}${EPOCHREALTIME#*[.,]} ;;
        date) now=$(($(date +%s%N) / 1000)) ;;
        *) read -r now rest </proc/uptime && now=${now%.*}${now#*.}0000 ;;
    esac
}

# Sets "elapsed" to the microseconds since START.
since() {
    tick
    elapsed=$((now > $1 ? now - $1 : 0))
}

# Sets "ms" to so many MICROSECONDS, with their fraction.
milliseconds() {
    ms=$(($1 % 1000 + 1000))
    ms=$(($1 / 1000)).${ms#1}
}

# Adds a phase that took so many MICROSECONDS; a clock that was set back gives none.
phase() {
    [ "$2" -ge 0 ] || return 0
    milliseconds "$2"
    phases="$phases${phases:+, }\"$1\": $ms"
}

# Sets "seconds" to the whole seconds that the probe may still take, at most CAP; fails when there are none.
seconds_left() {
    tick
    [ "$ends" -gt "$now" ] || return 1
    seconds=$(((ends - now + 999999) / 1000000))
    [ "$seconds" -le "$1" ] || seconds=$1
}

# Runs a command in SECONDS, unless "never_mind" comes first. Both wait for what they end: an orphan would go to the
# container's own process 1, and few applications clear zombies away.
after() {
    (
        # By KILL, since a child that is not sleep yet would take TERM for this shell's.
        trap 'kill -KILL "$!"; wait "$!"; exit' TERM
        sleep "$1" &
        shift
        wait "$!" && "$@"
    ) </dev/null >/dev/null 2>&1 &
    guard=$!
}

never_mind() {
    kill "$1"
    wait "$1"
} 2>/dev/null

# Runs a command for at most SECONDS; in a session of its own, so that its children end with it.
session='' group=''
! have setsid || session=setsid group=-
limit() {
    # A background command would get /dev/null as its stdin.
    # shellcheck disable=SC2086
    { (shift && exec $session "$@") <&3 & } 3<&0
    child=$!
    after "$1" kill -TERM "$group$child"
    wait "$child" 2>/dev/null
    set -- $?
    never_mind "$guard"
    return "$1"
}

# Sets "clean" to text that may stand in a JSON string.
escape() {
    clean=$1
    # shellcheck disable=SC2254 # a pattern is wanted
    case $clean in *$BAD*) ;; *) return ;; esac
    # shellcheck disable=SC2086 # the words are wanted, whatever stood between them
    set -- $clean
    rest=$* clean=
    while [ -n "$rest" ] && [ ${#clean} -lt 300 ]; do
        character=${rest%"${rest#?}"}
        rest=${rest#?}
        # shellcheck disable=SC2254
        case $character in $BAD) ;; *) clean=$clean$character ;; esac
    done
}

# Adds a member with a string to "json", if there is a string.
member() {
    [ -z "$2" ] && return
    escape "$2"
    json="$json, \"$1\": \"$clean\""
}

# Adds a member with a list of strings to "json".
members() {
    json="$json, \"$1\": ["
    shift
    comma=
    for item; do
        escape "$item"
        json="$json$comma\"$clean\""
        comma=', '
    done
    json="$json]"
}

# Adds the lines of a FILE to "json", blank ones and comments left out.
member_lines() {
    key=$1 lines=
    while IFS= read -r line && [ ${#lines} -lt 30000 ]; do
        case $line in '' | [\#\;]*) ;; *) lines=$lines$line$NL ;; esac
    done <"$2"
    IFS=$NL
    # shellcheck disable=SC2086
    set -- "$key" $lines
    unset IFS
    members "$@"
} 2>/dev/null
"""

_MAIN = r"""
hello() {
    json='"kw": 1, "runner": "sh"'
    # shellcheck disable=SC2086
    members tools $tools
    member_lines route4 /proc/net/route
    member_lines route6 /proc/net/ipv6_route
    member_lines resolv /etc/resolv.conf
    printf '%s\n' "{$json}"
}

# Sends the probe of one line, as often as it says, and prints its answer: one write, short enough to stay whole among
# the others.
probe() {
    # shellcheck disable=SC2086
    set -- $1
    id=$1 protocol=$2 family=$3 host=$4 port=$5 path=${6#-} server_name=${7#-} timeout=$8 dns_server=${9#-}
    shift 9
    transport=${1#-} tries=$2 size=${3#-}
    sent=0 received=0 words='' times='' kept=''
    while [ "$sent" -lt "$tries" ]; do
        sent=$((sent + 1))
        try
        words="$words $outcome"
        case $outcome in
            open | http_*)
                received=$((received + 1))
                insert "$spent"
                [ "$received" -gt 1 ] || kept=
                ;;
            probe_error | not_applicable) tries=$sent ;;
        esac
        [ -n "$kept" ] || kept=$outcome first=$error answer=$json
    done
    # shellcheck disable=SC2086
    [ "$tries" -eq 1 ] || several $words
    json="\"id\": $id, \"outcome\": \"$kept\", \"ms\": $ms$answer"
    member error "$first"
    printf '%s\n' "{$json}"
}

# Sends a probe once; sets "outcome", "error", "spent", "ms" and "json", the rest of the answer.
try() {
    outcome=open error='' tool='' phases='' address='' found='' name='' server='' mtu='' tls='' spent=''
    tick
    my_turn
    began=$now ends=$((now + timeout * 1000))
    "probe_$protocol"
    since "$began"
    case $outcome in open) ;; *) spent=$elapsed ;; esac
    spent=${spent:-$elapsed}
    milliseconds "$spent"
    json=", \"phases\": {$phases}${mtu:+, \"mtu\": $mtu}"
    [ -z "$tls" ] || json="$json, \"tls\": {$tls}"
    member tool "$tool"
    member address "$address"
    member name "$name"
    member server "$server"
    # shellcheck disable=SC2086
    [ -z "$found" ] || members answers $found
}

# Waits until this worker may begin a try; together the workers keep the pace of the run. Where sleep takes whole
# seconds alone, it is worth it from one on.
my_turn() {
    begin=$((slot > now ? slot : now))
    slot=$((begin + pace * parallel))
    while [ $((begin - now)) -ge "$least" ]; do
        nap=$((begin - now > 1000000 ? 1000000 : begin - now))
        [ "$nap" -lt 1000000 ] && nap=0.$(printf '%06d' "$nap") || nap=1
        sleep "$nap"
        tick
    done
}

# Puts MICROSECONDS into "times" where they belong.
insert() {
    before=
    for each in $times; do
        [ "$each" -gt "$1" ] || before="$before $each"
    done
    after=${times#"$before"}
    times="$before $1$after"
}

# Completes the answer of several tries that ended with these WORDS.
several() {
    most=0 rest=
    for word; do
        case " $rest" in *" $word "*) continue ;; esac
        count=0
        for each; do [ "$each" != "$word" ] || count=$((count + 1)); done
        rest="$rest$word $count "
        case $word in open | http_*) [ "$count" -le "$most" ] || kept=$word most=$count ;; esac
    done
    # shellcheck disable=SC2086
    set -- $rest
    rest=
    while [ $# -gt 0 ]; do
        [ "$1" = "$kept" ] || rest="$rest, $1 $2 of $sent"
        shift 2
    done
    rest=${rest#, }
    first="$first${first:+${rest:+; }}$rest"
    answer="$answer, \"sent\": $sent, \"received\": $received"
    [ "$received" -gt 0 ] || return
    ranks=
    for rank in 'min 0' 'p50 50' 'p90 90' 'p99 99' 'max 100'; do
        at_rank "${rank#* }"
        ranks="$ranks${ranks:+, }\"${rank% *}\": $ms"
    done
    at_rank 50
    answer="$answer, \"percentiles\": {$ranks}"
}

# Sets "ms" to the nearest rank of "times".
at_rank() {
    place=$((($1 * received + 99) / 100))
    # shellcheck disable=SC2086
    set -- $times
    [ "$place" -le 1 ] || shift $((place - 1))
    milliseconds "$1"
}

# Takes every PARALLEL-th probe, beginning with the TURN-th.
work() {
    turn=$1
    tick
    slot=$((now + turn * pace))
    shift
    for job; do
        [ "$turn" -gt 0 ] || { turn=$parallel && probe "$job"; }
        turn=$((turn - 1))
    done
}

give_up() {
    # shellcheck disable=SC2086
    kill $workers 2>/dev/null
    for job; do
        printf '{"id": %s, "outcome": "probe_error", ' "${job%% *}"
        printf '"error": "the deadline of the whole run came first"}\n'
    done
    printf '{"done": 1}\n'
    exit 0
}

skip=$3 count=$4 deadline=$5 parallel=$6 pace=${8:-0} jobs='' workers=''
# Each probe is several processes here, and a container may have little processor time.
[ "$parallel" -le 16 ] || parallel=16
while [ "$skip" -gt 0 ] && IFS= read -r line; do skip=$((skip - 1)); done
while [ "$count" -gt 0 ] && IFS= read -r line; do
    jobs=$jobs$line$NL
    count=$((count - 1))
done
IFS=$NL
# shellcheck disable=SC2086
set -- $jobs
unset IFS
hello
least=1000000
! sleep 0.001 2>/dev/null || least=1
trap 'give_up "$@"' ALRM
after $(((deadline + 999) / 1000)) kill -ALRM $$
watch=$guard
turn=0
while [ "$turn" -lt "$parallel" ] && [ "$turn" -lt $# ]; do
    # By exec, since a shell keeps a copy of what it redirects for one command, and that copy holds the exec open.
    (exec </dev/null 2>/dev/null && work "$turn" "$@") &
    workers="$workers $!"
    turn=$((turn + 1))
done
# shellcheck disable=SC2086
[ -z "$workers" ] || wait $workers
never_mind "$watch"
printf '{"done": 1}\n'
"""

SOURCE = _COMMON + NAMES + PROTOCOLS + TLS + PACKETS + _MAIN

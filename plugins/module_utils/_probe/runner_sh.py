# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This module util is PRIVATE to the collection.
"""The runner for containers that have a POSIX shell and no Python.

Printed by .ci/assets from assets/runner/: change it there, and run .ci/assets.
"""

from __future__ import annotations

SOURCE = r"""
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

# Adds the local addresses of the first sockets in STATE to "json", as the kernel writes them: those of TCP that listen
# come first in FILE.
member_listeners() {
    key=$1 wanted=$2 lines='' count=0
    while [ "$count" -lt 65 ] && read -r nth own _peer state _rest; do
        count=$((count + 1))
        case $nth/$state in
            */"$wanted") lines="$lines $own" ;;
        esac
    done <"$3"
    # shellcheck disable=SC2086
    members "$key" $lines
} 2>/dev/null

fractions=
! sleep 0.001 2>/dev/null || fractions=yes

# Sets "seconds" to the whole seconds that the probe may still take, at most CAP; fails when there are none.
seconds_left() {
    tick
    [ "$ends" -gt "$now" ] || return 1
    seconds=$(((ends - now + 999999) / 1000000))
    [ "$seconds" -le "$1" ] || seconds=$1
}

# Waits for one process, whatever signal comes between; the traps of this shell say "woken". Sets "ended".
await() {
    while
        woken=
        wait "$1"
        ended=$?
        [ -n "$woken" ]
    do
        :
    done
} 2>/dev/null

# Makes a subshell one that sleeps and that "never_mind" alone ends: bash loses one of two signals at once. If it cannot
# even start a sleep, no tool is left without a guard.
interruptible() {
    before=$! never=''
    trap '' TERM HUP
    trap 'never=yes && wake' USR1
    trap '[ -n "$never" ] || end_tool; wait' EXIT
}

# By KILL, since a child that is not sleep yet would take another signal for this shell's.
wake() {
    woken=yes
    [ "$!" = "$before" ] || kill -KILL "$!"
} 2>/dev/null

pause() {
    [ -z "$never" ] || return 0
    sleep "$1" &
    [ -z "$never" ] || wake # a trap may have run before there was a new "$!"
    await "$!"
}

never_mind() {
    kill -USR1 "$1"
    await "$1"
} 2>/dev/null

# Ends the tool, with its session where it has one already.
end_tool() {
    [ -z "$child" ] || kill -TERM "$group$child" || kill -TERM "$child"
} 2>/dev/null

# Ends the tool when its time is over: what it started goes first, so that it can still wait for that.
guard() {
    interruptible
    pause "$nap"
    [ -n "$never" ] || ! end_started || pause 1
    [ -n "$never" ] || end_tool
    pause 20 # longer than a bash tries to fork, deaf to all signals
    [ -n "$never" ] || kill -KILL "$group$child" "$child" 2>/dev/null
    trap - EXIT
}

# Ends what the tool started, if there is something.
end_started() {
    started=''
    read -r started <"/proc/$child/task/$child/children"
    # shellcheck disable=SC2086
    [ -n "$started" ] && kill -TERM $started
} 2>/dev/null

# Ends the tool, and its guard with it: a bash that had a signal may not notice the one without the other.
told() {
    woken=yes
    [ -n "$child" ] || return 0
    end_tool
    kill -USR1 "$!"
} 2>/dev/null

# Sets "nap" to so many MICROSECONDS in words that sleep takes.
as_seconds() {
    nap=$((($1 + 999999) / 1000000))
    [ -n "$fractions" ] || return 0
    nap=$(($1 % 1000000 + 1000000))
    nap=$(($1 / 1000000)).${nap#1}
}

doze() { sleep "$nap"; }

# Runs a command for at most SECONDS from "now" on, and never beyond the end of the run, in a session of its own. Only
# for subshells.
group='' child=''
session=''
! have setsid || { session=setsid && group=-; }
limit() {
    nap=$1 left=$((run_ends > now ? run_ends - now : 1))
    [ "$left" -ge $((nap * 1000000)) ] || as_seconds "$left"
    child=''
    trap 'end_tool; wait' EXIT
    trap 'told' TERM HUP
    # A background command would get /dev/null as its stdin.
    # shellcheck disable=SC2086
    { (shift && exec $session "$@") <&3 & } 3<&0
    child=$!
    trap '' TERM HUP # until the guard has its own
    guard </dev/null >/dev/null &
    trap 'told' TERM HUP
    await "$child"
    set -- "$ended"
    trap '' TERM HUP
    never_mind "$!"
    trap - EXIT TERM HUP
    return "$1"
}

# Runs a command that may take SECONDS from "now" on; sets "text" to all that it said, "status" to how it ended, and
# "heard" to the microseconds that it took.
hear() {
    patience=$(($1 * 1000000)) left=$((run_ends - now)) heard_from=$now
    [ "$patience" -le "$left" ] || patience=$left
    shift
    text=$(trap wait EXIT && trap : TERM HUP && "$@" 2>&1)
    status=$?
    since "$heard_from"
    heard=$elapsed
    weigh
}

# Judges "status" and "text" of what was heard: what of its time was the tool's own, and whether it could run at all.
weigh() {
    waited=$((waited + (heard < patience ? heard : patience)))
    [ "$heard" -le $((patience + patience / 4 + 250000)) ] ||
        late="its timer of $((patience / 1000)) ms fired after $((heard / 1000)) ms"
    case $text in
        *'annot fork'* | *"an't fork"* | *'fork: '* | *'esource temporarily unavailable'*) no_process=yes ;;
        'began'*) began_late "${text%%"$NL"*}" ;;
    esac
    case $text in 'began'*"$NL"*) text=${text#*"$NL"} ;; 'began'*) text='' ;; esac
}

# Counts what passed before a tool BEGAN, if it says when, as no waiting for the network.
began_late() {
    set -- "${1#began }"
    case $clock/$1 in uptime/* | */*[!0-9]* | */) return ;; esac
    [ "$1" -gt "$heard_from" ] || return 0
    waited=$((waited > $1 - heard_from ? waited - $1 + heard_from : 0))
}

# Tells whether a TOOL was not silent for all of its time; "error" says so.
ended_early() {
    [ "$heard" -lt $((patience - 100000)) ] || return 1
    error="$1 ended after $((heard / 1000)) ms without an answer"
    [ -z "$text" ] || error="$error: ${text##*"$NL"}"
}

# Sets "outcome" to a silence and "error", unless the TOOL ended before its time.
silent() {
    outcome=$2 error=$3
    ! ended_early "$1" || outcome=probe_error
}

# Says so where a failure, or a silence, was not the network's.
doubt() {
    case $outcome in open | http_*) return ;; esac
    if [ -n "$no_process" ]; then
        outcome=probe_error error=$NO_PROCESS
        return
    fi
    case $outcome in
        probe_error | not_applicable) return ;;
        *timeout | frag_needed) ;;
        *) [ "$status" -gt 128 ] || return ;;
    esac
    if [ "$ends" -eq "$run_ends" ] && [ "$now" -ge $((run_ends - 50000)) ]; then why=${why:-$DEADLINE}; fi
    if [ -n "$why" ]; then
        outcome='cut'
        return
    fi
    if [ "$status" -gt 128 ] && ended_early "$tool"; then # by a signal that is not ours
        outcome=probe_error
        return
    fi
    own=$((elapsed - waited))
    if [ -z "$late" ] && [ "$own" -gt $((timeout * 250 + 250000)) ]; then
        late="starting its tools took $((own / 1000)) ms, with a timer of $timeout ms"
    fi
    [ -z "$late" ] || outcome=probe_error error="the probe had too little processor time: $late"
}

dns_tool=
if have bash && have od && have dd; then
    dns_tool=bash
    dd_quiet=status=none
    dd $dd_quiet </dev/null 2>/dev/null || dd_quiet=''
else
    for tool in dig nslookup getent; do
        [ -n "$dns_tool" ] || { have $tool && dns_tool=$tool; }
    done
fi
nslookup_busybox=no
if [ "$dns_tool" = nslookup ]; then
    case $(nslookup --help 2>&1) in *BusyBox*) nslookup_busybox=yes ;; esac
fi
# musl resolves otherwise than glibc, and ignores lines that do not fit into 255 bytes with their end.
musl='' longest=4096
set +f
for loader in /lib/ld-musl-*; do
    [ ! -e "$loader" ] || musl=yes longest=254
done
set -f
nameservers='' search='' ndots=1 use_vc=''
while read -r key words; do
    [ $((${#key} + ${#words})) -lt "$longest" ] || continue
    case $key in
        nameserver) nameservers="$nameservers ${words%% *}" ;;
        search | domain) search=$words ;;
        options)
            case " $words " in *' ndots:'[0-9]*)
                ndots=${words#*ndots:}
                ndots=${ndots%%[!0-9]*}
                ;;
            esac
            case " $words " in *' use-vc '*) [ -n "$musl" ] || use_vc=tcp ;; esac
            ;;
    esac
done 2>/dev/null </etc/resolv.conf
[ -n "$nameservers" ] || nameservers=127.0.0.1

# Sets "address" to the host itself, or to what /etc/hosts or DNS say of it.
resolve() {
    address=$host
    case $host in *:*) return ;; *[!0-9.]*) ;; *) return ;; esac
    tick
    dns_began=$now
    if from_hosts; then
        server=/etc/hosts
    else
        look_up || { address='' && return 1; }
        address=${found%% *}
    fi
    since "$dns_began"
    phase dns "$elapsed"
}

from_hosts() {
    while read -r address names; do
        case $family/$address in IPv4/*:* | IPv6/*[!:]*.* | */\#*) continue ;; esac
        [ "$family" = IPv4 ] || case $address in *:*) ;; *) continue ;; esac
        case " ${names%%#*} " in *[[:space:]]"${host%.}"[[:space:]]*) return 0 ;; esac
    done 2>/dev/null </etc/hosts
    return 1
}

# Sets "found" and "name", or "outcome" and "error".
look_up() {
    misses='' failure='' unfit='' exists='' record=A
    [ "$family" = IPv4 ] || record=AAAA
    candidates
    [ -n "$dns_server" ] || [ "$dns_tool" = getent ] || transport=${transport:-$use_vc}
    for candidate in $names; do
        if ! fits "$candidate"; then
            unfit="$unfit, $candidate"
            continue
        fi
        ask_servers "$candidate"
        case $reply in
            found)
                name=$candidate
                return 0
                ;;
            NXDOMAIN | NODATA)
                misses="$misses, $candidate $reply"
                [ $reply = NXDOMAIN ] || exists=yes
                ;;
            failed) failure=$detail ;;
            *)
                outcome=$reply error="$candidate $detail"
                return 1
                ;;
        esac
        [ -z "$musl" ] || [ "$reply" = NXDOMAIN ] || break # it tries another name only where one does not exist
    done
    outcome=dns_nxdomain error=${misses#, }
    [ -z "$exists" ] || outcome=dns_nodata
    [ -n "$misses" ] || outcome=probe_error error="no DNS name, since too long: ${unfit#, }"
    [ -z "$failure" ] || outcome=dns_servfail error=$failure
    return 1
}

# Tells whether a NAME fits into a question: 63 bytes a label, 255 with the length of each.
fits() {
    rest=$1
    [ "${#1}" -lt 255 ] || return 1
    while [ -n "$rest" ]; do
        label=${rest%%.*}
        rest=${rest#*.}
        [ "${#label}" -lt 64 ] || return 1
    done
}

# Sets "names" to the absolute names that libc would try, in its order; musl searches for no name with ndots dots.
candidates() {
    case $host in *.)
        names=$host
        return
        ;;
    esac
    names='' rest=$host dots=0
    for domain in $search; do
        [ "$domain" = . ] || names="$names $host.${domain%.}."
    done
    while [ "$rest" != "${rest#*.}" ]; do
        rest=${rest#*.}
        dots=$((dots + 1))
    done
    if [ "$dots" -lt "$ndots" ]; then
        names="$names $host."
    elif [ -n "$musl" ]; then
        names=$host.
    else
        names="$host. $names"
    fi
}

# Asks each server in turn for a NAME, the silent ones once more; sets "reply", "found", "server" and "detail".
ask_servers() {
    if [ -z "$dns_tool" ]; then
        reply=probe_error detail='no tool: looked for bash with od and dd, dig, nslookup, getent'
        return
    fi
    # shellcheck disable=SC2086
    set -- "$1" ${dns_server:-$nameservers}
    failures='' spoke=' '
    for server in "$@" "$@"; do
        case $spoke in *" $server "*) continue ;; esac
        [ "$server" != "$1" ] || continue
        seconds_left 2 || break
        dns_port=53 reply=silent
        case $server in *\#*) dns_port=${server#*\#} ;; esac
        "names_$dns_tool" "$1" "${server%%\#*}" "$dns_port"
        case $reply in
            silent)
                ended_early "$dns_tool" || continue
                reply=probe_error detail=$error
                return
                ;;
            found | NXDOMAIN | NODATA | probe_error) return ;;
            *) failures="$failures, $server $reply" spoke="$spoke$server " ;;
        esac
    done
    shift
    reply=dns_timeout detail="no answer from $*"
    [ -z "$failures" ] || reply=failed detail="$candidate ${failures#, }"
}

# Reads a reply that is TEXT: the code in the tool's words, and the last word of the lines that match a PATTERN.
names_text() {
    case $1 in
        *NXDOMAIN*) reply=NXDOMAIN ;;
        *SERVFAIL*) reply=SERVFAIL ;;
        *REFUSED*) reply=REFUSED ;;
        *'onnection refused'*) reply='Connection refused' ;;
        *nreachable* | *'No route'*) reply='no route to it' ;;
        *'timed out'* | *'no servers could be reached'* | *Terminated* | '') reply=silent ;;
        *) reply=NODATA ;;
    esac
    [ "$reply" = NODATA ] || return
    found=
    IFS=$NL
    for line in $1; do
        case $line in $2*) found="$found ${line##*[[:space:]]}" ;; esac
    done
    unset IFS
    found=${found# }
    [ -z "$found" ] || reply=found
}

names_dig() {
    # shellcheck disable=SC2086
    hear "$seconds" limit 3 dig ${transport:++tcp} +time="$seconds" +tries=1 +noall +comments +answer \
        -p "$3" "@$2" "$1" "$record"
    names_text "$text" "*IN[[:space:]]${record}[[:space:]]"
}

names_nslookup() {
    peer=$2
    case $2 in *:*) [ "$3" = 53 ] || peer="[$2]" ;; esac
    if [ "$nslookup_busybox/$transport" = yes/tcp ]; then
        reply=probe_error detail='no tool: looked for bash with od and dd, dig; busybox nslookup asks by UDP alone'
        return
    elif [ "$nslookup_busybox" = no ]; then
        # shellcheck disable=SC2086
        hear "$seconds" limit 3 nslookup ${transport:+-vc} -type="$record" -retry=0 -timeout="$seconds" -port="$3" \
            "$1" "$2"
    elif [ "$3" = 53 ]; then
        hear "$seconds" limit "$seconds" nslookup -type="$record" "$1" "$2"
    else
        hear "$seconds" limit "$seconds" nslookup -type="$record" "$1" "$peer:$3"
    fi
    # The first lines tell of the server, with an "Address" of its own.
    case $text in *Address:*Address*) text=Name:${text#*Name:} ;; *) text=${text%Address:*}${text##*Address:} ;; esac
    names_text "$text" 'Address'
    [ "$nslookup_busybox/$reply" = yes/found ] || return
    # It shows what came in 512 bytes, and not whether that was all.
    # shellcheck disable=SC2086
    set -- "$1" $found
    record_size=16
    [ "$record" = A ] || record_size=28
    [ $((18 + ${#1} + $# * record_size)) -le 512 ] || partial=yes
}

names_getent() {
    server=
    if [ -n "$transport" ]; then
        reply=probe_error detail='no tool: looked for bash with od and dd, dig, nslookup'
        return
    fi
    case $family in IPv4) database=ahostsv4 ;; *) database=ahostsv6 ;; esac
    hear "$seconds" limit "$seconds" getent "$database" "$1"
    case $status in
        0)
            found=''
            IFS=$NL
            for line in $text; do
                case " $found " in *" ${line%%[[:space:]]*} "*) ;; *) found="$found ${line%%[[:space:]]*}" ;; esac
            done
            unset IFS
            found=${found# } reply=found
            ;;
        2) reply=probe_error detail='is unknown to getent, which cannot say why: no bash, dig or nslookup here' ;;
    esac
}

# Sends the QUERY (escaped for %b) by PROTOCOL and shows the reply, COUNT blocks of SIZE, in hexadecimal. bash writes
# line by line, and a label of ten letters looks like the end of one, hence the first dd. The pipes are bash's: a dash
# that cannot fork the second part of one loses the first. What dd counts would come in the middle of a line of od.
# shellcheck disable=SC2016 # for bash to expand
BASH_DNS='
echo began ${EPOCHREALTIME/[.,]/}
exec 3<>"/dev/$1/$2/$3" || exit 1
trap exit TERM # once it has waited for the others
printf "%b" "$4" | dd ibs=1 obs=65507 >&3 2>/dev/null
dd bs="$5" count="$6" $7 <&3 | od -An -v -tx1
[ "${PIPESTATUS[0]}" -gt 128 ] || echo ended
'

# Sets "text" to what was said, and "reply_bytes" to the reply in hexadecimal.
exchange() { exchange_by_dd "$@"; }

exchange_by_dd() {
    hear "$seconds" limit "$seconds" bash -c "$BASH_DNS" bash "$@" "$dd_quiet"
    reply_bytes=''
    IFS=$NL
    for line in $text; do
        case $line in ' '*) reply_bytes=$reply_bytes$line ;; esac
    done
    unset IFS
    reply_bytes=${reply_bytes# }
}

# The way of the Python runner, with bash as the socket.
names_bash() {
    cut=
    wire_query "$1"
    if [ -z "$transport" ]; then
        exchange udp "$2" "$3" "$query" 4096 1
        judge_reply
        [ "$reply" = truncated ] || return
    fi
    reply=silent
    query="\\0000\\0$((length / 64))$((length / 8 % 8))$((length % 8))$query"
    exchange tcp "$2" "$3" "$query" 1 2
    case $reply_bytes in ??' '??)
        length=$((0x${reply_bytes% *} * 256 + 0x${reply_bytes#* } + 2))
        [ $length -le 4096 ] || cut=yes length=4096 # the shell is slow to read it
        exchange tcp "$2" "$3" "$query" 1 $length
        reply_bytes=${reply_bytes#?? ?? }
        ;;
    esac
    judge_reply
}

# Sets "reply" and "found" from what an exchange gave; nothing is silence.
judge_reply() {
    # shellcheck disable=SC2086
    case $reply_bytes/$text in
        [0-9a-f]*)
            if ! wire_reply $reply_bytes; then
                reply=garbled found=${found# }
                [ -z "$cut" ] || [ -z "$found" ] || reply=found partial=yes
            fi
            ;;
        *'onnection refused'*) reply='Connection refused' ;;
        *nreachable* | *'No route'*) reply='no route to it' ;;
        *' records in'* | *ended) reply=garbled ;; # an empty datagram
    esac
}

# Adds bytes to "query" (escaped for %b).
bytes() {
    for byte; do query="$query\\0$((byte / 64))$((byte / 8 % 8))$((byte % 8))"; done
}

# Sets "query" and "length" for a question about NAME; the clock gives the id.
wire_query() {
    query_id=$(((now / 7) & 65535)) query='' rest=$1 length=$((17 + ${#1}))
    bytes $((query_id / 256)) $((query_id % 256)) 1 0 0 1 0 0 0 0 0 0
    while [ -n "$rest" ]; do
        label=${rest%%.*}
        rest=${rest#*.}
        bytes ${#label}
        query=$query$label
    done
    case $family in IPv4) kind=1 ;; *) kind=28 ;; esac
    bytes 0 0 $kind 0 1
}

# Reads a reply, one byte in each parameter; a record counts by its type, since CNAMEs lead to it.
wire_reply() {
    [ $# -ge 12 ] && [ $((0x$1$2)) -eq "$query_id" ] || return 1
    case $((0x$4 & 15)) in
        0) reply=NODATA ;;
        2) reply=SERVFAIL ;;
        3) reply=NXDOMAIN ;;
        5) reply=REFUSED ;;
        *) reply="rcode $((0x$4 & 15))" ;;
    esac
    [ $((0x$3 & 2)) -eq 0 ] || { reply=truncated && return; }
    questions=$((0x$5$6)) records=$((0x$7$8)) found=''
    shift 12
    while [ $((questions + records)) -gt 0 ]; do
        while [ $# -gt 0 ]; do
            size=$((0x$1 < 192 ? 0x$1 : 1)) more=$((0x$1 > 0 && 0x$1 < 192))
            [ $# -gt $size ] || return 1
            shift $((size + 1))
            [ $more -eq 1 ] || break
        done
        if [ $questions -gt 0 ]; then
            [ $# -ge 4 ] || return 1
            shift 4
            questions=$((questions - 1))
            continue
        fi
        [ $# -ge 10 ] || return 1
        type=$((0x$1$2)) size=$((0x$9${10}))
        shift 10
        [ $# -ge $size ] || return 1
        case $type/$kind/$size in
            1/1/4) found="$found $((0x$1)).$((0x$2)).$((0x$3)).$((0x$4))" ;;
            28/28/16) found="$found $1$2:$3$4:$5$6:$7$8:$9${10}:${11}${12}:${13}${14}:${15}${16}" ;;
        esac
        shift $size
        records=$((records - 1))
    done
    found=${found# }
    [ -z "$found" ] || reply=found
}

# Sets "outcome" and "error" from what a tool SAID of a failure that came after so many MICROSECONDS. What all tools get
# from the system is told in the system's words, whatever each puts around them.
judge() {
    error=$1
    case $1 in
        *'onnection refused'*) outcome=refused error='Connection refused' ;;
        *'onnection reset'*) outcome=reset error='Connection reset by peer' ;;
        *'roken pipe'*) outcome=reset error='Broken pipe' ;;
        # What ping says of a filter is the same error to whoever connects.
        *'acket filtered'* | *rohibited*) outcome=unreachable_fast error='No route to host' ;;
        *'No route to host'* | *'ost is unreachable'* | *'Host Un'* | *'ddress unreachable'*)
            # Linux gives a neighbour up after 3 s; a busy node may take one to start the tool.
            outcome=unreachable_fast error='No route to host'
            [ "$2" -lt 2000000 ] || outcome=unreachable_arp
            ;;
        *'ermission denied'*) outcome=unreachable_fast error='Permission denied' ;;
        *'peration not permitted'*) outcome=unreachable_fast error='Operation not permitted' ;;
        *'etwork is unreachable'* | *'etwork unreachable'* | *'Net Un'* | *': No route'*)
            outcome=no_route error='Network is unreachable'
            ;;
        *'etwork is down'*) outcome=no_route error='Network is down' ;;
        *'ssign requested address'* | *'ddress not available'* | *'not supported by protocol'* | *'nvalid argument'*)
            outcome=no_route
            ;;
        *'imed out'*) outcome=timeout error='' ;;
        *Terminated* | '') silent "$tool" timeout '' ;;
        *) outcome=probe_error ;;
    esac
}

# Sets "outcome" from the first line of what a server SENT.
judge_head() {
    set -- "${1%%"$NL"*}"
    case $1 in
        'HTTP/1.'[01]' '[1-5][0-9][0-9]*)
            error=${1#HTTP/1.? }
            outcome=http_${error%"${error#???}"} error=''
            ;;
        *) outcome=open error="the answer is not HTTP: $1" ;;
    esac
}

# Sets "headers", as members of an object, and "page" to what follows the first line of what a server SENT.
judge_page() {
    IFS=$NL
    for line in $1; do
        case $line in
            'field '*:*)
                [ ${#headers} -lt 1200 ] || continue
                line=${line#field }
                escape "${line%%:*}"
                headers="$headers${headers:+, }\"$clean\""
                escape "${line#*:}"
                headers="$headers: \"$clean\""
                ;;
            'page '*) page=${line#page } ;;
        esac
    done
    unset IFS
}

# Says "head" with the first line of stdin, or with what came of it before TERM or the end, "closed" if nothing came.
# Some shells read no single bytes: these know nothing before the line is whole. After the head of a page that is none
# of success, it says "field" with each header that tells who sent it, and "page" with how it begins; a shell that
# cannot bound how long it reads says neither.
# shellcheck disable=SC2016 # for another shell to expand
FIRST_LINE='
line= some= page=
tell() {
    trap exit TERM
    printf "head %s\n" "$line"
    case $line in HTTP/1.[01]\ [345]*) ;; *) exit ;; esac
    read -r -t 1 line </dev/null 2>/dev/null
    [ $? -eq 1 ] || exit
    while IFS= read -r -t 1 line || exit; do
        case $line in
            "" | ?) break ;;
            [Ss]erver:* | [Vv]ia:* | [Ll]ocation:* | [Cc]ontent-[Tt]ype:* | [Xx]-*:*) printf "field %.150s\n" "$line" ;;
        esac
    done
    while [ ${#page} -lt 200 ] && { IFS= read -r -t 1 line || [ -n "$line" ]; }; do page="$page$line "; done
    printf "page %.200s\n" "$page"
    exit
}
case ${BASH_VERSION-} in
    [123].* | 4.[0123].*) ;; # run no trap while they read
    *) trap "[ -z \"\$some\" ] || tell; exit" TERM ;;
esac
IFS= read -r -n 1 byte </dev/null 2>/dev/null
if [ $? -eq 1 ]; then
    while IFS= read -r -n 1 byte; do
        some=yes
        [ -n "$byte" ] && [ ${#line} -lt 4000 ] || tell
        line=$line$byte
    done
else
    ! IFS= read -r line || tell
    some=$line
fi
[ -z "$some" ] || tell
echo closed
'

# Both programs say "connected" and, if they were given a REQUEST, what FIRST_LINE says of the answer.
# shellcheck disable=SC2016
BASH_TCP='
trap "" PIPE
echo began ${EPOCHREALTIME/[.,]/}
exec 3<>"/dev/tcp/$1/$2" || exit 1
echo connected ${EPOCHREALTIME/[.,]/}
[ -n "$3" ] || exit 0
printf "%b" "$3" >&3 2>/dev/null
exec <&3
'$FIRST_LINE
# shellcheck disable=SC2016
NC_TCP='
trap "" PIPE
echo connected >&2
[ -n "$1" ] || exit 0
printf "%b" "$1"
exec >&2
'$FIRST_LINE

# A bash may have been built without sockets.
bash_has_sockets() {
    case $(bash -c 'exec 3<>/dev/tcp/127.0.0.1/-' 2>&1) in *'No such file'*) return 1 ;; esac
}

tcp_tool=
if have bash && bash_has_sockets; then
    tcp_tool=bash
elif have nc; then
    case $(nc --help 2>&1) in
        *BusyBox*-e\ PROG*) tcp_tool=nc_exec ;;
        *BusyBox*) ;;
        *) tcp_tool=nc ;;
    esac
fi

connect_bash() { limit "$seconds" bash -c "$BASH_TCP" bash "$address" "$port" "$1"; }

# The shell of busybox, where another one is sh: it can read bytes.
nc_shell='sh'
! have busybox || nc_shell='busybox sh'

# shellcheck disable=SC2086
connect_nc_exec() { limit "$seconds" nc "$address" "$port" -e $nc_shell -c "$NC_TCP" sh "$1"; }

# Other kinds of nc run no program: one connection to see whether it opens, one for the request.
connect_nc() {
    limit "$seconds" nc -z -v -w "$seconds" "$address" "$port" </dev/null || return
    printf '\nconnected\n'
    [ -n "$1" ] || return 0
    seconds_left 600 || return 0
    # Not by its own timer: it would end as if the peer had closed.
    head_of "$1" "$seconds" nc -w $((seconds + 9)) "$address" "$port"
}

# Sends a REQUEST by a command that may take SECONDS, and says "head" with the first line of what comes back, or
# "closed" where the command ended without a byte.
head_of() {
    request_of_it=$1
    shift
    {
        printf '%b' "$request_of_it" | {
            limit "$@" 2>&4 5<&0 6>&1
            [ $? -gt 128 ] || printf '\nclosed\n' >&4
        } | {
            if IFS= read -r line || [ -n "$line" ]; then printf '\nhead %s\n' "$line"; fi
        }
    } 4>&1
}

ask_tcp() { hear "$seconds" "connect_$tcp_tool" "$1"; }

# Connects and sends a REQUEST, if there is one; sets "outcome".
connect() {
    resolve || return 1
    tool=${tcp_tool%_exec}
    if [ -z "$tcp_tool" ]; then
        outcome=probe_error error='no tool: looked for bash with /dev/tcp, nc'
        return 1
    fi
    seconds_left 600 || { outcome=timeout && return 1; }
    ask_tcp "$1"
    case $NL$text in
        *"${NL}connected"*) connected "$1" "${text#*connected}" ;;
        *)
            judge "${text%%"$NL"*}" "$heard"
            return 1
            ;;
    esac
}

# Reads what came after "connected": when that was, and the first line that the server sent.
connected() {
    at=${2%%"$NL"*}
    at=${at# }
    case $clock/$at in
        uptime/* | */*[!0-9]* | */) [ -n "$1" ] || phase connect "$heard" ;;
        *) phase connect $((at - heard_from)) ;;
    esac
    if [ -z "$1" ]; then
        outcome=open
        return
    fi
    case $2 in
        *"${NL}head "*)
            judge_head "${2#*"${NL}head "}"
            judge_page "${2#*"${NL}head "}"
            ;;
        *"${NL}closed"*) outcome=reset error='closed without a byte' taken=yes ;;
        *)
            silent "$tool" timeout 'connected, then silent'
            taken=yes
            ;;
    esac
}

# Sets "request" (escaped for %b), with a METHOD and a HEADER, and "authority", the host as URLs write it: without the
# port that is usual.
compose() {
    authority=${server_name:-$host}
    authority=${authority%.}
    case $authority in *:*) authority="[$authority]" ;; esac
    [ "$port" = "$1" ] || authority=$authority:$port
    request="${2:-GET} ${path:-/} HTTP/1.1\\r\\nHost: $authority\\r\\nUser-Agent: kubewire\\r\\n"
    request="${request}Accept: */*\\r\\n${3-}Connection: close\\r\\n\\r\\n"
}

probe_tcp() { connect ''; }

probe_http() {
    if [ -n "$transport" ]; then
        outcome=probe_error error='no tool: looked for python3, no other tool here speaks gRPC'
        return
    fi
    compose 80
    connect "$request"
}

# A small request, and then one of several full segments: what is narrow on the way lets only the small one pass.
large() {
    until=$ends
    tick
    ends=$((now + (ends - now) / 2))
    compose 80 HEAD
    connect "$request" || return
    case $outcome in open | http_*) ;; *) return ;; esac
    [ "${size:-0}" -gt 0 ] || size=3000
    padding "$size"
    compose 80 GET "X-Padding: $pad\\r\\n"
    ends=$until phases=''
    connect "$request" || return
    case $outcome in
        timeout)
            outcome=frag_needed
            error="connected, and a request of $((${#request} - 14)) bytes had no answer"
            ;;
        http_* | open) outcome=open error='' ;;
        reset) outcome=open ;;
    esac
}

# Sets "pad" to so many BYTES that mean nothing.
padding() {
    pad=xxxxxxxxxxxxxxxx
    while [ "${#pad}" -lt "$1" ]; do pad=$pad$pad; done
    pad=$(printf "%.$1s" "$pad")
}

probe_dns() {
    tool=$dns_tool
    case $dns_server in @*)
        number=${dns_server#@}
        # shellcheck disable=SC2086
        set -- $nameservers
        if [ $# -lt "$number" ]; then
            outcome=not_applicable error='resolv.conf has no such name server'
            return
        fi
        shift $((number - 1))
        dns_server=$1
        ;;
    esac
    tick
    dns_began=$now
    look_up || return
    outcome=open
    since "$dns_began"
    phase dns "$elapsed"
}

# The wget of busybox starts a TLS client that it never waits for; that client is a tool of its own, too.
ssl_client_insecure=
case $(ssl_client -h 2>&1) in *-I*) ssl_client_insecure=-I ;; esac
tls_tool=
for tool in curl openssl ssl_client wget; do
    if [ -n "$tls_tool" ] || ! have $tool; then continue; fi
    case $tool/$tcp_tool in
        ssl_client/bash | ssl_client/nc_exec) ;;
        ssl_client/*) continue ;;
        wget/*) case $(wget --version 2>&1) in *GNU*) ;; *) continue ;; esac ;;
    esac
    tls_tool=$tool
done

probe_https() {
    [ -z "$transport" ] || { probe_http && return; }
    compose 443
    name_of_server
    if [ -z "$tls_tool" ]; then
        outcome=probe_error error='no TLS tool in the container (looked for curl, openssl, ssl_client, GNU wget)'
        return
    fi
    # What fails after a plain connection is TLS; curl tells that by itself.
    if [ $tls_tool = curl ] || [ -z "$tcp_tool" ]; then resolve; else connect ''; fi || return
    tool=$tls_tool
    seconds_left 600 || { outcome=timeout && return; }
    "https_$tls_tool"
}

# Sets "micros" from curl's SECONDS. Only digits may go on, since bash runs what it finds in an array index.
micros() {
    case $1 in *[!0-9.]* | '') set -- 0.0 ;; esac
    micros=${1#*.}000000
    micros=$((${1%.*} * 1000000 + 1${micros%"${micros#??????}"} - 1000000))
}

# Adds the phases of curl from its three moments.
curl_phases() {
    before=0
    for key in connect tls first_byte; do
        micros "$1"
        [ "$micros" -eq 0 ] || phase $key $((micros - before))
        before=$micros
        shift
    done
}

https_curl() {
    peer=$address
    case $peer in *:*) peer="[$peer]" ;; esac
    hear "$seconds" limit "$((seconds + 1))" curl -q -g -k -sS -v -o /dev/null --max-filesize 65536 --noproxy '*' \
        -m "$seconds" ${sni:+--resolve "$sni:$port:$peer"} \
        -w '\nkw %{http_code} %{time_connect} %{time_appconnect} %{time_starttransfer} \n' \
        "https://$authority${path:-/}"
    said=${text##*"curl: ("}
    said=${said#*) }
    said=${said%%"$NL"*}
    # shellcheck disable=SC2086
    set -- ${text##*"${NL}kw "}
    curl_phases "$2" "$3" "$4"
    case $status/$1/$phases in
        */[1-5][0-9][0-9]/*) outcome=http_$1 ;;
        7/*)
            said=${text##*fail}
            said=${said%%"$NL"*}
            judge "${said#*: }" "$heard"
            ;;
        28/*tls*) outcome=timeout error='connected, then silent' taken=yes ;;
        28/*)
            # curl counts a connection only once TLS is there as well.
            case $text in
                *'onnected to '*) outcome=tls_timeout error='connected, then no TLS handshake' ;;
                *) outcome=timeout ;;
            esac
            ;;
        35/*) outcome=tls_handshake error=$said ;;
        52/*) outcome=reset error='closed without a byte' ;;
        1/*tls* | 8/*) outcome=open error="the answer is not HTTP: $said" ;;
        56/*) judge "$said" 0 ;;
        143/*) outcome=timeout late="its timer of $seconds s did not fire within $((heard / 1000)) ms" ;;
        *) outcome=probe_error error=$said ;;
    esac
}

https_openssl() {
    peer=$address
    case $peer in *:*) peer="[$peer]" ;; esac
    hear "$seconds" head_of "$request" "$seconds" \
        openssl s_client -quiet -connect "$peer:$port" ${sni:+-servername "$sni"}
    judge_tls 'depth='
}

# Both connect and become an ssl_client that speaks for head_of.
# shellcheck disable=SC2016
BASH_TLS='
exec 3<>"/dev/tcp/$1/$2" || exit 1
shift 2
exec ssl_client "$@"
'
# shellcheck disable=SC2016
NC_TLS='
exec 3<&0 <&5 >&6
exec ssl_client "$@"
'

https_ssl_client() {
    # shellcheck disable=SC2086
    set -- -s 3 $ssl_client_insecure ${sni:+-n "$sni"}
    # shellcheck disable=SC2086
    case $tcp_tool in
        bash) set -- bash -c "$BASH_TLS" bash "$address" "$port" "$@" ;;
        *) set -- nc "$address" "$port" -e $nc_shell -c "$NC_TLS" sh "$@" ;;
    esac
    hear "$seconds" head_of "$request" "$seconds" "$@"
    judge_tls 'nothing that it would say'
    # That of busybox knows few ciphers: that it fails says nothing about others.
    case $outcome/$ssl_client_insecure in tls_handshake/)
        outcome=probe_error error="busybox has too little TLS to judge: $error"
        ;;
    esac
}

https_wget() {
    [ -z "$server_name" ] || authority=$address:$port
    hear "$seconds" ask_wget
    judge_tls 'awaiting response'
}

ask_wget() {
    {
        limit "$seconds" wget -t 1 --max-redirect=0 -S -O /dev/null --no-check-certificate \
            --header "Host: ${server_name:-$host}" "https://$authority${path:-/}" 2>&1
        [ $? -gt 128 ] || printf '\nclosed\n'
    } | up_to_status
}

# Passes lines on until one is an HTTP status.
up_to_status() {
    while IFS= read -r line || [ -n "$line" ]; do
        printf '%s\n' "$line"
        case $line in *HTTP/1.*) break ;; esac
    done
}

# Sets "outcome" from what a TLS client said; it says MARK once the handshake is over.
judge_tls() {
    case $NL$text in
        *"${NL}head "*)
            judge_head "${text#*"${NL}head "}"
            return
            ;;
        *"$NL"*'HTTP/1.'[01]' '[1-5][0-9][0-9]*)
            judge_head "HTTP/1.${text#*HTTP/1.}"
            return
            ;;
        *'Length: unspecified'*) # wget takes a first line for the page
            outcome=open error='the answer is not HTTP'
            return
            ;;
        *'not an http'* | *'nrecognized option'* | *'HTTPS support not compiled'*)
            outcome=probe_error error="no TLS in the container's $tls_tool"
            return
            ;;
    esac
    case $NL$text in
        *"${NL}closed")
            text=${text%"${NL}closed"}
            text=${text%"$NL"}
            outcome=tls_handshake error=${text##*"$NL"}
            case $text in *alert*) ;; *"$1"*) outcome=reset error='closed without a byte' ;; esac
            ;;
        *"$1"*)
            silent "$tls_tool" timeout 'connected, then silent'
            taken=yes
            ;;
        *) silent "$tls_tool" tls_timeout 'connected, then no TLS handshake' ;;
    esac
}

# Sets "sni" to the name that is asked for, if it is one.
name_of_server() {
    sni=${server_name:-$host}
    sni=${sni%.}
    case $sni in *:*) sni='' ;; *[!0-9.]*) ;; *) sni='' ;; esac
}

probe_tls() {
    if ! have openssl; then
        outcome=probe_error error='no tool: looked for openssl (curl shows no certificates)'
        return
    fi
    if [ -n "$tcp_tool" ]; then connect ''; else resolve; fi || return
    tool=openssl outcome=probe_error
    name_of_server
    seconds_left 600 || { outcome=timeout && return; }
    peer=$address
    case $peer in *:*) peer="[$peer]" ;; esac
    hear "$seconds" limit "$seconds" openssl s_client -showcerts -connect "$peer:$port" ${sni:+-servername "$sni"}
    case $text in
        *'New, TLS'*', Cipher is '*)
            outcome=open
            phase tls "$heard"
            text=${text#*CONNECTED}
            show_certificates "${text%%Server certificate"$NL"*}"
            text=${text#*"${NL}New, "}
            text=${text%%"$NL"*}
            json=''
            member version "${text%%,*}"
            member cipher "${text##* }"
            tls=${json#, }
            ;;
        *'onnection refused'* | *'No route to host'* | *'nreachable'*) judge "${text%%"$NL"*}" "$heard" ;;
        *)
            outcome=tls_handshake error=${text#*CONNECTED*"$NL"}
            error=${error%%"$NL"*}
            [ "$heard" -lt $((patience - 100000)) ] || outcome=tls_timeout error='connected, then no TLS handshake'
            # Without a connection before this one, nothing says that there was one.
            [ -n "$tcp_tool" ] || case $outcome in tls_timeout) outcome=timeout error='' ;; esac
            ;;
    esac
}

# Prints the certificates of a TEXT, a line for each that is short enough to stay whole.
show_certificates() {
    cert='' shown=0
    IFS=$NL
    for line in $1; do
        case $line/$cert in
            '-----BEGIN CERTIFICATE-----/'*) cert=: ;;
            '-----END CERTIFICATE-----/:'*)
                cert=${cert#:}
                case $cert in *[!A-Za-z0-9+/=]*) cert='' ;; esac
                shown=$((shown + 1))
                [ "${#cert}" -gt 4000 ] || [ "$shown" -gt 5 ] ||
                    printf '{"id": %s, "cert": "%s"}\n' "$id" "$cert"
                cert=''
                ;;
            */:*) cert=$cert$line ;;
        esac
    done
    unset IFS
}

probe_icmp() {
    resolve || return
    seconds_left 600 || { outcome=timeout && return; }
    ping=ping
    [ "$family" = IPv4 ] || ! have ping6 || ping=ping6
    if ! have "$ping"; then
        outcome=probe_error error='no tool: looked for ping'
        return
    fi
    tool=$ping
    case $protocol/$tries in
        icmp/1 | mtu/*) hear "$seconds" limit $((seconds + 1)) "$ping" -c 1 -W "$seconds" "$address" ;;
        *) ping_often ;;
    esac
    case $text in
        *'bytes from'*'time='*)
            outcome=open spent=${text#*time=}
            micros "${spent%% *}"
            spent=$((micros / 1000))
            ;;
        *'bytes from'*) outcome=open ;;
        *'are you root'* | *ocket:* | *SOCK_* | *cap_net_raw* | *'raw socket'*)
            outcome=probe_error error="ping may open no ICMP socket: ${text##*"$NL"}; needs the capability NET_RAW"
            ;;
        *'Port '[Uu]nreachable*) outcome=refused error='Connection refused' ;;
        *nreachable* | *iltered* | *rohibited* | *'Host Unknown'* | *'Net Unknown'* | *ermi[ts]* | *invalid*)
            judge "${text##*PING}" "$heard"
            ;;
        *) silent "$tool" timeout '' ;;
    esac
}

# Sends all tries by one ping: as many processes as packets would take longer than what they measure. Some versions of
# ping take no fraction of a second, or none below 0.2 s from users, and then as many are sent as fit into the time.
# Sets "series" to how many were sent, "answered" to their numbers from 0 on, and "times".
ping_often() {
    patient=$(((timeout + 999) / 1000))
    for gap in '0.005 5000' '0.2 200000' '1 1000000'; do
        tick
        micros_apart=${gap#* }
        series=$((1 + (ends - now - patient * 1000000) / micros_apart))
        [ "$series" -le "$tries" ] || series=$tries
        [ "$series" -ge 1 ] || series=1
        seconds=$((patient + 1 + series * micros_apart / 1000000))
        hear "$seconds" limit "$seconds" "$ping" -c "$series" -i "${gap% *}" -W "$patient" "$address"
        case $text in
            *'bytes from'*) break ;;
            *interval* | *'nvalid number'* | *'nvalid arg'*) ;;
            *) break ;;
        esac
    done
    patience=$(((series - 1) * micros_apart + patient * 1000000))
    read_answers
}

# Reads the lines of a ping. Of more than 100 times, a part is kept, and the least and the largest: it takes a shell
# long to sort more.
read_answers() {
    answered=' ' place=0 base=1 last='' step=$((series / 100 + 1)) least='' most=''
    case $text in *' seq='* | *'icmp_seq=0 '*) base=0 ;; esac
    IFS=$NL
    # shellcheck disable=SC2086
    set -- $text
    unset IFS
    for line; do
        case $line in *DUP!*) continue ;; *'bytes from'*'seq='*'time='*) ;; *) continue ;; esac
        number=${line#*seq=}
        last=$((${number%%[!0-9]*} - base))
        answered="$answered$last "
        spent=${line#*time=}
        micros "${spent%% *}"
        spent=$((micros / 1000)) place=$((place + 1))
        [ -n "$least" ] && [ "$least" -le "$spent" ] || least=$spent
        [ -n "$most" ] && [ "$most" -ge "$spent" ] || most=$spent
        [ $((place % step)) -ne 0 ] || insert "$spent"
    done
    if [ -n "$least" ]; then
        insert "$least"
        insert "$most"
        # On a busy machine it is ended before it has sent all, and does not say how many.
        case $text in *transmitted*) ;; *) series=$((last + 1)) ;; esac
    fi
}

probe_sctp() {
    outcome=probe_error error='no tool: looked for python3, no other tool here speaks SCTP'
}

udp_tool=
if [ "$dns_tool/$tcp_tool" = bash/bash ]; then udp_tool=bash; fi

# Sends a datagram with a nonce, again if the first ones stay without an answer and it is asked only once.
probe_udp() {
    resolve || return
    if [ -z "$udp_tool" ]; then
        outcome=probe_error error='no tool: looked for bash with /dev/udp, od and dd'
        return
    fi
    tool=bash outcome=timeout
    [ "${size:-0}" -ge 21 ] || size=32
    padding $((size - 21))
    for turn_limit in 1 1 600; do
        [ "$tries" -eq 1 ] || turn_limit=600
        # shellcheck disable=SC2046 # the bytes are wanted as words
        nonce=$(printf %s $(od -An -v -tx1 -N8 </dev/urandom))
        seconds_left "$turn_limit" || return
        exchange udp "$address" "$port" "echo $nonce$pad" 65535 1
        case $reply_bytes/$text in
            *"$(in_hexadecimal "$nonce")"*/*) outcome=open spent=$heard ;;
            [0-9a-f]*) outcome=open spent=$heard error='an answer without the nonce' ;;
            /) silent bash timeout '' ;;
            /[0-9]*' records in'*) outcome=open spent=$heard error='an answer without the nonce' ;;
            *) judge "${text%%"$NL"*}" "$heard" ;;
        esac
        [ "$outcome/$tries" = timeout/1 ] || return
    done
}

# Prints the bytes of some hexadecimal DIGITS in hexadecimal.
in_hexadecimal() {
    digits=$1
    while [ -n "$digits" ]; do
        case $digits in
            [0-9]*) printf '3%.1s' "$digits" ;;
            *) printf '6%x' $((0x${digits%"${digits#?}"} - 9)) ;;
        esac
        digits=${digits#?}
        [ -z "$digits" ] || printf ' '
    done
}

# The sizes that are usual on Ethernet, in clouds and in tunnels.
SIZES='9001 8951 8950 8941 1500 1492 1480 1476 1460 1450 1442 1440 1430 1420 1400 1380 1360 1350 1300 1280 1200 576'

# Prints each of some SIZES that a ping of that many bytes, which nobody may cut, was answered with.
# shellcheck disable=SC2016 # for another shell to expand
SWEEP='
address=$1 header=$2 pings=
shift 2
trap "wait; exit" EXIT TERM
for size; do
    ping -M do -n -c 1 -W 1 -s $((size - header)) "$address" >/dev/null 2>&1 &
    pings="$pings $!:$size"
done
for size in $pings; do
    ! wait "${size%:*}" || echo "${size#*:}"
done
'

probe_mtu() {
    if [ "$port" != - ]; then
        large
        return
    fi
    case $(ping -V 2>&1) in
        *iputils*) ;;
        *)
            outcome=probe_error error="no tool: looked for python3 and the ping of iputils"
            return
            ;;
    esac
    size=${size:-0}
    probe_icmp
    [ "$outcome" = open ] || return
    header=28 said=
    [ "$family" = IPv4 ] || header=48
    [ "$size" -gt 0 ] || { uncut 65535 || size=$said; }
    [ "$size" -gt 0 ] || size=65535
    if uncut "$size" || uncut "$size"; then
        mtu=$size
        return
    fi
    wanted=
    for smaller in ${said:-} $SIZES; do [ "$smaller" -ge "$size" ] || wanted="$wanted $smaller"; done
    # shellcheck disable=SC2086
    hear 1 limit 2 sh -c "$SWEEP" sh "$address" "$header" $wanted
    mtu=$((header + 56))
    for smaller in $text; do ! [ "$smaller" -gt "$mtu" ] || mtu=$smaller; done
    outcome=timeout error="$mtu bytes pass, $size do not; no device on the path reports it"
    if [ "$said" = "$mtu" ]; then
        outcome=frag_needed error="$mtu bytes pass, $size do not; the path or the interface of the source has this MTU"
    fi
}

# Pings with so many BYTES that nobody may cut; sets "said" to the MTU that somebody named.
uncut() {
    seconds_left 1 || return 1
    hear "$seconds" limit 2 ping -M 'do' -n -c 1 -W "$seconds" -s $(($1 - header)) "$address"
    case $text in
        *'bytes from'*) return 0 ;;
        *mtu[=:\ ]*[0-9]*)
            said=${text#*mtu}
            said=${said#"${said%%[0-9]*}"}
            said=${said%%[!0-9]*}
            ;;
    esac
    return 1
}

# shellcheck disable=SC2016
BASH_CAN='
set +o posix
exec 4< <(exit 7) && exec 4<&-
wait "$!"
case $? in 7 | -1) ;; *) false ;; esac # -1 where a busy bash reaped it before it asked: 5.2 does once in 600 times
'
BASH_TALK='
# shellcheck disable=SC1007,SC2034,SC2154 # variables are those of the whole runner

# Runs a FUNCTION in a child for SECONDS at most, and sets what "hear" sets; "codes" to all bytes, if "binary" says so.
talk() {
    patience=$(($1 * 1000000)) left=$((run_ends - now)) heard_from=$now heard= told= text= codes=()
    [ "$patience" -le "$left" ] || patience=$left
    shift
    exec 4< <("$@" 2>&1)
    child=$!
    as_seconds "$patience"
    while
        piece=
        IFS= read -r -d "" -t "$nap" -u 4 piece
        ended=$?
        text=$text$piece
        [ -z "$binary" ] || take "$piece"
        [ "$ended" -ne 1 ] # the end
    do
        [ "$ended" -gt 128 ] || { codes+=(0) && continue; }
        since "$heard_from"
        left=$((${heard:-$patience} + ${told:-0} - elapsed))
        if [ "$left" -le 0 ]; then
            [ -z "$told" ] || break
            heard=$elapsed told=1000000 left=$told
            # It may have heard a part; before that, TERM would only make a failure of a silence.
            case $text in *connected*) kill -TERM "$child" ;; *) kill -KILL "$child" ;; esac
        fi
        as_seconds "$left"
    done
    exec 4<&-
    [ -z "$told" ] || kill -KILL "$child"
    await "$child"
    status=$ended
    since "$heard_from"
    heard=${heard:-$elapsed}
    weigh
}

take() {
    for ((place = 0; place < ${#1}; place++)); do codes+=("\"${1:place:1}"); done
}

exec 5<> <(:)
doze() { read -r -t "$nap" -u 5; }

eval "tcp_program() { $BASH_TCP }"

ask_tcp() { talk "$seconds" tcp_program "$address" "$port" "$1"; }

udp_program() {
    exec 3<>"/dev/udp/$1/$2" || exit 1
    case $3 in
        *\\0012*) printf "%b" "$3" | dd ibs=1 obs=65507 2>/dev/null >&3 ;; # a line would go on its own
        *) printf "%b" "$3" >&3 ;;
    esac
    exec dd bs=65535 count=1 <&3
}

exchange() {
    if [ "$1" = tcp ]; then
        exchange_by_dd "$@"
        return
    fi
    binary=yes reply_bytes=
    talk "$seconds" udp_program "$2" "$3" "$4"
    binary=
    case $text in *"0+1 records in"*) printf -v reply_bytes "%02x " "${codes[@]}" ;; esac
}

binary=
'
if [ "$clock/$tcp_tool" = bash/bash ] && eval "$BASH_CAN"; then eval "$BASH_TALK"; fi

hello() {
    json='"kw": 1, "runner": "sh"'
    # shellcheck disable=SC2086
    members tools $tools
    member_lines route4 /proc/net/route
    member_lines route6 /proc/net/ipv6_route
    member_lines resolv /etc/resolv.conf
    member_listeners tcp4 0A /proc/net/tcp
    member_listeners tcp6 0A /proc/net/tcp6
    member_listeners udp4 07 /proc/net/udp
    member_listeners udp6 07 /proc/net/udp6
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
    sent=0 received=0 words='' times='' kept='' note='' series='' extra=0
    # What the packets of one ping take, and as much again as a try for versions that send few in a second.
    case $protocol/$tries in icmp/1) ;; icmp/*) extra=$((tries * 5000 + 4000000)) ;; esac
    while [ "$sent" -lt "$tries" ] && [ -z "$note" ]; do
        try
        case $outcome in
            open | http_*)
                received=$((received + 1))
                [ -n "$series" ] || insert "$spent"
                [ "$received" -gt 1 ] || kept=
                ;;
            cut) note=$why && break ;;
            probe_error | not_applicable)
                note=$error
                [ -z "$kept" ] || break
                ;;
        esac
        sent=$((sent + 1)) words="$words $outcome"
        [ -n "$kept" ] || kept=$outcome first=$error answer=$json
        [ -z "$series" ] || spread
    done
    if [ -z "$kept" ]; then
        printf '{"id": %s, "outcome": "probe_error", "error": "%s"}\n' "$id" "$note"
        return
    fi
    # shellcheck disable=SC2086
    case $tries/$kept in 1/* | */probe_error | */not_applicable) ;; *) several $words ;; esac
    json="\"id\": $id, \"outcome\": \"$kept\", \"ms\": $ms$answer"
    member error "$first"
    printf '%s\n' "{$json}" || why=$STOPPED
    [ "$first" != "$NO_PROCESS" ] || exit 2 # no answer is worth that the container's own processes find no room
}

DEADLINE='the deadline of the whole run came first'
STOPPED='the probe runner was told to end'

# Puts all the packets of a ping in the place of the one try that it was, and ends the tries.
spread() {
    words='' received=0 place=0 missing=timeout tries=$series sent=$series
    [ "$outcome" = open ] || missing=$outcome
    while [ "$place" -lt "$series" ]; do
        case $answered in
            *" $place "*) words="$words open" received=$((received + 1)) ;;
            *) words="$words $missing" ;;
        esac
        place=$((place + 1))
    done
}

# Sends a probe once; sets "outcome", "error", "spent", "ms" and "json", the rest of the answer. Where nothing may begin
# any more, or the end of the run came before that of the probe, the outcome is "cut", and "why" says why.
try() {
    outcome='cut' error='' tool='' phases='' address='' found='' partial='' name='' server='' mtu='' tls='' spent=''
    headers='' page='' refusal='' errors='' taken=''
    waited=0 late='' no_process='' status=0
    [ -z "$why" ] || return
    tick
    my_turn
    began=$now ends=$((now + timeout * 1000 + extra))
    [ "$ends" -lt "$run_ends" ] || ends=$run_ends
    if [ "$now" -ge "$ends" ]; then
        why=$DEADLINE
        return
    fi
    outcome=probe_error # until the probe says what it met
    [ "$port" = - ] || icmp_errors
    errors_before=$errors
    "probe_$protocol"
    # The same count after a refusal: no ICMP came, so it was a RST.
    case $outcome/$errors_before in
        refused/[0-9]*)
            icmp_errors
            [ "$errors" != "$errors_before" ] || refusal=rst
            ;;
    esac
    [ "$outcome/$error" != probe_error/ ] || error='the shell runner does not know how the probe ended'
    since "$began"
    doubt
    case $outcome in open) ;; *) spent=$elapsed ;; esac
    spent=${spent:-$elapsed}
    milliseconds "$spent"
    json=", \"phases\": {$phases}${mtu:+, \"mtu\": $mtu}"
    [ -z "$tls" ] || json="$json, \"tls\": {$tls}"
    [ -z "$headers$page" ] || json="$json, \"headers\": {$headers}"
    case $outcome in http_[45]*) member body "$page" ;; esac
    member refusal "$refusal"
    case $outcome/$taken in timeout/yes | reset/yes) json="$json, \"request\": \"taken\"" ;; esac
    member tool "$tool"
    member address "$address"
    member name "$name"
    member server "$server"
    # What is one write has 4096 bytes at most.
    if [ ${#found} -gt 2500 ]; then
        partial=yes
        while [ ${#found} -gt 2500 ]; do found=${found% *}; done
    fi
    [ -z "$partial" ] || json="$json, \"more\": true"
    # shellcheck disable=SC2086
    [ -z "$found" ] || members answers $found
}

# Sets "errors" to how many ICMP errors of the kind "unreachable" came so far, empty where the kernel does not say.
icmp_errors() {
    errors='' nth=0
    case $family in
        IPv6)
            while [ -z "$errors" ] && read -r key number; do
                case $key in Icmp6InDestUnreachs) errors=$number ;; esac
            done </proc/net/snmp6
            ;;
        *)
            while [ -z "$errors" ] && read -r line; do
                case $line in
                    'Icmp: In'*InDestUnreachs*)
                        # shellcheck disable=SC2086
                        set -- ${line%%InDestUnreachs*}
                        nth=$#
                        ;;
                    'Icmp: '*)
                        # shellcheck disable=SC2086
                        set -- $line
                        shift $nth
                        errors=$1
                        ;;
                esac
            done </proc/net/snmp
            ;;
    esac
} 2>/dev/null

# Waits until this worker may begin a try, by naps that end soon after a signal; together the workers keep the pace of
# the run. Where sleep takes whole seconds alone, it is worth it from one on.
my_turn() {
    begin=$((slot > now ? slot : now)) least=1
    [ -n "$fractions" ] || least=1000000
    slot=$((begin + pace * parallel))
    while [ -z "$why" ] && [ $((begin - now)) -ge "$least" ]; do
        as_seconds $((begin - now > 1000000 ? 1000000 : begin - now))
        doze
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
    lost_in "$@"
    for word; do
        case " $rest" in *" $word "*) continue ;; esac
        count=0
        for each; do [ "$each" != "$word" ] || count=$((count + 1)); done
        rest="$rest$word $count "
        case $word in open | http_*) [ "$count" -le "$most" ] || kept=$word most=$count ;; esac
    done
    # shellcheck disable=SC2086
    set -- $rest
    rest='' outcomes=
    while [ $# -gt 0 ]; do
        [ "$1" = "$kept" ] || rest="$rest, $1 $2 of $sent"
        outcomes="$outcomes${outcomes:+, }\"$1\": $2"
        shift 2
    done
    rest=${rest#, }
    first="$first${first:+${rest:+; }}$rest"
    first="$first${first:+${note:+; }}$note"
    answer="$answer, \"sent\": $sent, \"received\": $received, \"outcomes\": {$outcomes}"
    [ "$received" -gt 0 ] || return
    [ -z "$lost" ] || answer="$answer, \"lost\": [$lost]"
    ranks=
    for each in 'min 0' 'p50 50' 'p90 90' 'p99 99' 'max 100'; do
        at_rank "${each#* }"
        ranks="$ranks${ranks:+, }\"${each% *}\": $ms"
    done
    at_rank 50
    answer="$answer, \"percentiles\": {$ranks}"
}

# Sets "lost" to where each row of these WORDS without an answer begins, and how many these are.
lost_in() {
    lost='' place=0 row=0
    for word in "$@" open; do
        case $word in
            open | http_*)
                [ "$row" -eq 0 ] || lost="$lost${lost:+, }[$((place - row)), $row]"
                row=0
                ;;
            *) row=$((row + 1)) ;;
        esac
        place=$((place + 1))
    done
}

# Sets "ms" to the nearest rank of "times".
at_rank() {
    rank=$1
    # shellcheck disable=SC2086
    set -- $times
    place=$(((rank * $# + 99) / 100))
    [ "$place" -le 1 ] || shift $((place - 1))
    milliseconds "$1"
}

# Takes every PARALLEL-th probe, beginning with the TURN-th.
work() {
    trap 'woken=yes why=$STOPPED' TERM HUP
    # A stream that was closed fails the next answer; the default would end this shell and leave its tools behind.
    trap : PIPE
    turn=$1
    tick
    slot=$((now + turn * pace))
    shift
    for job; do
        [ "$turn" -gt 0 ] || { turn=$parallel && probe "$job"; }
        turn=$((turn - 1))
    done
}

# Lets the workers finish what they have begun.
stop() {
    woken=yes why=$STOPPED
    # shellcheck disable=SC2086
    kill -TERM $workers
    kill -USR1 "$watch"
} 2>/dev/null

# Wakes this shell when the run has to be over, SECONDS from now.
watch() {
    interruptible
    pause "$1"
    [ -n "$never" ] || kill -ALRM $$
    trap - EXIT
}

[ "$parallel" -le 16 ] || parallel=16 # each is several processes, and most containers have little processor time
tick
# What is said of tries that are under way needs a part of the time.
run_ends=$((now + (deadline > 600 ? deadline - 300 : deadline / 2) * 1000)) why='' done=''
IFS=$NL
# shellcheck disable=SC2086
set -- $jobs
unset IFS
hello
greeted=yes
trap 'stop' TERM HUP
trap 'woken=yes done=yes && kill -TERM $workers; give_up "$DEADLINE"' ALRM
as_seconds $((deadline * 1000))
watch "$nap" </dev/null >/dev/null 2>&1 &
watch=$!
turn=0
while [ "$turn" -lt "$parallel" ] && [ "$turn" -lt $# ]; do
    # By exec, since a shell keeps a copy of what it redirects for one command, and that copy holds the exec open.
    (exec </dev/null 2>/dev/null && work "$turn" "$@") &
    workers="$workers $!"
    turn=$((turn + 1))
done
failed=
for worker in $workers; do
    await "$worker"
    [ "$ended" -eq 0 ] || failed=yes
done
never_mind "$watch"
trap - EXIT
if [ -n "$failed" ]; then
    give_up "$NO_PROCESS"
elif [ -z "$done" ]; then
    printf '{"done": 1}\n'
fi
"""

# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh
# The probes of the shell runner, several at once: their tries, their answers, and the ends that a run can have.

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

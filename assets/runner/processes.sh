# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh
# How the shell runner starts its tools, ends them and waits for all of them, and what it notices when it cannot.
#
# An orphan goes to the container's own process 1, and few applications clear zombies away. So no shell here ends before
# its children: each tool ends by the end of the run, and a shell that can start no more processes, which ends it as an
# error would, waits in its EXIT trap.

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

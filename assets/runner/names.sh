# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh
# How the shell runner turns a name into addresses: the search list of libc, and one absolute name at a time to a tool.
#
# bash comes first, since it can speak DNS itself and so sees what the Python runner sees. `getent` comes last: it cannot
# say why a name has no address.

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

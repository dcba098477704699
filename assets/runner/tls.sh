# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh
# What the shell runner asks over TLS, by the tools that the container has.

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

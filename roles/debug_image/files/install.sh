#!/bin/sh
# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Runs once, in the build, as root: brings what the table of tools wants and the base lacks, from the repositories of the
# base alone, and makes the image fit for any user. Where the base lacks nothing, no network is used.
# EXTRA_TOOLS: tools marked "extra" that are wanted, too. EXTRA_PACKAGES: in the words of the base's package manager.
set -euf
home=/usr/local/share/kubewire
table=$home/tools.tsv
tab=$(printf '\t')
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive

die() { # CODE MESSAGE
  echo "install: $2" >&2
  exit "$1"
}

is_one_of() { # WORD LIST
  case " $2 " in *" $1 "*) return 0 ;; *) return 1 ;; esac
}

# Leaves in the table what this image promises: the self-test then holds it to that.
choose_tools() {
  known=
  while IFS=$tab read -r tool command apt dnf apk when; do
    case $tool in '' | '#'*) continue ;; esac
    known="$known $tool"
    [ "$when" = always ] || is_one_of "$tool" "${EXTRA_TOOLS-}" || continue
    printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$tool" "$command" "$apt" "$dnf" "$apk" "$when" >&3
  done <"$table" 3>"$table.chosen"
  for tool in ${EXTRA_TOOLS-}; do
    is_one_of "$tool" "$known" || die 2 "no tool is called $tool; there are:$known"
  done
  mv "$table.chosen" "$table"
}

find_manager() {
  for manager in apt-get dnf microdnf apk; do
    ! command -v $manager >/dev/null || return 0
  done
  manager=
}

# Prints the packages for the tools that do not start.
lacking() {
  broken=$(sh $home/self-test.sh 2>/dev/null | while IFS=$tab read -r tool state _; do
    [ "$state" = ok ] || printf '%s ' "$tool"
  done)
  while IFS=$tab read -r tool _ apt dnf apk _; do
    is_one_of "$tool" "$broken" || continue
    case $manager in apt-get) packages=$apt ;; apk) packages=$apk ;; *) packages=$dnf ;; esac
    [ "$packages" = - ] || printf '%s ' "$packages"
  done <"$table" | tr ' ' '\n' | sort -u | tr '\n' ' '
}

refresh() {
  case $manager in
    apt-get) apt-get update -q ;;
    apk) apk update -q ;;
    *) $manager makecache ;;
  esac
}

bring() { # PACKAGE...
  case $manager in
    apt-get)
      apt-get install -q -y --no-install-recommends \
        -o Dpkg::Options::=--path-exclude=/usr/share/doc/* -o Dpkg::Options::=--path-include=/usr/share/doc/*/copyright \
        -o Dpkg::Options::=--path-exclude=/usr/share/info/* -o Dpkg::Options::=--path-exclude=/usr/share/locale/* \
        -o Dpkg::Options::=--path-exclude=/usr/share/man/* "$@"
      ;;
    apk) apk add -q "$@" ;;
    *) $manager install -y --setopt=install_weak_deps=0 --setopt=tsflags=nodocs "$@" ;;
  esac
}

# A tool that the base's repositories do not have is left out, and the self-test says so; a package that was asked for by
# its name must come.
# shellcheck disable=SC2086
install_packages() {
  packages=$(lacking) extra=${EXTRA_PACKAGES-}
  [ -n "$packages$extra" ] || return 0
  [ -n "$manager" ] || die 3 "the base has none of apt-get, dnf, microdnf and apk, and lacks tools"
  refresh || die 4 "the repositories of the base do not answer"
  if ! bring $packages $extra; then
    echo "install: not all of them can be had together; one by one" >&2
    for package in $packages; do
      bring "$package" || echo "install: $package cannot be had" >&2
    done
    [ -z "$extra" ] || bring $extra || die 5 "not all of these can be had: $extra"
  fi
}

clean() {
  case $manager in
    apt-get) apt-get clean ;;
    dnf | microdnf) $manager clean all ;;
  esac
  find /var/lib/apt/lists /var/cache /var/log -type f -exec rm -f {} + 2>/dev/null || :
}

chmod -R a+rX $home
chmod 0755 $home/self-test.sh $home/idle.sh
ln -sf $home/self-test.sh /usr/local/bin/kubewire-self-test
ln -sf $home/idle.sh /usr/local/bin/kubewire-idle
choose_tools
find_manager
install_packages
command -v python3 >/dev/null || die 6 "there is no python3, which the list of packages is made with"
python3 $home/privileges.py strip
sh $home/self-test.sh | python3 $home/sbom.py >$home/sbom.cdx.json
clean
chmod 1777 /tmp

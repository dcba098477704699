#!/bin/sh
# Copyright (c) 2026 Kubewire contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Runs once, in the build, as root: brings what the table of tools wants and the base lacks, from the repositories of the
# base alone, and makes the image fit for any user. Where the base lacks nothing, no network is used.
# EXTRA_TOOLS: tools marked "extra" that are wanted, too. EXTRA_PACKAGES: in the words of the base's package manager.
set -euf
home=/usr/local/share/kubewire
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive

die() { # CODE MESSAGE
  echo "install: $2" >&2
  exit "$1"
}

find_manager() {
  for known in apt-get:apt dnf:dnf microdnf:dnf apk:apk; do
    manager=${known%:*} column=${known#*:}
    ! command -v "$manager" >/dev/null || return 0
  done
  manager='' column=''
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
install_packages() { # those of the tools
  refresh || die 4 "the repositories of the base do not answer"
  if ! bring $1 ${EXTRA_PACKAGES-}; then
    echo "install: not all of them can be had together; one by one" >&2
    for package in $1; do
      bring "$package" || echo "install: $package cannot be had" >&2
    done
    [ -z "${EXTRA_PACKAGES-}" ] || bring $EXTRA_PACKAGES || die 5 "not all of these can be had: $EXTRA_PACKAGES"
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

# The table then holds what this image promises, and the self-test holds the image to it.
# shellcheck disable=SC2086
sh $home/select.sh tools $home/tools.tsv ${EXTRA_TOOLS-} >$home/chosen.tsv
mv $home/chosen.tsv $home/tools.tsv

find_manager
if [ -n "$manager" ]; then
  packages=$(sh $home/select.sh packages $home/tools.tsv "$column")
  if [ -n "$packages${EXTRA_PACKAGES-}" ]; then
    install_packages "$packages"
    clean
  fi
elif ! sh $home/self-test.sh >/dev/null || [ -n "${EXTRA_PACKAGES-}" ]; then
  die 3 "the base lacks packages, and has none of apt-get, dnf, microdnf and apk"
fi
command -v python3 >/dev/null || die 6 "there is no python3, which the list of packages is made with"
python3 $home/privileges.py strip
sh $home/self-test.sh | python3 $home/sbom.py >$home/sbom.cdx.json
chmod 1777 /tmp

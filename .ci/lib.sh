# Copyright (c) 2026 Kubewire contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# Sourced by .ci/setup and .ci/with: where things are, and how Ansible finds this checkout.

# Modules are compiled once, when they are first imported, and not at every start.
unset PYTHONDONTWRITEBYTECODE

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${KUBEWIRE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kubewire}
# shellcheck disable=SC2034  # for setup
logs=$root/build/logs

# What mypy knows of a file holds in every checkout that has the same file: it goes by content.
export MYPY_CACHE_DIR=$cache/mypy

# All of Ansible's own files stay in build/, so that a run never reads or fills ~/.ansible.
export ANSIBLE_HOME=$root/build/ansible
export ANSIBLE_REMOTE_TEMP=$ANSIBLE_HOME/tmp # where modules run: on this machine, too
export ANSIBLE_COLLECTIONS_PATH=$root/build/collections
export ANSIBLE_LOCALHOST_WARNING=False
export ANSIBLE_INVENTORY_UNPARSED_WARNING=False

say() { printf '[%3ds] %s\n' "$SECONDS" "$*" >&2; }

# Ansible, mypy and pytest find the collection in a tree of links, which holds only what a user gets (and the tests).
link_collection() {
  local tree=$ANSIBLE_COLLECTIONS_PATH/ansible_collections/kubewire/netdebug part
  mkdir -p "$tree"
  for part in galaxy.yml meta playbooks plugins roles tests; do
    [ -e "$root/$part" ] && ln -sfn "$root/$part" "$tree/$part"
  done
  return 0
}

# Prints the first Python of the wanted versions that can make a virtual environment.
find_python() {
  local version python
  for version in "$@"; do
    for python in "python$version" "$HOME/.pyenv/versions/$version".*/bin/python "/usr/bin/python$version"; do
      "$python" -c 'import ensurepip, os, sys; print(os.path.realpath(sys._base_executable))' 2>/dev/null && return
    done
  done
  return 1
}

python_for() {
  case $1 in
    newer) find_python 3.13 3.12 ;;
    *) find_python 3.11 3.12 3.13 ;;
  esac
}

# The folder of an environment: the key is what went into it, so that any checkout finds it again.
venv_of() {
  local name=$1 python key
  python=$(python_for "$name") || return
  key=$({ "$python" -VV; echo "$python"; cat "$root/.ci/requirements/$name.txt"; } | sha256sum)
  echo "$cache/venv-$name-${key:0:12}"
}

# The folder of Biome, which npm installs, for the environment `dev`.
biome_folder() {
  local key
  key=$(sha256sum <"$root/.ci/biome/package-lock.json")
  echo "$cache/biome-${key:0:12}"
}

#!/usr/bin/env bash
# Installs the database servers that test/databases starts, if they are missing, from the system's packages. That needs root
# and apt-get. The system's own services are not started. Fails if a server is missing afterwards: the tests that need it
# then fail, and name it. test/databases/programs.ts finds the servers, so it has the same folders.
set -uo pipefail
shopt -s nullglob

has() {
  local folder
  command -v "$1" >/dev/null && return
  for folder in "${folders[@]}"; do
    [[ -x $folder/$1 ]] && return
  done
  return 1
}

folders=(
  /usr/lib/postgresql/*/bin /usr/pgsql-*/bin
  /opt/homebrew/opt/postgresql@*/bin /opt/homebrew/opt/mariadb/bin
  /usr/local/sbin /usr/sbin /sbin
)

servers=('postgres postgresql' 'mariadbd mariadb-server' 'redis-server redis-server')
packages=()
for each in "${servers[@]}"; do
  read -r program package <<<"$each"
  has "$program" || packages+=("$package")
done
((${#packages[@]})) || exit 0

if ((EUID == 0)) && command -v apt-get >/dev/null; then
  log=$(mktemp)
  policy=/usr/sbin/policy-rc.d
  made=
  trap 'rm -f "$log" ${made:+"$policy"}' EXIT
  # Debian's packages start their services unless this program forbids it
  if [[ ! -e $policy ]]; then
    made=yes
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
  fi
  echo "installing ${packages[*]}, for the tests of rotation" >&2
  export DEBIAN_FRONTEND=noninteractive
  get() { apt-get -qq -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 "$@" >"$log" 2>&1 </dev/null || tail -n 5 "$log" >&2; }
  get update
  # each on its own, because one that fails must not keep the others out
  for package in "${packages[@]}"; do get install --yes --no-install-recommends "$package"; done
fi

status=0
for each in "${servers[@]}"; do
  read -r program package <<<"$each"
  has "$program" && continue
  echo "missing: $program, which the tests of rotation run. Install it: apt-get install $package" >&2
  status=1
done
exit $status

#!/usr/bin/env bash
# Installs Chromium, in which test/browser opens pages, if no such browser is there, from the system's packages. That needs
# root and apt-get. Fails if there is none afterwards: the tests then fail, and name it. test/browser/browser.ts finds it.
set -uo pipefail

has() {
  local name
  for name in chromium chromium-browser google-chrome-stable google-chrome chrome; do
    command -v "$name" >/dev/null && return
  done
  [[ -x '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome' ]]
}

has && exit 0
if ((EUID == 0)) && command -v apt-get >/dev/null; then
  log=$(mktemp)
  trap 'rm -f "$log"' EXIT
  echo 'installing chromium, for the tests of report' >&2
  export DEBIAN_FRONTEND=noninteractive
  get() { apt-get -qq -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 "$@" >"$log" 2>&1 </dev/null || tail -n 5 "$log" >&2; }
  get update
  get install --yes --no-install-recommends chromium
fi
has && exit 0
echo 'missing: chromium, in which the tests of report open pages. Install it: apt-get install chromium' >&2
exit 1

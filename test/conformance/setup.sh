#!/usr/bin/env bash
# Installs the AWS CLI and boto3, which the conformance tests run, moto, which the benchmark and the tests of import run,
# sops, which import runs, python-dotenv, with which the tests of export read what it writes, and pg8000, with which rotation
# functions reach PostgreSQL, in a virtual environment of the project. Also installs database servers and a browser, in the
# system. If that fails, the tests that need them report it, and .ci/run fails.
set -uo pipefail
cd "$(dirname "$0")/../.."
bash test/databases/setup.sh
bash test/browser/setup.sh
environment=.cache/aws
wanted=$(cat test/conformance/requirements.txt)
[[ $(cat "$environment/installed" 2>/dev/null) == "$wanted" ]] && exit
if ! command -v python3 >/dev/null; then
  echo 'missing: python3, for the tests with the AWS CLI and boto3' >&2
  exit
fi
rm -rf "$environment"
if python3 -m venv "$environment" &&
  "$environment/bin/pip" install --quiet --disable-pip-version-check -r test/conformance/requirements.txt; then
  printf '%s' "$wanted" >"$environment/installed"
else
  rm -rf "$environment"
  echo 'missing: the AWS CLI and boto3 could not be installed from PyPI' >&2
fi

#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What a change must pass besides the tests. Each step says what it does; the first failure stops.
# Usage: check.sh [FOLDER_OF_THE_BINARIES], default .build/release
set -euo pipefail
cd "$(dirname "$0")/.."
bin=${1:-.build/release}
step() { printf '\n== %s\n' "$1"; }

step "format"
swift format lint --strict --recursive Sources Tests Package.swift

step "trusted base: imports and line budget"
ci/check-trusted-base.sh

step "fixtures are what their scripts make"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 ci/fixtures/make_digits.py "$work/digits" >/dev/null
for file in digits.onnx seven.csv three.csv; do cmp "$work/digits/$file" "examples/digits/$file"; done

step "bundled certificates are accepted"
for certificate in certificates/*.axc; do
  "$bin/axcheck" "$certificate" --model examples/digits/digits.onnx --quiet
  echo "accepted $certificate"
done

step "public tools verify our signatures"
if python3 -m venv "$work/venv" && "$work/venv/bin/pip" install -q securesystemslib cryptography in-toto-attestation; then
  for envelope in certificates/*.dsse.json; do
    "$work/venv/bin/python" ci/verify-signatures.py "$envelope" certificates/example.pub
  done
else
  echo "skipped: the Python packages could not be installed" >&2
  [ "${CI:-}" != true ]
fi

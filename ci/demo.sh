#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Verifies the bundled example: one property that holds, one that is violated, and checks the certificates again.
# Usage: demo.sh FOLDER_OF_THE_BINARIES
# Key, store and certificates go to a new temporary folder; nothing of yours is touched.
set -euo pipefail
if [ $# -ne 1 ] || [ ! -x "$1/axcert" ] || [ ! -x "$1/axcheck" ]; then
  echo "usage: demo.sh FOLDER_OF_THE_BINARIES (with axcert and axcheck in it)" >&2
  exit 64
fi
bin=$(cd "$1" && pwd)
cd "$(dirname "$0")/.."
out=$(mktemp -d "${TMPDIR:-/tmp}/axcert-demo.XXXXXX")
export XDG_DATA_HOME=$out
PATH=$bin:$PATH
run() { printf '\n$ %s\n' "$*"; "$@"; }

echo "A small network reads digits from a 5x7 dot matrix. Two questions about it: does it still see the 7 when every dot"
echo "changes by up to 0.08, and still the 3 when every dot changes by up to 0.4?"
status=0
run axcert verify examples/digits/digits.onnx --props examples/digits/robustness.yml --certificate "$out/digits.axc" || status=$?
if [ "$status" -ne 1 ]; then
  echo "demo: expected exit status 1 (one property is violated), got $status" >&2
  exit 1
fi
printf '\nNow the independent checker, which shares nothing with the search but the file readers, reads both certificates.\n'
for certificate in "$out"/*.axc; do run axcheck "$certificate" --model examples/digits/digits.onnx; done
run axcert store list
printf '\nDone. Everything lies in %s.\nYour own model: %s/axcert verify MODEL.onnx --props PROPERTIES.yml (README.md, "A first run of your own").\n' "$out" "$bin"

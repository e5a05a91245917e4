#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes the signed certificates of the bundled examples anew, with a key that is thrown away afterwards.
# Usage: make-certificates.sh FOLDER_OF_THE_BINARIES
# Certificates are the same on every run; statements and the key are not, because they hold the time and a fresh signature.
set -euo pipefail
if [ $# -ne 1 ] || [ ! -x "$1/axcert" ] || [ ! -x "$1/axcheck" ]; then
  echo "usage: make-certificates.sh FOLDER_OF_THE_BINARIES (with axcert and axcheck in it)" >&2
  exit 64
fi
bin=$(cd "$1" && pwd)
cd "$(dirname "$0")/.."
XDG_DATA_HOME=$(mktemp -d "${TMPDIR:-/tmp}/axcert-certificates.XXXXXX")
export XDG_DATA_HOME
trap 'rm -rf "$XDG_DATA_HOME"' EXIT
made=$XDG_DATA_HOME/made
mkdir "$made"

"$bin/axcert" keys generate example >/dev/null
status=0
"$bin/axcert" verify examples/digits/digits.onnx --props examples/digits/robustness.yml --key example --no-store --quiet \
  --certificate "$made/digits.axc" >/dev/null || status=$?
if [ "$status" -ne 1 ]; then
  echo "make-certificates: expected exit status 1 (one property holds, one is violated), got $status" >&2
  exit 1
fi
"$bin/axcert" keys export example >"$made/example.pub"
for certificate in "$made"/*.axc; do "$bin/axcheck" "$certificate" --model examples/digits/digits.onnx --quiet; done

mkdir -p certificates
rm -f certificates/*.axc certificates/*.dsse.json certificates/example.pub
cp "$made"/* certificates/
ls certificates

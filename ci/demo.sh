#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Verifies the bundled example: one property that holds, one that is violated, and checks the certificates again.
# Usage: demo.sh FOLDER_OF_THE_BINARIES
set -euo pipefail
cd "$(dirname "$0")/.."
bin=$1
out=$(mktemp -d "${TMPDIR:-/tmp}/axcert-demo.XXXXXX")
export XDG_DATA_HOME=${XDG_DATA_HOME:-$out}
status=0
set -x
"$bin/axcert" verify examples/digits/digits.onnx --props examples/digits/robustness.yml --certificate "$out/digits.axc" || status=$?
{ set +x; } 2>/dev/null
if [ "$status" -ne 1 ]; then
  echo "demo: expected exit status 1 (one property is violated), got $status" >&2
  exit 1
fi
echo
for certificate in "$out"/*.axc; do
  set -x
  "$bin/axcheck" "$certificate" --model examples/digits/digits.onnx
  { set +x; } 2>/dev/null
done
echo
echo "Signed certificates are in $out. Next: $bin/axcert verify YOUR.onnx --props YOUR.yml, and $bin/axcert --help"

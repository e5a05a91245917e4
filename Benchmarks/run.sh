#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Times the bundled example, process start to verdict, and the competition's instances where they are at hand.
# Usage: run.sh FOLDER_OF_THE_BINARIES [FAMILY…]
# AXCERT_BENCHMARKS names the folder with one sub-folder per family (default ../shared/benchmarks beside the checkout); its runner is ../tools/vnncomp.py.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=$1
shift
example=(verify examples/digits/digits.onnx --props examples/digits/robustness.yml --no-store --quiet)
echo "bundled example, 10 runs:"
for _ in 1 2 3 4 5 6 7 8 9 10; do
  begin=$(date +%s%N)
  "$bin/axcert" "${example[@]}" >/dev/null || true
  echo $((($(date +%s%N) - begin) / 1000))
done | sort -n | awk '{t[NR]=$1} END {printf "  median %.1f ms, least %.1f ms\n", (t[5]+t[6])/2000, t[1]/1000}'
root=${AXCERT_BENCHMARKS:-$PWD/../shared/benchmarks}
if [ ! -d "$root" ]; then
  echo "competition instances: skipped, $root is not there"
  exit 0
fi
families=("$@")
[ ${#families[@]} -gt 0 ] || families=(test acasxu reach_prob_density safenlp collins_rul_cnn tllverifybench mnist_fc cora)
out=$(mktemp -d)
python3 "$root/../tools/vnncomp.py" run "${families[@]}" --root "$root" --cap 60 --check --out "$out/axcert.csv" \
  --cmd "$PWD/$bin/axcert verify {onnx} --props {vnnlib} --timeout {timeout}s --vnncomp {out}"
echo "table: $out/axcert.csv"

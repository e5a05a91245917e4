#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Keeps the trusted base small and closed: line budgets, imports, unsafe code. Described in docs/trusted-base.md.
# usage: ci/check-trusted-base.sh            exit 0 if all rules hold, else 1 with one line per fault
set -euo pipefail
cd "$(dirname "$0")/.."

faults=0
fault() { echo "trusted base: $*" >&2; faults=1; }

# Lines that are neither blank nor comment only.
code_lines() { find "$@" -type f \( -name '*.swift' -o -name '*.[ch]' \) -print0 | xargs -0 cat | grep -cvE '^[[:space:]]*(//|$)'; }

budget() { # budget NAME LIMIT FOLDER…
  local name=$1 limit=$2; shift 2
  local lines; lines=$(code_lines "$@")
  printf '%-34s %5d of %5d lines\n' "$name" "$lines" "$limit"
  [ "$lines" -le "$limit" ] || fault "$name has $lines lines of code, its budget is $limit"
}

budget "rules and arithmetic of the checker" 3000 Sources/Checker Sources/CDirected
budget "certificate format"                  900 Sources/CertificateFormat
budget "command line"                        200 Sources/axcheck
budget "readers and exact decimals"         4800 Sources/ONNX Sources/Properties Sources/Graph Sources/Exact

trusted="CDirected Exact Graph ONNX Properties CertificateFormat Checker axcheck"
system="Glibc Musl Darwin Dispatch Synchronization"
for target in $trusted; do
  while IFS=: read -r file module; do
    case " $trusted $system " in
      *" $module "*) ;;
      *) fault "$file imports $module, which is not part of the trusted base" ;;
    esac
  done < <(grep -rHoE '^[[:space:]]*((package|public|internal|private|fileprivate|@testable)[[:space:]]+)*import[[:space:]]+[A-Za-z_]+' \
             --include='*.swift' "Sources/$target" | sed -E 's/:.*import[[:space:]]+/:/')
done

# Memory-unsafe Swift is confined to these files; the targets are built with .strictMemorySafety().
allowed="Sources/Exact/DirectedRounding.swift Sources/Exact/FileBytes.swift Sources/Checker/Matrix.swift Sources/Checker/Kernels.swift
Sources/ONNX/Operators/Products.swift Sources/ONNX/WireReader.swift Sources/ONNX/ConstantTensor.swift Sources/ONNX/ExternalData.swift
Sources/axcheck/Main.swift"
for target in $trusted; do
  while read -r file; do
    case " ${allowed//$'\n'/ } " in
      *" $file "*) ;;
      *) fault "$file contains unsafe code" ;;
    esac
  done < <(grep -rlE '^[^/]*\bunsafe\b' --include='*.swift' "Sources/$target" || true)
  grep -rnE '\b(try|as)!|fatalError\(' --include='*.swift' "Sources/$target" && fault "Sources/$target forces an unwrap" || true
done

exit "$faults"

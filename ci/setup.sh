#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs the Debian packages that building axcert needs, if any is missing. Says what is needed where it may not install.
set -euo pipefail
packages=(libssl-dev libsqlite3-dev pkg-config)
missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
if ! command -v swift >/dev/null; then
  echo "setup: Swift 6.2 or later is needed and was not found on PATH; see swift.org/install" >&2
  exit 69
fi
[ ${#missing[@]} -eq 0 ] && exit 0
if ! command -v apt-get >/dev/null; then
  echo "setup: please install the equivalents of: ${missing[*]}" >&2
  exit 69
fi
runner=()
if [ "$(id -u)" -ne 0 ]; then
  if ! sudo -n true 2>/dev/null; then
    echo "setup: please run: sudo apt-get install -y ${missing[*]}" >&2
    exit 69
  fi
  runner=(sudo -n)
fi
echo "setup: installing ${missing[*]}"
"${runner[@]}" apt-get update -qq
"${runner[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${missing[@]}" >/dev/null

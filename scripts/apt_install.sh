#!/usr/bin/env bash
# Installs Debian or Ubuntu packages where that needs nobody's password: apt_install.sh PACKAGE...
# Exit 0: installed. Exit 1: not this kind of system, not allowed, or refused by apt; the caller then names what to install.
set -euo pipefail

command -v apt-get >/dev/null || exit 1

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null && sudo -n true 2>/dev/null || exit 1
    as_root=(sudo -n)
fi

# ${as_root[@]+...}: an empty array counts as unset in the bash 4.3 of older systems.
apt() {
    ${as_root[@]+"${as_root[@]}"} env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Acquire::Retries=3 "$@" </dev/null >/dev/null || exit 1
}

echo "Installing with apt: $*" >&2
apt update
apt install -y --no-install-recommends "$@"

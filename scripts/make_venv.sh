#!/usr/bin/env bash
# Makes a virtual environment with the newest suitable Python on the PATH: make_venv.sh FOLDER
set -euo pipefail

folder=$1
here=$(cd "$(dirname "$0")" && pwd)

# Each candidate is run, not merely found: a version manager leaves commands on the PATH that refuse to start,
# and Debian ships Python without the part that makes virtual environments.
find_python() {
    local candidate
    for candidate in python3.13 python3.12 python3.11 python3; do
        if "$candidate" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
            command -v "$candidate"
            return
        fi
    done
    return 1
}

# Debian 12 and later, Ubuntu 24.04 and later: python3-venv. Ubuntu 22.04 has 3.11 beside its older default.
python=$(find_python) \
    || { "$here/apt_install.sh" python3-venv && python=$(find_python); } \
    || { "$here/apt_install.sh" python3.11-venv && python=$(find_python); } \
    || {
        echo "Caseroom needs Python 3.11 or newer with venv. Debian, Ubuntu: apt install python3-venv. macOS: brew install python@3.13." >&2
        exit 1
    }

echo "Making $folder with $("$python" --version)"
"$python" -m venv --clear "$folder"

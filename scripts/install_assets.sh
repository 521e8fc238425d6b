#!/usr/bin/env bash
# Installs what the browser loads, as package-lock.json fixes it: install_assets.sh run|dev
# "run" goes on without Node.js (pages then poll for new messages); "dev" does not, because tests need all of it.
# Success leaves node_modules/.stamp-run, and .stamp-dev after "dev".
set -euo pipefail

purpose=$1
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/.."

if ! { command -v node && command -v npm; } >/dev/null; then
    "$here/apt_install.sh" nodejs npm || true
fi
if ! { command -v node && command -v npm; } >/dev/null; then
    wanted="Debian, Ubuntu: apt install nodejs npm. macOS: brew install node."
    if [ "$purpose" = dev ]; then
        echo "Tests need Node.js with npm. $wanted" >&2
        exit 1
    fi
    echo "Without Node.js with npm, pages poll instead of receiving messages at once. $wanted Then repeat." >&2
    exit 0
fi

if [ "$purpose" = dev ]; then
    npm ci --loglevel=error
    touch node_modules/.stamp-dev
else
    npm ci --omit=dev --loglevel=error
fi
touch node_modules/.stamp-run

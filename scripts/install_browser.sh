#!/usr/bin/env bash
# Finds a Chromium browser with its driver for the tests, or installs both from the system's own packages.
# Prints, for a shell to read: SE_CHROMEDRIVER (Selenium then starts that driver and looks for nothing), SE_BROWSER_PATH,
# SE_OFFLINE and SE_AVOID_STATS (should Selenium's manager run all the same, it stays off the network).
# Never downloads a browser outside the system's package manager. Exit 1 with one line where it cannot.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)

first_runnable() {
    local candidate
    for candidate in "$@"; do
        # Run, not merely found: Ubuntu's /usr/bin/chromium-browser is a script that only asks for the snap.
        if "$candidate" --version >/dev/null 2>&1; then
            command -v "$candidate"
            return
        fi
    done
    return 1
}

find_both() {
    browser=$(first_runnable \
        chromium google-chrome google-chrome-stable chromium-browser /snap/bin/chromium \
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" \
        "/Applications/Chromium.app/Contents/MacOS/Chromium") \
        && driver=$(first_runnable \
            chromedriver /usr/lib/chromium/chromedriver /usr/lib/chromium-browser/chromedriver \
            chromium.chromedriver /snap/bin/chromium.chromedriver)
}

major() {
    "$1" --version 2>/dev/null | grep -Eo '[0-9]+\.[0-9]+\.[0-9]+' | head -n 1 | cut -d. -f1
}

refuse() {
    echo "Browser tests need $1" >&2
    exit 1
}

is_ubuntu() {
    [ -r /etc/os-release ] && grep -Eq '^ID(_LIKE)?=.*ubuntu' /etc/os-release
}

if ! find_both; then
    case "$(uname -s)" in
        Darwin) refuse "Chrome with its driver: brew install --cask google-chrome chromedriver" ;;
        Linux) ;;
        *) refuse "Chromium or Chrome, and the chromedriver of the same version, on the PATH." ;;
    esac
    if is_ubuntu; then
        # Ubuntu's chromium package only installs the snap, which containers and many servers cannot run.
        refuse "Chromium with its driver: snap install chromium"
    fi
    "$here/apt_install.sh" chromium chromium-driver fonts-liberation && find_both \
        || refuse "Chromium with its driver. Debian: apt install chromium chromium-driver fonts-liberation"
fi

if [ "$(major "$browser")" != "$(major "$driver")" ]; then
    refuse "a browser and a driver of the same version: $browser is $(major "$browser"), $driver is $(major "$driver")."
fi

printf "SE_CHROMEDRIVER='%s'\nSE_BROWSER_PATH='%s'\nSE_OFFLINE=true\nSE_AVOID_STATS=true\n" "$driver" "$browser"

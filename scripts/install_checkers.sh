#!/usr/bin/env bash
# Finds the tools with which docs/verifying-a-pack.md checks a pack without us, or installs them from the system's own
# packages: OpenSSL 3, sha256sum, age, Go with the source of golang.org/x/mod.
# Prints nothing. Exit 1 with one line where it cannot. Go itself fetches nothing: not here, not in the tests.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)

runs() {
    "$@" >/dev/null 2>&1
}

has_openssl() {
    # macOS has another program under this name, and version 1 cannot check a file with an Ed25519 key.
    [[ $(openssl version 2>/dev/null) == "OpenSSL "[3-9]* ]]
}

has_x_mod() {
    runs env GO111MODULE=off GOFLAGS= GOPATH="${GOPATH:-${HOME:-/nonexistent}/go}:/usr/share/gocode" \
        go list golang.org/x/mod/sumdb/note golang.org/x/mod/sumdb/tlog
}

find_missing() {
    missing=()
    has_openssl || missing+=(openssl)
    runs sha256sum --version || runs sha256sum /dev/null || missing+=(coreutils)
    { runs age --version && command -v age-keygen >/dev/null; } || missing+=(age)
    runs go version || missing+=(go)
    has_x_mod || missing+=(x-mod)
    [ ${#missing[@]} -eq 0 ]
}

debian_names() {
    local name
    for name in "${missing[@]}"; do
        case "$name" in
            go) echo golang-go ;;
            x-mod) echo golang-golang-x-mod-dev ;;
            *) echo "$name" ;;
        esac
    done
}

brew_hint() {
    local name formulas=() after=""
    for name in "${missing[@]}"; do
        case "$name" in
            openssl) formulas+=(openssl@3); after+=", with \$(brew --prefix openssl@3)/bin first on the PATH" ;;
            x-mod) after+=", and git clone https://go.googlesource.com/mod ~/go/src/golang.org/x/mod" ;;
            *) formulas+=("$name") ;;
        esac
    done
    [ ${#formulas[@]} -eq 0 ] && echo "${after#, }" || echo "brew install ${formulas[*]}$after"
}

refuse() {
    echo "Checking packs with other tools needs ${missing[*]}. $1" >&2
    exit 1
}

if ! find_missing; then
    if [ "$(uname -s)" = Darwin ]; then
        refuse "macOS: $(brew_hint)"
    fi
    mapfile -t packages < <(debian_names)
    "$here/apt_install.sh" "${packages[@]}" && find_missing || refuse "Debian, Ubuntu: apt install ${packages[*]}"
fi

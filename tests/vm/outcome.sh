# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# How a case ends, for both lib.sh, whose heads say what these are.

_cleanups=()

skip() {
    echo "skip: $*"
    exit 77
}

fail() {
    echo "FAIL: $*" >&2
    exit 1
}

check() {
    "$@" || fail "check: $*"
}

cleanup() {
    _cleanups+=("$1")
}

_clean_up() {
    local i

    for ((i = ${#_cleanups[@]} - 1; i >= 0; i--)); do
        eval "${_cleanups[i]}"
    done
}

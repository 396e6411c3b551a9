# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Reads use-cases.txt, for the cases of tests/vm and of tests/e2e: lib.sh says what it has.

library_filter() {
    local filter

    filter=$(grep -A 1 -xF -- "$1" "$REPOSITORY/tests/vm/use-cases.txt" | tail -n +2)
    [[ -n $filter ]] || fail "no use case with the title: $1"
    filter=${filter#*jq \'}
    while [[ $filter == *\' ]]; do
        filter=${filter%\'}
    done
    printf '%s\n' "$filter"
}

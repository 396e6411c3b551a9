#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs every tier of tests that this machine can run, says why when it can't, and ends with one line that sums up:
# `N passed, N failed, N skipped`. `make test` calls it when the packages are there.
#
# TRIGON_TEST_TIERS="unit vm" selects tiers; TRIGON_FUZZ_SECONDS (10) bounds each fuzz target. A tier is a function here
# that ends in `tally` (a command with a sum line of its own) or `count`. Logs: build/test-logs/TIER.log.

set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
TIERS=${TRIGON_TEST_TIERS:-build unit io golden fuzz native vm e2e}
FUZZ_SECONDS=${TRIGON_FUZZ_SECONDS:-10}
LOGS=build/test-logs
MAKE=(make --no-print-directory -j2)

passed=0
failed=0
skipped=0
failed_logs=()
build_pid='' # of what is written in Go

count() {
    passed=$((passed + $1))
    failed=$((failed + $2))
    skipped=$((skipped + $3))
}

has_tier() {
    [[ " $TIERS " == *" $1 "* ]]
}

skip_tier() {
    echo "skipped: $1"
    count 0 0 1
}

# Runs COMMAND, shows its output, and adds the sum in its last line that has one. A command that fails without a sum, or
# in spite of one without failures, is a failure itself.
tally() {
    local log=$LOGS/$1.log status=0 sum ok=0 bad=0 left=0

    shift
    "$@" </dev/null 2>&1 | tee "$log" || status=$?
    sum=$(grep -E '^[0-9]+ passed, [0-9]+ failed' "$log" | tail -n 1 || true)
    if [[ $sum =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed(,\ ([0-9]+)\ skipped)? ]]; then
        ok=${BASH_REMATCH[1]} bad=${BASH_REMATCH[2]} left=${BASH_REMATCH[4]:-0}
    elif ((status == 0)); then
        ok=1
    fi
    if ((status != 0 && bad == 0)); then
        echo "FAIL $* ended with status $status"
        bad=1
    fi
    ((bad == 0)) || failed_logs+=("$log")
    count "$ok" "$bad" "$left"
}

# Says once more what failed, since often the end of a log is all that one is shown.
show_failures() {
    local log

    for log in "${failed_logs[@]}"; do
        echo "-- failed: $(basename "$log" .log)"
        grep -aE '^ *(FAIL|not ok)|: FAIL|  FAIL ' "$log" | head -n 5 | cut -c 1-200 || true
        tail -n 12 "$log" | cut -c 1-200
    done
}

# Builds a make target; a failed build is a failed test and ends the tier.
build_target() {
    if ! "${MAKE[@]}" "$@"; then
        echo "FAIL make $*"
        count 0 1 0
        return 1
    fi
}

# Prints the executables in a directory.
executables() {
    find "$1" -maxdepth 1 -type f -executable 2>/dev/null | sort
}

tier_build() {
    build_target all && build_target test-helpers && count 1 0 0
}

# Builds make target $1 under sanitizers and runs every program that it makes in folder $2.
sanitized_programs() {
    local program

    build_target SAN=1 "$1" || return 0
    for program in $(executables "build-san/tests/$2"); do
        echo "$(basename "$program"):"
        tally "$2-$(basename "$program")" "$program"
    done
}

tier_unit() {
    sanitized_programs unit-tests unit
}

tier_io() {
    sanitized_programs io-tests io
}

tier_golden() {
    local script

    build_target all || return 0
    for script in tests/golden/*.sh; do
        tally "golden-$(basename "$script" .sh)" sh "$script"
    done
}

tier_fuzz() {
    if ! echo 'int LLVMFuzzerTestOneInput(const char *d, long n) { return d && n < 0; }' |
        clang -x c -fsanitize=fuzzer -o /dev/null - 2>/dev/null; then
        skip_tier "clang has no libFuzzer here (package libclang-rt-14-dev)"
        return
    fi
    build_target fuzz-targets || return 0
    tally fuzz fuzz_all
}

# Two targets at a time, as each takes one core. One that ends without a word has failed.
fuzz_all() {
    local sums=$LOGS/fuzz-sums total passed

    export LOGS FUZZ_SECONDS
    export -f fuzz_target
    executables build-fuzz/tests/fuzz | xargs -r -P 2 -I '{}' bash -c 'fuzz_target {}' | tee "$sums" || true
    total=$(executables build-fuzz/tests/fuzz | wc -l)
    passed=$(grep -c '^ok ' "$sums" || true)
    echo "$passed passed, $((total - passed)) failed"
}

# Runs one target from its corpus in the tree; what it finds beyond that stays in build-fuzz.
fuzz_target() {
    local program=$1 name log new corpus
    local -a directories

    name=$(basename "$program")
    log=$LOGS/$name.log
    new=build-fuzz/corpus/$name
    corpus=tests/fuzz/corpus/${name#fuzz_}
    mkdir -p "$new"
    directories=("$new")
    if [[ -d $corpus ]]; then
        directories+=("$corpus")
    fi
    if "$program" -max_total_time="$FUZZ_SECONDS" -timeout=10 -rss_limit_mb=2048 -artifact_prefix="$new-" \
        "${directories[@]}" </dev/null >"$log" 2>&1; then
        echo "ok $name: $(grep -E '^Done [0-9]+ runs' "$log" || tail -n 1 "$log")"
    else
        echo "FAIL $name:"$'\n'"$(tail -n 40 "$log" | sed 's/^/    | /')"
    fi
}

tier_native() {
    build_target all && build_target test-helpers && build_collector &&
        tally native tests/vm/vm run native
}

tier_vm() {
    build_target all && build_target test-helpers && tally vm tests/vm/vm run all
}

# Skips itself where Kubernetes can be neither found nor built. What is still being built it waits for.
tier_e2e() {
    [[ -z $build_pid ]] || renice -n 0 -g "$build_pid" >/dev/null 2>&1 || true
    build_target all && build_target e2e-helpers && tally e2e tests/e2e/run.sh run
}

# For the cases log_shippers and log_flood, which are skipped where the collector's sources cannot be had.
build_collector() {
    local reason

    if reason=$(tests/e2e/tools impossible otelcol); then
        echo "no log shipper: $reason"
    elif ! tests/e2e/tools build otelcol; then
        skip_tier "no log shipper: tests/e2e/tools build otelcol failed, for the reason above"
    fi
}

# The first run on a machine builds Kubernetes, minutes of both cores, and before that, for the native tier, a log shipper.
# The first tiers leave some of them idle: a fuzz target takes one. What is built when a tier begins it finds, for the rest
# it waits; what failed it tries again itself, and tells of it.
build_tools() {
    renice -n 19 "$BASHPID" >/dev/null
    ! has_tier native || tests/e2e/tools build otelcol || true
    ! has_tier e2e || tests/e2e/run.sh build
}

# A process group of its own, but no session: in another one its niceness would not count.
start_tools_build() {
    set -m
    build_tools </dev/null >"$LOGS/e2e-tools.log" 2>&1 &
    build_pid=$!
    set +m
}

end_background() {
    [[ -z $build_pid ]] || kill -TERM -- "-$build_pid" 2>/dev/null || true
}

main() {
    local tier start

    mkdir -p "$LOGS"
    trap end_background EXIT
    start_tools_build
    for tier in $TIERS; do
        if ! declare -F "tier_$tier" >/dev/null; then
            echo "run.sh: no tier $tier (build unit io golden fuzz native vm e2e)" >&2
            exit 2
        fi
        start=$SECONDS
        echo "== $tier"
        "tier_$tier" || true
        echo "== $tier: $((SECONDS - start)) s"
    done
    show_failures
    echo "$passed passed, $failed failed, $skipped skipped"
    ((failed == 0))
}

main

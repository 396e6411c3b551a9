#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# run.sh: runs test cases against a real Kubernetes API server. `run.sh --help` says how to use it.
#
# One control plane, started for the run, serves all cases that need no more than etcd and kube-apiserver; each has a
# namespace of its own. A case may say what it needs beside these:
#
#   # needs: kube-controller-manager kube-scheduler
#
# A run builds only what is needed. Such a case has a control plane to itself, since with more programs the others would
# see what they do not expect: garbage collection, for one. As cases often wait, two lanes of the ones run beside one of
# the others, of which most have a VM, and help it when theirs have been run; each lane takes the next case of those that
# are left, the ones with the longest limits first.
#
# The parts: tools builds Kubernetes, control-plane starts it, lib.sh is what the cases are written with, and
# tests/vm/cases.sh, which says what a case's header may hold, runs them. What a run leaves is in build/e2e/: NAME.out,
# NAME.status, cluster-NAME/*.log, and logs-NAME/ of what ran in a node.

set -euo pipefail

E2E_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
REPOSITORY=$(cd "$E2E_DIR/../.." && pwd -P)
RESULTS=$REPOSITORY/build/e2e
LANES=2
FAILURES_SHOWN=5
CASES_STOP_LIMIT_S=10 # when the run is ended: cases have CASE_KILL_AFTER_S for their own cleaning up
DRIVER=${TRIGON_E2E_DRIVER:-native} # or kind, for which control-plane, node.sh and image do things otherwise
# shellcheck disable=SC2034 # for cases.sh
CASES_HOME=$E2E_DIR

lanes=() # pids

# shellcheck source=tests/vm/cases.sh
. "$REPOSITORY/tests/vm/cases.sh"

usage() {
    cat <<USAGE
Usage: tests/e2e/run.sh COMMAND

  run [CASE...]      run cases (if none is named, all but the manual ones)
  build [CASE...]    build the programs that they need, which \`run\` does as well
  list               show the cases

CASE is a file in tests/e2e/cases without its .sh. Results are kept in build/e2e.

Environment: TRIGON_E2E_DRIVER=kind runs them on clusters of kind, by Docker. TRIGON_E2E_CLUSTER=DIR takes the control plane that \`tests/e2e/control-plane start DIR\` has started and leaves
it running, which saves seconds when a case is run again and again.
Exit status: 0 all passed or skipped, 1 a case failed, 2 wrong usage.
USAGE
}

die() {
    echo "run.sh: $1" >&2
    exit "${2:-1}"
}

all_cases() {
    local file

    for file in "$E2E_DIR"/cases/*.sh; do
        basename "$file" .sh
    done
}

# Prints the cases that run when none is named.
default_cases() {
    local name

    for name in $(all_cases); do
        [[ -n $(case_field "$name" manual) ]] || echo "$name"
    done
}

# Prints the programs that CASE... need.
needed_programs() {
    local name

    {
        printf '%s\n' etcd kube-apiserver kubectl promlint
        for name; do
            case_field "$name" needs | tr ' ' '\n'
        done
    } | grep . | sort -u | if [[ $DRIVER == kind ]]; then grep -x -e kubectl -e helm -e promlint; else cat; fi
}

# Prints the options of control-plane for PROGRAM...
start_options() {
    local name

    for name; do
        case $name in
        kube-controller-manager) echo --with-controller-manager ;;
        kube-scheduler) echo --with-scheduler ;;
        esac
    done
}

# Prints the reason when this machine cannot run cases that need PROGRAM...
is_impossible() {
    local command

    for command in curl jq openssl; do
        if ! command -v "$command" >/dev/null; then
            echo "$command is missing: run tools/deps.sh e2e"
            return
        fi
    done
    if [[ $DRIVER == kind ]] && ! { command -v kind && docker info; } >/dev/null 2>&1; then
        echo "no kind, or no Docker that answers: https://kind.sigs.k8s.io/docs/user/quick-start"
        return
    fi
    "$E2E_DIR/tools" impossible "$@"
}

# Prints the progress that cases_run reports on standard input, for people. Output of a failed case is shown at its end,
# unless it was shown as it came.
render() {
    local event name status seconds reason rest

    while read -r event rest; do
        case $event in
        OUT)
            printf '    | %s\n' "$rest"
            ;;
        END)
            read -r name status seconds reason <<<"$rest"
            printf '%-32s %s %6ss  %s\n' "$name" "$status" "$seconds" "$reason"
            if [[ $status == FAIL && $LIVE != yes ]]; then
                sed 's/^/    | /' "$RESULTS/$name.out"
            fi
            ;;
        esac
    done
}

# Shows the first failures of CASE... once more.
print_failures() {
    local name status shown=0

    for name; do
        status=
        { read -r status _ <"$RESULTS/$name.status"; } 2>/dev/null || true
        if [[ $status == FAIL ]] && ((shown++ < FAILURES_SHOWN)); then
            case_show_failure "$name" "$RESULTS" "$name"
        fi
    done
}

# Prints the last line, `N passed, N failed, N skipped`, for CASE..., and succeeds if none failed.
print_sum() {
    local name status passed=0 failed=0 skipped=0

    for name; do
        status=
        { read -r status _ <"$RESULTS/$name.status"; } 2>/dev/null || true
        case $status in
        PASS) passed=$((passed + 1)) ;;
        SKIP) skipped=$((skipped + 1)) ;;
        *) failed=$((failed + 1)) ;;
        esac
    done
    echo "$passed passed, $failed failed, $skipped skipped"
    ((failed == 0))
}

# Gives all of CASE... the result STATUS for REASON.
conclude_all() {
    local status=$1 reason=$2 name

    shift 2
    for name; do
        case_report "$name" "$status" 0.0 "$reason"
    done | render
}

# Starts the control plane in DIR for PROGRAM..., from nothing; a run that was killed may have left one. It does not inherit
# the run's lock.
cluster_start() {
    local dir=$1 options

    shift
    readarray -t options < <(start_options "$@")
    "$E2E_DIR/control-plane" stop "$dir"
    rm -rf "$dir"
    "$E2E_DIR/control-plane" start "$dir" "${options[@]}" {lock}>&-
}

cluster_stop() {
    "$E2E_DIR/control-plane" stop "$1"
    rm -rf "${1:?}/etcd"
}

clusters_stop() {
    local dir

    for dir in "$RESULTS"/cluster-*; do
        [[ ! -d $dir ]] || cluster_stop "$dir"
    done
}

# Runs CASE... on the control plane in DIR, which is started for them and ended afterwards.
run_on_cluster() {
    local dir=$1
    local -a programs

    shift
    (($# > 0)) || return 0
    readarray -t programs < <(needed_programs "$@")
    if ! cluster_start "$dir" "${programs[@]}"; then
        conclude_all FAIL "no control plane" "$@"
        return
    fi
    TRIGON_E2E_CLUSTER=$dir cases_run native "$@" {lock}>&- | render
    cluster_stop "$dir"
}

# Makes the queue FILE of CASE..., the longest limits first.
make_queue() {
    local file=$1 name

    shift
    for name; do
        echo "$(case_timeout "$name") $name"
    done | sort -rn -s -k 1,1 | cut -d ' ' -f 2 >"$file"
}

# Prints the next case of the queue FILE, which has it no longer. Fails when there is none.
take_case() {
    (
        flock 8
        name=$(head -n 1 "$1")
        sed -i 1d "$1"
        [[ -n $name ]] && echo "$name"
    ) 8>"$1.lock"
}

# Runs cases of the queue, each on a control plane of its own.
run_apart() {
    local name

    while name=$(take_case "$1"); do
        run_on_cluster "$RESULTS/cluster-$name" "$name"
    done
}

# Runs cases of the queue, on the control plane in DIR.
run_together() {
    local queue=$1 dir=$2 name
    local -a names

    [[ -s $queue ]] || return 0
    if ! cluster_start "$dir"; then
        readarray -t names <"$queue"
        : >"$queue"
        conclude_all FAIL "no control plane" "${names[@]}"
        return
    fi
    while name=$(take_case "$queue"); do
        TRIGON_E2E_CLUSTER=$dir cases_run native "$name" {lock}>&- | render
    done
    cluster_stop "$dir"
}

# Runs cases of the queue TOGETHER on the control plane in DIR, then helps with those of the queue APART.
run_lane() {
    local together=$1 dir=$2 apart=$3

    run_together "$together" "$dir"
    run_apart "$apart"
}

end_lanes() {
    local lane

    for lane in "${lanes[@]}"; do
        kill -TERM -- "-$lane" 2>/dev/null || true
    done
    cases_stop "$CASES_STOP_LIMIT_S"
    clusters_stop
}

# Runs CASE..., whatever it takes, and leaves the results.
run_cases() {
    local reason name
    local -a programs together=() apart=()
    local i

    readarray -t programs < <(needed_programs "$@")
    if reason=$(is_impossible "${programs[@]}"); then
        conclude_all SKIP "$reason" "$@"
        return
    fi
    if ! "$E2E_DIR/tools" build "${programs[@]}"; then
        conclude_all FAIL "no Kubernetes" "$@"
        return
    fi
    if [[ -n ${TRIGON_E2E_CLUSTER:-} ]]; then
        cases_run native "$@" {lock}>&- | render
        return
    fi
    for name; do
        if [[ -n $(case_field "$name" needs) ]]; then
            apart+=("$name")
        else
            together+=("$name")
        fi
    done
    make_queue "$RESULTS/apart" "${apart[@]}"
    make_queue "$RESULTS/together" "${together[@]}"
    trap end_lanes EXIT
    set -m # process groups
    run_apart "$RESULTS/apart" &
    lanes+=("$!")
    for ((i = 1; i <= LANES; i++)); do
        run_lane "$RESULTS/together" "$RESULTS/cluster-lane$i" "$RESULTS/apart" &
        lanes+=("$!")
    done
    set +m
    wait
}

command_run() {
    local -a cases=("$@")
    local name

    if (($# == 0)); then
        readarray -t cases < <(default_cases)
    fi
    for name in "${cases[@]}"; do
        [[ -e $(case_file "$name") ]] || die "no case $name: $(all_cases | tr '\n' ' ')" 2
    done
    LIVE=no
    if ((${#cases[@]} == 1)); then
        LIVE=yes
    fi
    mkdir -p "$RESULTS"
    exec {lock}>"$RESULTS/lock"
    if ! flock -n "$lock"; then
        echo "run.sh: waiting for another run" >&2
        flock "$lock"
    fi
    rm -rf "$RESULTS"/*.out "$RESULTS"/*.status "$RESULTS"/logs-*
    trap 'exit 130' INT
    trap 'exit 143' TERM
    run_cases "${cases[@]}"
    print_failures "${cases[@]}"
    print_sum "${cases[@]}"
}

command_build() {
    local -a cases=("$@") programs

    (($# > 0)) || readarray -t cases < <(default_cases)
    readarray -t programs < <(needed_programs "${cases[@]}")
    "$E2E_DIR/tools" build "${programs[@]}"
}

command_list() {
    local name

    for name in $(all_cases); do
        printf '%-32s %s\n' "$name" "$(case_title "$name")"
    done
}

main() {
    local command=${1:---help}

    case $command in
    run | build | list)
        shift
        "command_$command" "$@"
        ;;
    -h | --help | help)
        usage
        ;;
    *)
        die "no command $command (see run.sh --help)" 2
        ;;
    esac
}

main "$@"

# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs test cases, one after the other, inside a guest or natively.
#
# Sourced by `vm`, which reads the cases' headers, by guest.sh and native.sh, which run them, and by tests/e2e/run.sh, which
# does both. A case is cases/NAME.sh in CASES_HOME (VM_DIR if that is not set), where lib.sh is, too; its leading comment
# says what it shows (first line) and may hold
#
#   # timeout: SECONDS              its time limit (default 120)
#   # kernels: 6.1 6.12 7           runs on these only, `native` included
#   # native: no REASON             never runs natively
#   # manual: WHY                   runs only when it is named (benchmarks)
#   # cpus: 2                       all CPUs of the guest are online; otherwise one is, which is a lot faster
#
# What a case prints goes to RESULTS/NAME.out, its result to RESULTS/NAME.status: `PASS|FAIL|SKIP SECONDS REASON`. The
# progress on standard output is one line an event, for `vm` to render: `OUT TEXT` and `END NAME STATUS SECONDS REASON`.

CASE_TIMEOUT_DEFAULT_S=120
CASE_KILL_AFTER_S=5

# Prints the file of case NAME.
case_file() {
    echo "${CASES_HOME:-$VM_DIR}/cases/$1.sh"
}

# Prints what the case's header says for KEY, if anything.
case_field() {
    sed -nE "/^#/!q; s/^# $2: *(.*)$/\1/p" "$(case_file "$1")"
}

# Prints the first comment line of case NAME.
case_title() {
    sed -nE '/^#!/d; s/^# ?//p; q' "$(case_file "$1")"
}

case_timeout() {
    local seconds

    seconds=$(case_field "$1" timeout)
    echo "${seconds:-$CASE_TIMEOUT_DEFAULT_S}"
}

# Succeeds and prints the reason when case NAME must not run on KERNEL.
case_is_excluded() {
    local kernels native

    kernels=$(case_field "$1" kernels)
    native=$(case_field "$1" native)
    if [[ $2 == native && $native == no* ]]; then
        echo "${native#no }"
    elif [[ -n $kernels && " $kernels " != *" $2 "* ]]; then
        echo "for kernels $kernels"
    else
        return 1
    fi
}

# Runs the cases named in NAME..., on KERNEL, with RESULTS and LIVE (yes: show output as it comes) from the environment.
cases_run() {
    local kernel=$1 name

    shift
    for name; do
        case_run "$kernel" "$name"
    done
}

case_run() {
    local kernel=$1 name=$2 out=$RESULTS/$2.out
    local reason start end token pid tail_pid='' limit status=0

    : >"$out"
    if reason=$(case_is_excluded "$name" "$kernel"); then
        case_report "$name" SKIP 0.0 "$reason"
        return
    fi
    case_set_cpus "$kernel" "$(case_field "$name" cpus)"
    limit=$(case_timeout "$name")
    token=$name-$$-$RANDOM
    start=${EPOCHREALTIME/[.,]/}
    # shellcheck disable=SC2016 # for the inner bash
    TRIGON_CASE=$name TRIGON_CASE_KERNEL=$kernel TRIGON_CASE_TOKEN=$token \
        setsid timeout --kill-after "$CASE_KILL_AFTER_S" "$limit" \
        bash -c '. "$1/lib.sh"; . "$1/cases/$2.sh"' "$name" "${CASES_HOME:-$VM_DIR}" "$name" </dev/null >"$out" 2>&1 &
    pid=$!
    if [[ $LIVE == yes ]]; then
        tail -n +1 -s 0.1 -f --pid "$pid" "$out" | sed -u 's/^/OUT /' &
        tail_pid=$!
    fi
    wait "$pid" || status=$?
    end=${EPOCHREALTIME/[.,]/}
    case_kill_leftovers "$pid" "$token"
    if [[ -n $tail_pid ]]; then
        wait "$tail_pid" || true
    fi
    case_conclude "$name" "$status" "$limit" "$(((end - start + 50000) / 100000))"
}

# Brings the guest's CPUs beside the first online if the case asks for COUNT of them, and offline if it doesn't.
case_set_cpus() {
    local kernel=$1 online=$((${2:-1} > 1)) file state

    if [[ $kernel == native ]]; then
        return
    fi
    for file in /sys/devices/system/cpu/cpu[1-9]*/online; do
        read -r state <"$file"
        if ((state != online)); then
            echo "$online" >"$file"
        fi
    done
}

# Reports case NAME from its exit STATUS, LIMIT in seconds and run time in TENTHS of a second.
case_conclude() {
    local name=$1 status=$2 limit=$3 seconds=$(($4 / 10)).$(($4 % 10)) reason

    case $status in
    0)
        case_report "$name" PASS "$seconds" ""
        ;;
    77)
        reason=$(sed -n 's/^skip: //p' "$RESULTS/$name.out" | tail -n 1)
        case_report "$name" SKIP "$seconds" "${reason:-no reason given}"
        ;;
    124 | 137)
        case_report "$name" FAIL "$seconds" "killed, its time limit is $limit s"
        ;;
    *)
        case_report "$name" FAIL "$seconds" "exit status $status"
        ;;
    esac
}

case_report() {
    echo "$2 $3 $4" >"$RESULTS/$1.status"
    echo "END $1 $2 $3 $4"
}

# Shows shortly, under TITLE, that case NAME failed and how, where the end of a long log is all that is at hand.
case_show_failure() {
    local title=$1 results=$2 name=$3

    echo "$title: $(<"$results/$name.status")"
    [[ ! -e $results/$name.out ]] || tail -n 4 "$results/$name.out" | cut -c 1-300 | sed 's/^/    | /' # it may not have begun
}

# Ends the cases that this shell and its subshells run, and kills what is left of them after SECONDS.
cases_stop() {
    local end=$((SECONDS + $1)) signal=TERM
    local -a processes

    while readarray -t processes < <(grep -lsxzE "TRIGON_CASE_TOKEN=.*-$$-[0-9]+" /proc/[0-9]*/environ) &&
        ((${#processes[@]} > 0)); do
        if [[ $signal == TERM ]]; then
            readarray -t processes < <(grep -lsx timeout "${processes[@]/%environ/comm}") # which runs the case
            signal=
        elif ((SECONDS > end)); then
            signal=KILL
        fi
        [[ -z $signal ]] || kill -s "$signal" "${processes[@]//[!0-9]/}" 2>/dev/null || true
        sleep 0.2
    done
}

# Kills what a case left behind: everything in its session SID or with its TOKEN in the environment. One grep and no
# process more, because starting one takes 10 ms in a guest.
case_kill_leftovers() {
    local sid=$1 token=$2 file stat
    local -a leftovers fields

    readarray -t leftovers < <(grep -lsxzF "TRIGON_CASE_TOKEN=$token" /proc/[0-9]*/environ)
    leftovers=("${leftovers[@]//[!0-9]/}")
    for file in /proc/[0-9]*/stat; do
        if { read -r stat <"$file"; } 2>/dev/null; then
            read -ra fields <<<"${stat##*) }" # state, parent, process group, session
            if [[ ${fields[3]} == "$sid" ]]; then
                leftovers+=("${file//[!0-9]/}")
            fi
        fi
    done
    if ((${#leftovers[@]} > 0)); then
        kill -KILL "${leftovers[@]}" 2>/dev/null || true
    fi
}

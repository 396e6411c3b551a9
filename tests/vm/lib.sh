# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# What a case can use. Sourced before the case, which runs as root, with errexit, in an empty directory of its own.
#
#   $KERNEL               the series it runs on, or `native`
#   $REPOSITORY           the repository, with policies/
#   $WORK                 its directory (not below /tmp: what is executed in /tmp is an event that policies look for)
#   $TRIGON               the agent's binary
#   $LOG, $AGENT_STDERR   where agent_start has the agent write; set them before it for a second agent
#
#   agent_start [FLAG...]            starts the agent and returns when it sees everything; sets $AGENT_PID
#   kubeconfig_away                  prints a kubeconfig for an API server that does not answer
#   policies_ready [COUNT [FAILED]]  waits until it has loaded its policies: COUNT (1), and FAILED (0) are refused
#   require_hook FUNCTION            skips the case when a policy went without the function on this machine's own kernel
#   agent_stop [PID]                 ends it with SIGTERM; its exit status must be 0
#   agent_kill [PID]                 ends it with SIGKILL
#   expect_jq FILTER REGEX [COUNT]   waits for at least one (exactly COUNT) lines of `jq FILTER $LOG` that match
#   expect_no_jq FILTER REGEX        no line of it matches, nor will one for what has happened so far
#   log_sync                         waits until the log holds all that has happened so far
#   library_filter TITLE             prints the jq filter of a use case in use-cases.txt
#   umask_policy NAME NUMBER         prints a policy that tells of umask(NUMBER)
#   stacks_policy                    prints a policy `stacks` that tells of chdir() into /nowhere-*, with both stacks
#   as_user UID COMMAND...           runs a command as another user and group, without privileges
#   helper NAME                      prints the path of the program made from tests/vm/helpers/NAME.c
#   wait_until SECONDS COMMAND...    waits until COMMAND succeeds; fails when it takes longer
#   check COMMAND...                 fails, and says which, unless COMMAND succeeds
#   cleanup COMMAND                  a command line to evaluate when the case ends, last one first
#   skip WHY, fail WHY               ends the case

set -Eeuo pipefail

REPOSITORY=/mnt/trigon
# shellcheck disable=SC2034 # for the case
KERNEL=$TRIGON_CASE_KERNEL
TRIGON=${TRIGON:-$REPOSITORY/build/trigon}
WORK=/mnt/work/$TRIGON_CASE
LOG=$WORK/trigon.log
AGENT_STDERR=$WORK/trigon.stderr
AGENT_PID=

AGENT_START_LIMIT_S=30
AGENT_STOP_LIMIT_S=150 # hundreds of kprobes are detached one by one, 150 ms each on a busy machine's 6.1
POLICIES_LIMIT_S=60
EXPECT_LIMIT_S=10

# shellcheck source=tests/vm/outcome.sh
. "$REPOSITORY/tests/vm/outcome.sh"
# shellcheck source=tests/vm/use_cases.sh
. "$REPOSITORY/tests/vm/use_cases.sh"

_agents=()
_matches=0 # of _jq_matches
_marks=0

# A pipe that nobody writes to: reading it with a time limit is a sleep that starts no process, for no event in the log.
exec {_silence}<> <(:)

_pause() {
    read -rt "$1" -u "$_silence" || true
}

wait_until() {
    local end=$((SECONDS + $1))

    shift
    until "$@"; do
        if ((SECONDS > end)); then
            return 1
        fi
        _pause 0.05
    done
}

umask_policy() {
    cat <<POLICY
apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata: {name: $1}
spec:
  kprobes:
  - call: sys_umask
    syscall: true
    args: [{index: 0, type: int}]
    selectors:
    - matchArgs: [{index: 0, operator: Equal, values: ["$2"]}]
POLICY
}

stacks_policy() {
    cat <<'POLICY'
apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata: {name: stacks}
spec:
  kprobes:
  - call: sys_chdir
    syscall: true
    args: [{index: 0, type: string}]
    selectors:
    - matchArgs: [{index: 0, operator: Prefix, values: ["/nowhere-"]}]
      matchActions: [{action: Post, kernelStackTrace: true, userStackTrace: true}]
POLICY
}

as_user() {
    local uid=$1

    shift
    # setpriv itself keeps its permitted capabilities until it executes something: that is env
    setpriv --reuid "$uid" --regid "$uid" --clear-groups --inh-caps=-all -- env -- "$@"
}

helper() {
    local program=$REPOSITORY/build/tests/helpers/$1

    [[ -x $program ]] || fail "no program $program: make builds it from tests/vm/helpers/$1.c"
    echo "$program"
}

kubeconfig_away() {
    cat <<CONFIG
apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "https://127.0.0.1:9"}}]
contexts: [{name: c, context: {cluster: c, user: u}}]
users: [{name: u, user: {}}]
current-context: c
CONFIG
}

agent_start() {
    [[ -x $TRIGON ]] || fail "no agent $TRIGON: run make"
    : >"$AGENT_STDERR"
    "$TRIGON" agent --export-filename "$LOG" --export-file-max-size-mb 0 "$@" </dev/null >>"$WORK/trigon.stdout" 2>"$AGENT_STDERR" &
    AGENT_PID=$!
    _agents+=("$AGENT_PID")
    wait_until "$AGENT_START_LIMIT_S" _agent_is_ready_or_dead || fail "the agent was not ready in $AGENT_START_LIMIT_S s"
    kill -0 "$AGENT_PID" 2>/dev/null || fail "the agent died: $(_exit_status "$AGENT_PID")"
}

_agent_is_ready_or_dead() {
    [[ $(<"$AGENT_STDERR") == *"trigon: ready"* ]] || ! kill -0 "$AGENT_PID" 2>/dev/null
}

policies_ready() {
    local enabled=${1:-1} failed=${2:-0} found

    _policies_wait
    found=$(grep -o -m 1 'policies: [0-9]* enabled, [0-9]* failed' "$AGENT_STDERR")
    [[ $found == "policies: $enabled enabled, $failed failed" ]] || fail "wanted $enabled enabled, $failed failed; $found"
}

_policies_wait() {
    wait_until "$POLICIES_LIMIT_S" grep -q 'policies: [0-9]* enabled' "$AGENT_STDERR" ||
        fail "the policies were not loaded in $POLICIES_LIMIT_S s"
}

require_hook() {
    _policies_wait
    if [[ $KERNEL == native ]] && grep -q "$1 is left out" "$AGENT_STDERR"; then
        skip "this kernel does not let $1 be hooked"
    fi
}

agent_stop() {
    local pid=${1:-$AGENT_PID} status

    kill -TERM "$pid" 2>/dev/null || fail "the agent was gone already: $(_exit_status "$pid")"
    wait_until "$AGENT_STOP_LIMIT_S" _is_dead "$pid" || fail "the agent did not end in $AGENT_STOP_LIMIT_S s"
    status=$(_exit_status "$pid")
    [[ $status == 0 ]] || fail "the agent ended with status $status"
}

agent_kill() {
    local pid=${1:-$AGENT_PID}

    kill -KILL "$pid"
    wait "$pid" 2>/dev/null || true
}

_is_dead() {
    ! kill -0 "$1" 2>/dev/null
}

_exit_status() {
    local status=0

    wait "$1" 2>/dev/null || status=$?
    echo "$status"
}

# The log is in order, so what happened before the mark is in it when the mark is.
log_sync() {
    local mark

    _marks=$((_marks + 1))
    mark=trigon-mark-$$-$_marks
    /bin/true "$mark"
    wait_until "$EXPECT_LIMIT_S" grep -qsF "$mark" "$LOG" || fail "no event of /bin/true $mark in the log"
}

expect_jq() {
    local filter=$1 regex=$2 count=${3:-}

    if ! wait_until "$EXPECT_LIMIT_S" _jq_matches "$filter" "$regex" "${count:-1}"; then
        _jq_show "$filter"
        fail "expected ${count:-at least one} of: $regex"
    fi
    if [[ -n $count && -n $AGENT_PID ]] && ! _is_dead "$AGENT_PID"; then
        _jq_matches "$filter" "$regex" "$count" || true # one too many may come late
    fi
    if [[ -n $count ]] && ((_matches != count)); then
        _jq_show "$filter"
        fail "expected $count, got $_matches of: $regex"
    fi
}

expect_no_jq() {
    local filter=$1 regex=$2

    if [[ -n $AGENT_PID ]] && ! _is_dead "$AGENT_PID"; then
        log_sync
    fi
    jq "$filter" "$LOG" >"$WORK/expect_no_jq" || fail "jq does not accept the filter or the log"
    if grep -qE -- "$regex" "$WORK/expect_no_jq"; then
        _jq_show "$filter"
        fail "expected none of: $regex"
    fi
}

# Sets $_matches. jq's own start takes a third of a second under emulation.
_jq_matches() {
    _matches=$({ jq "$1" "$LOG" 2>/dev/null || true; } | grep -cE -- "$2" || true)
    ((_matches >= $3))
}

_jq_show() {
    echo "jq '$1' prints ($(grep -c '' "$LOG") lines of log):"
    jq "$1" "$LOG" 2>&1 | { grep -vx null || true; } | tail -n 20 | cut -c 1-300
}

_on_error() {
    echo "FAIL: $TRIGON_CASE.sh:$1: exit status $2 of: $3" >&2
}

_on_exit() {
    local status=$1

    set +e
    trap - ERR EXIT
    if ((status != 0 && status != 77 && ${#_agents[@]} > 0)); then
        echo "the agent said:"
        tail -n 20 "$AGENT_STDERR"
    fi
    _clean_up
    if ((${#_agents[@]} > 0)); then
        kill -KILL "${_agents[@]}" 2>/dev/null
    fi
    cd /
    rm -rf "$WORK"
    exit "$status"
}

trap '_on_error "$LINENO" "$?" "$BASH_COMMAND"' ERR
trap '_on_exit "$?"' EXIT
trap 'exit 143' TERM
mkdir -p "$WORK"
cd "$WORK"

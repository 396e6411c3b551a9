# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Checks the rows of tests/vm/matrix/TABLE.txt with one agent that runs all their policies. Sourced by the cases that
# do so, which then call
#
#   matrix_run TABLE [FLAG...]       FLAG: for the agent
#
# A row is lines of `KEY: VALUE`, a longer value goes on in indented lines, and an empty line ends the row:
#
#   id       its name and its policy's
#   shows    what it shows, for docs/policy-matrix.md, which tools/policy_matrix.sh makes of the tables
#   spec     the policy's spec; @WORK@ is the case's directory, @PID@ the process that `held` acts in, @UTS@ the inode of
#            the host's UTS namespace
#   fires    commands that the hook must see, in bash; $WORK, and beside all of lib.sh
#              act VERB ...           tests/vm/helpers/act.c
#              as PROGRAM VERB ...    the same under another name: a copy of it in $WORK/bin: one, two; ../other/one
#              exec_act VERB ...      in this process, for `held`
#              held COMMAND ...       by process @PID@, which ends afterwards
#              $WORK/f, $WORK/secret-*    a directory and files that are there before the policies
#   quiet    commands, as near to those as can be, of which there must be no event; may be left out
#   event    what is true for each event of `fires`, in jq; beside it, an event's `.process` and `.parent` are there
#   count    how many events that are; 1 unless said
#   status   how `fires` and `quiet` end, such as `137 0`; anything unless said
#   only     kernels that have what it needs, and why the others don't: `6.1 6.12 7: REASON`
#   attach   `auto` if --hook-attach leaves it nothing to work with
#   todo     why it does not work yet: it fails when it does

declare -A _rows=() _events=() _statuses=() _held=()
_ids=()
_failures=()
_todos=()
ACT=

# Reads the table's rows that are for this kernel.
_matrix_read() {
    local line id='' key=''

    while IFS= read -r line || [[ -n $line ]]; do
        case $line in
        '' | '#'*)
            key=
            ;;
        ' '*)
            _rows[$id.$key]+=$'\n'$line
            ;;
        'id: '*)
            id=${line#id: }
            _ids+=("$id")
            ;;
        *)
            key=${line%%:*}
            [[ $key =~ ^(shows|spec|fires|quiet|event|count|status|only|attach|todo)$ ]] || fail "$1: what is: $line"
            line=${line#"$key:"}
            _rows[$id.$key]=${line# }
            ;;
        esac
    done <"$1"
}

# Leaves out the rows that are not for this kernel or these flags.
_matrix_select() {
    local id only
    local -a all=("${_ids[@]}")

    _ids=()
    for id in "${all[@]}"; do
        only=${_rows[$id.only]:-}
        if [[ -n $only && " ${only%%:*} " != *" $KERNEL "* ]]; then
            continue
        elif [[ ${_rows[$id.attach]:-} == auto && " $* " == *" --hook-attach="* ]]; then
            continue
        fi
        _ids+=("$id")
    done
}

# Prints the spec of row $1 with its variables replaced.
_matrix_spec() {
    local spec=${_rows[$1.spec]}

    spec=${spec//@WORK@/$WORK}
    spec=${spec//@PID@/${_held[$1]:-}}
    [[ $spec == $'\n'* ]] || spec="  $spec"
    spec=${spec//@UTS@/$(stat -Lc %i /proc/self/ns/uts)}
    printf '%s\n' "$spec"
}

_matrix_write_policies() {
    local id

    mkdir -p policies
    for id in "${_ids[@]}"; do
        {
            printf 'apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata: {name: %s}\nspec:\n' "$id"
            _matrix_spec "$id"
        } >"policies/$id.yaml"
    done
}

# Starts the processes that rows name by their pid: they must be there before the policies are.
_matrix_hold() {
    local id

    mkdir -p "$WORK/held" "$WORK/bin" "$WORK/other" "$WORK/f"
    touch "$WORK"/secret-{one,two,three,four,five,six}
    ACT=$(helper act)
    cp "$ACT" "$WORK/bin/one"
    cp "$ACT" "$WORK/bin/two"
    cp "$ACT" "$WORK/other/one"
    for id in "${_ids[@]}"; do
        if [[ ${_rows[$id.spec]} == *@PID@* ]]; then
            mkfifo "$WORK/held/$id"
            _matrix_held_process "$id" &
            _held[$id]=$!
        fi
    done
}

_matrix_held_process() {
    local MARK=+$1 line

    trap - ERR EXIT
    set +e
    read -r line <"$WORK/held/$1"
    eval "$line"
}

act() {
    "$ACT" "$MARK" "$@"
}

as() {
    local program=$WORK/bin/$1

    shift
    "$program" "$MARK" "$@"
}

exec_act() {
    exec "$ACT" "$MARK" "$@"
}

held() {
    local id=${MARK#[+-]}

    echo "$*" >"$WORK/held/$id"
    wait "${_held[$id]}"
}

# Runs the commands $2 with MARK $1 and notes how they ended.
_matrix_trigger() {
    local MARK=$1 status=0

    [[ -n $2 ]] || return 0
    eval "$2" 2>>"$WORK/triggers.stderr" || status=$?
    _statuses[$MARK]=$status
}

# Counts the events: "+ID good" and "+ID bad" of `fires`, "-ID" of `quiet`.
_matrix_count() {
    local id sign verdict

    {
        # shellcheck disable=SC2016 # jq's variables
        echo 'def is_good($id):'
        for id in "${_ids[@]}"; do
            # shellcheck disable=SC2016
            printf 'if $id == "%s" then (%s) else\n' "$id" "${_rows[$id.event]:-true}"
        done
        echo 'false'
        printf 'end %.0s' "${_ids[@]}"
        cat <<'JQ'
;
def mark($id): [.process.arguments, .parent.arguments] | map(values | split(" ")[0])
    | map(select(. == "+" + $id or . == "-" + $id))[0];
(.process_kprobe // .process_lsm // .process_tracepoint // empty)
| .policy_name as $id | mark($id) as $mark | select($mark)
| [$mark, if $mark[0:1] == "-" or (try is_good($id) catch false) then "good" else "bad" end] | join(" ")
JQ
    } >events.jq
    jq -rf events.jq "$LOG" >events
    while read -r sign verdict; do
        _events["$sign $verdict"]=$((${_events["$sign $verdict"]:-0} + 1))
    done <events
}

# Prints what is wrong with row $1, or nothing.
_matrix_verdict() {
    local id=$1
    local good=${_events["+$id good"]:-0} bad=${_events["+$id bad"]:-0} quiet=${_events["-$id good"]:-0}
    local count=${_rows[$1.count]:-1} status=${_rows[$1.status]:-} got

    if ! grep -qF "policy $id: enabled" "$AGENT_STDERR"; then
        echo "not loaded: $(sed -nE "s|.*/$id.yaml:[0-9:]* error: ||p" "$AGENT_STDERR" | head -n 1)"
    elif ((bad)); then
        echo "$bad events are not as they should be: $(_matrix_events "+$id")"
    elif ((good != count)); then
        echo "$good events, not $count"
    elif ((quiet)); then
        echo "$quiet events that must not be: $(_matrix_events "-$id")"
    elif [[ -n $status ]]; then
        got="${_statuses[+$id]} ${_statuses[-$id]:-}"
        [[ ${got% } == "$status" ]] || echo "fires and quiet ended with $got, not $status"
    fi
}

_matrix_events() {
    jq -c --arg id "${1#[+-]}" --arg mark "$1 " '(.process_kprobe // .process_lsm // .process_tracepoint // empty)
        | select(.policy_name == $id)
        | select([.process.arguments // "", .parent.arguments // ""] | any(startswith($mark)))
        | {process: .process.arguments, args, return, action, return_action, kernel_stack_trace, user_stack_trace}' "$LOG" | head -n 2 | cut -c 1-600
}

_matrix_judge() {
    local id problem

    for id in "${_ids[@]}"; do
        problem=$(_matrix_verdict "$id")
        if [[ -n ${_rows[$id.todo]:-} ]]; then
            if [[ -z $problem ]]; then
                _failures+=("$id: works now: its todo must go")
            else
                _todos+=("$id: ${_rows[$id.todo]}")
            fi
        elif [[ -n $problem ]]; then
            _failures+=("$id: $problem")
        fi
    done
}

matrix_run() {
    local table=$REPOSITORY/tests/vm/matrix/$1.txt id

    shift
    ulimit -l unlimited # for the BPF programs of act, on 5.10
    _matrix_read "$table"
    _matrix_select "$@"
    _matrix_hold
    _matrix_write_policies
    agent_start --tracing-policy-dir "$WORK/policies" --enable-process-cred "$@"
    wait_until 100 grep -q 'policies: [0-9]* enabled' "$AGENT_STDERR" || fail "the policies were not loaded in 100 s"
    for id in "${_ids[@]}"; do
        _matrix_trigger "+$id" "${_rows[$id.fires]}"
        _matrix_trigger "-$id" "${_rows[$id.quiet]:-}"
    done
    log_sync
    _matrix_count
    _matrix_judge
    echo "$((${#_ids[@]} - ${#_failures[@]} - ${#_todos[@]})) of ${#_ids[@]} rows are right"
    ((${#_todos[@]} == 0)) || printf 'todo: %s\n' "${_todos[@]}"
    ((${#_failures[@]} == 0)) || printf 'wrong: %s\n' "${_failures[@]}"
    ((${#_failures[@]} == 0)) || fail "${#_failures[@]} rows of $table"
    # shellcheck disable=SC2034 # lib.sh uses it: a hundred policies and more go one by one
    AGENT_STOP_LIMIT_S=60
    agent_stop
}

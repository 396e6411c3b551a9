# trigon policy list and show: a policy that is loaded, replaced by a broken version, mended, removed.
# kernels: 6.1 native

policies=$WORK/policies socket=$WORK/run/trigon.sock
mkdir "$policies"

write_policy() { # NAME CALL
    cat >"$policies/.$1" <<EOF
apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata:
  name: "$1"
spec:
  kprobes:
    - call: "$2"
      syscall: false
      args:
        - index: 1
          type: "int"
      selectors:
        - matchArgs:
            - index: 1
              operator: "Equal"
              values: ["4711"]
EOF
    mv "$policies/.$1" "$policies/$1.yaml"
}

list() {
    "$TRIGON" policy list --server-address "$socket" -o json
}

show() {
    "$TRIGON" policy show --server-address "$socket" -o json "$1"
}

# is NAME FILTER: jq's FILTER holds for what `list` has of policy NAME
is() {
    list 2>/dev/null | jq -e --arg name "$1" ".[] | select(.name == \$name) | $2" >/dev/null
}

is_gone() {
    list | jq -e --arg name "$1" 'all(.name != $name)' >/dev/null
}

# Without an agent: a message, and exit code 1.
status=0
list 2>"$WORK/said" || status=$?
check test $status -eq 1
check grep -q "no agent answers on $socket" "$WORK/said"

write_policy first __sys_setresuid
agent_start --tracing-policy-dir "$policies" --server-address "$socket"
check wait_until 30 is first '.state == "enabled" and .generation == 1 and .hook_count == 1 and .error == null'
check test "$(stat -c '%a %F' "$socket")" = "600 socket"
check test "$(stat -c '%a' "$WORK/run")" = 755

# Counters are live, and what it takes is known.
setpriv --reuid 4711 /bin/true || true
check wait_until 5 is first '.events >= 1 and .lost == 0'
check is first '.kernel_memory_bytes > 4096 and .mode == "monitor_only"'
check test "$(show first | jq -r '.hooks[0] | .name + " " + (.programs | length > 0 | tostring)')" = "__sys_setresuid true"
check test "$(show first | jq '.hooks[0].programs[0].instructions > 20')" = true
if [[ -w /proc/sys/kernel/bpf_stats_enabled ]]; then
    check test "$(show first | jq .is_timed)" = false
    echo 1 >/proc/sys/kernel/bpf_stats_enabled
    cleanup 'echo 0 >/proc/sys/kernel/bpf_stats_enabled'
    setpriv --reuid 4711 /bin/true || true
    check test "$(show first | jq '.is_timed and .hooks[0].programs[0].run_count > 0')" = true
fi

# The text is for people.
"$TRIGON" policy list --server-address "$socket" >"$WORK/text"
check grep -qE '^ID +NAME +STATE +NAMESPACE +HOOKS +KERNELMEMORY +MODE +EVENTS +LOST' "$WORK/text"
check grep -qE '^1 +first +enabled +\(global\) +1 +[0-9.]+ [kM]B +monitor_only +[0-9]+ +0' "$WORK/text"
check grep -qE '^state: +enabled$' <("$TRIGON" policy show --server-address "$socket" first)

# A broken version: the last good one runs on, and the error is told.
events=$(show first | jq .events)
write_policy first no_such_function
check wait_until 10 is first '.state == "error" and .generation == 1 and (.error | contains("no_such_function"))'
setpriv --reuid 4711 /bin/true || true
check wait_until 5 is first ".events > $events"

# One that was never good.
write_policy second no_such_function
check wait_until 10 is second '.state == "load_error" and .generation == 0'
check grep -q 'last error:.*\.yaml:' <("$TRIGON" policy show --server-address "$socket" second)

# Mended: the next generation, without an error.
write_policy first __sys_setresgid
check wait_until 10 is first '.state == "enabled" and .generation == 2 and .error == null'

rm "$policies/first.yaml"
check wait_until 10 is_gone first
status=0
show first 2>"$WORK/said" || status=$?
check test $status -eq 1
check grep -q 'there is no policy of this name' "$WORK/said"

# A second agent on the same socket goes on without, and the first one's stays.
first=$AGENT_PID
LOG=$WORK/second.log AGENT_STDERR=$WORK/second.stderr
agent_start --tracing-policy-dir '' --server-address "$socket"
check wait_until 5 grep -q "another agent answers on $socket" "$AGENT_STDERR"
agent_stop
check is second '.state == "load_error"'

# Killed: what it leaves is no hindrance for the next one. Ended: nothing is left.
AGENT_PID=$first
agent_kill
check test -S "$socket"
agent_start --tracing-policy-dir "$policies" --server-address "$socket"
check wait_until 30 is second '.state == "load_error"'
agent_stop
check test ! -e "$socket"

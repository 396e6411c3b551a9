# Calls that are inside a function while its hook changes, or that never return: with kprobes their records wait in a map.
# timeout: 240
# kernels: 5.10 6.1 6.12 7

policies=$WORK/policies socket=$WORK/trigon.sock
mkdir "$policies"

# policy MESSAGE [SELECTOR]
policy() {
    cat >"$policies/.new" <<POLICY
apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata: {name: wait}
spec:
  kprobes:
  - call: sys_rt_sigtimedwait
    syscall: true
    message: "$1"
    return: true
    returnArg: {index: 0, type: int}
    selectors: [${2:-}]
POLICY
    mv "$policies/.new" "$policies/wait.yaml"
}

# are FILTER [INDEX]: jq's FILTER holds for the first policy, or that one
are() {
    "$TRIGON" policy list --server-address "$socket" -o json 2>/dev/null | jq -e ".[${2:-0}] | $1" >/dev/null
}

is_inside() {
    grep -qs '^128 ' "/proc/$1/syscall"
}

# Starts a process that waits for SIGUSR1, and ends with 0 then.
begin_wait() {
    python3 -c 'import signal as s; s.pthread_sigmask(s.SIG_BLOCK, {s.SIGUSR1}); s.sigwait({s.SIGUSR1})' &
    waiting=$!
    wait_until 20 is_inside "$waiting" || fail "no process that waits"
}

# end_wait: lets it return
end_wait() {
    kill -USR1 "$waiting"
    wait "$waiting" || fail "the process did not end as it should: $?"
}

TOLD='.process_kprobe | select(. != null) | "\(.message) \(.return.int_arg)"'

policy first
agent_start --tracing-policy-dir "$policies" --server-address "$socket" --hook-attach kprobe
policies_ready

# finished by a new generation that does the same, and told as what it was
begin_wait
policy second
check wait_until 20 are '.generation == 2'
end_wait
expect_jq "$TOLD" '^"first 10"$' 1
begin_wait
end_wait
expect_jq "$TOLD" '^"second 10"$' 1
check are '.lost == 0'

# a new generation that has a say at return does not judge what it has not seen begin: no event, but counted
begin_wait
policy third '{matchReturnArgs: [{index: 0, operator: Equal, values: ["10"]}]}'
check wait_until 20 are '.generation == 3'
end_wait
check wait_until 20 are '.lost == 1'
expect_no_jq "$TOLD" '^"third'
begin_wait
end_wait
expect_jq "$TOLD" '^"third 10"$' 1

# what does not return is given up when its thread has ended
cat >"$policies/.new" <<'POLICY'
apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata: {name: end}
spec:
  kprobes:
  - call: sys_exit_group
    syscall: true
    args: [{index: 0, type: int}]
    return: true
    returnArg: {index: 0, type: int}
    selectors:
    - matchArgs: [{index: 0, operator: Equal, values: ["77"]}]
POLICY
mv "$policies/.new" "$policies/end.yaml"
check wait_until 20 are '.name == "end" and .state == "enabled"' 1
for i in 1 2; do
    sh -c 'exit 77' || true
done
check wait_until 20 are '.name == "end" and .lost == 2 and .events == 0' 1
agent_stop

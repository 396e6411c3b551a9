# 200 policies at once, all on one function, which takes 38 trampoline programs: each tells of its own number.
# timeout: 300

POLICIES=200
if [[ $KERNEL == native ]]; then
    POLICIES=60 # a tracepoint takes 64 programs, and this machine has nothing else for the function
fi

mkdir policies
for ((i = 1; i <= POLICIES; i++)); do
    cat >"policies/$i.yaml" <<POLICY
apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata: {name: many-$i}
spec:
  kprobes:
  - call: sys_umask
    syscall: true
    args: [{index: 0, type: int}]
    selectors:
    - matchArgs: [{index: 0, operator: Equal, values: ["$i"]}]
POLICY
done
agent_start --tracing-policy-dir "$WORK/policies"
wait_until 120 grep -q "policies: $POLICIES enabled, 0 failed" "$AGENT_STDERR" || fail "not all policies were loaded"
python3 -c 'import os
for i in range(1, 1000):
    os.umask(i)'
log_sync
check grep VmRSS "/proc/$AGENT_PID/status"
# Only this process: natively, others of the machine may call umask(), too.
jq -r 'select(.process_kprobe.process.arguments // "" | contains("os.umask"))
    | .process_kprobe | "\(.args[0].int_arg) \(.policy_name | ltrimstr("many-"))"' "$LOG" | sort -n >told
seq "$POLICIES" | awk '{ print $1, $1 }' >expected
check cmp told expected
rm -r policies
wait_until 60 grep -q 'policies: 0 enabled, 0 failed' "$AGENT_STDERR" || fail "the policies were not removed"
agent_stop

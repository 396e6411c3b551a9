# 200 policies at once, all on one function, which takes 38 trampoline programs: each tells of its own number.
# kernels: 5.10 7 native
# timeout: 300

POLICIES=200
if [[ $KERNEL == native ]]; then
    POLICIES=60 # a tracepoint takes 64 programs, and this machine has nothing else for the function
fi

# policy NAME [SELECTOR]
policy() {
    cat >"policies/$1.yaml" <<POLICY
apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata: {name: many-$1}
spec:
  kprobes:
  - call: sys_umask
    syscall: true
    args: [{index: 0, type: int}]
    selectors: [${2:-}]
POLICY
}

# policies COUNT: each for a number of its own
policies() {
    local i

    mkdir policies
    for ((i = 1; i <= $1; i++)); do
        policy "$i" "{matchArgs: [{index: 0, operator: Equal, values: [\"$i\"]}]}"
    done
}

policies "$POLICIES"
# Comes last, when the function takes no more of what is tried first, and is for pods alone: it has nothing to tell here.
policy pods
mv policies/pods.yaml policies/zz-pods.yaml
sed -i 's/^spec:/&\n  podSelector: {}/' policies/zz-pods.yaml
kubeconfig_away >kubeconfig
agent_start --kubeconfig kubeconfig --tracing-policy-dir "$WORK/policies"
wait_until 120 grep -q "policies: $((POLICIES + 1)) enabled, 0 failed" "$AGENT_STDERR" || fail "not all policies were loaded"
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

# The end takes a while, and what happens meanwhile is read: in seconds more than the ring holds.
policies 30
policy 0 # comes first, and goes last
LOG=$WORK/end.log
agent_start --tracing-policy-dir "$WORK/policies" --rb-size-total 64k
wait_until 60 grep -q 'policies: 31 enabled, 0 failed' "$AGENT_STDERR" || fail "not all policies were loaded"
nice -n 19 "$(helper triggers)" 4 1000 >ended &
trigger=$!
cleanup 'kill "$trigger"'
expect_jq .process_kprobe.policy_name '^"many-0"$'
agent_stop
lost=$(grep -oE 'ended; [0-9]+ records lost' "$AGENT_STDERR" | grep -oE '[0-9]+')
if [[ $KERNEL == 7 ]]; then
    check test "$lost" -le 10 # preempted in all copies of a dispatcher
else
    check test "$lost" = 0
fi

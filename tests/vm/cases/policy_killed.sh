# The agent is killed while a policy runs under load: nothing stays attached, and a new one is at work at once.
# cpus: 2

cat >policy.yaml <<'POLICY'
apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata: {name: killed}
spec:
  kprobes:
  - call: sys_umask
    syscall: true
    args: [{index: 0, type: int}]
    selectors:
    - matchActions: [{action: Post, rateLimit: "1m"}]
POLICY

programs() {
    bpftool prog list | grep -cE ' name (t_|trigon)' || true
}

is_gone() {
    [[ $(programs) == 0 ]]
}

nice -n 19 "$(helper triggers)" 4 3000 >ended &
trigger=$!
cleanup 'kill "$trigger"'
for ((round = 1; round <= 3; round++)); do
    LOG=$WORK/$round.log
    agent_start --tracing-policy "$WORK/policy.yaml"
    wait_until 20 grep -q 'policies: 1 enabled' "$AGENT_STDERR" || fail "the policy was not loaded"
    expect_jq .process_kprobe.policy_name '^"killed"$'
    check test "$(programs)" -ge 5 # the base sensor, a dispatcher and the hook
    agent_kill
    wait_until 5 is_gone || fail "$(programs) programs stayed"
    check test -z "$(find /sys/fs/bpf -mindepth 1 -name '*trigon*')"
done

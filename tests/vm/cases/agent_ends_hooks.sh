# SIGTERM while a policy has so many hooks that the kernel takes seconds to remove them: the log is complete and has its last
# record before anybody would send SIGKILL; the process ends when they are removed.
# kernels: 5.10

LIMIT_MS=5000 # the agent takes 1.5 s; Kubernetes gives it 10, and this is an emulated CPU

mkdir policies
cat >policies/long.yaml <<'POLICY'
apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata: {name: long}
spec:
  lists: [{name: functions, type: generated_ftrace, pattern: "^security_"}]
  kprobes: [{call: "list:functions", syscall: false, selectors: [{matchBinaries: [{operator: In, values: ["/nobody"]}]}]}]
POLICY
agent_start --tracing-policy-dir "$WORK/policies" --summary
policies_ready
/bin/true before
began_ms=$(date +%s%3N)
kill -TERM "$AGENT_PID"
wait_until 20 grep -q '"reason":"END"' "$LOG" || fail "no last record"
ended=$(jq -r 'select(.loss_ledger.reason == "END") | .time' "$LOG")
took_ms=$(($(date -d "$ended" +%s%3N) - began_ms))
echo "the log ended $took_ms ms after SIGTERM"
check test "$took_ms" -lt "$LIMIT_MS"
check wait "$AGENT_PID"
echo "the process ended after $(($(date +%s%3N) - began_ms)) ms"
check grep -q 'ended; 0 records lost' "$AGENT_STDERR"
AGENT_PID=
expect_jq '.process_exec.process | select(.arguments == "before") | .binary' '"/bin/true"'
check "$TRIGON" events --verify "$LOG"
check test -z "$(bpftool prog show | grep trigon_ || true)"
grep -q 'not all hooks of policies are removed after' "$AGENT_STDERR" || skip "this machine removed all hooks in time"

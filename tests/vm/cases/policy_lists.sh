# Lists as long as they get: more than 2,000 functions in one policy, each of which is told by its name.
# timeout: 500

PREFIXES=security,vfs,tcp,udp,ip,inet,sk,sock,key,cap,proc,seq,__x64_sys

# Waits until it is told to, since the policies are to know its pid.
mkfifo go
bash -c "read -r _ <'$WORK/go'; $WORK/act + call readahead -1 1; exec '$WORK/act' + call fadvise64 -1 1 1 1" &
ACTOR=$!
cp "$(helper act)" act
mkdir policies

cat >long.yaml <<POLICY
apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata: {name: long}
spec:
  lists:
  - {name: many functions, type: generated_ftrace, pattern: "^(${PREFIXES//,/|})_"}
  kprobes:
  - call: "list:many functions"
    syscall: false
    selectors:
    - matchPIDs: [{operator: In, followForks: false, values: [$ACTOR]}]
POLICY
check "$TRIGON" policy check long.yaml
"$TRIGON" policy explain long.yaml
agent_start --tracing-policy-dir "$WORK/policies"
free -k | head -2
grep VmRSS "/proc/$AGENT_PID/status"
SECONDS=0
cp long.yaml policies
wait_until 400 grep -q "policies: [01] enabled" "$AGENT_STDERR" || true
echo "loaded in $SECONDS s"
cat "$AGENT_STDERR"
free -k | head -2
grep VmRSS "/proc/$AGENT_PID/status"
echo >go
wait "$ACTOR" || true
log_sync
time "$TRIGON" policy list
jq -r 'select(.process_kprobe) | .process_kprobe.function_name' "$LOG" | sort | uniq -c | sort -rn | head -50
SECONDS=0
rm policies/long.yaml
wait_until 300 grep -q "policies: 0 enabled" "$AGENT_STDERR"
echo "removed in $SECONDS s"
cat "$AGENT_STDERR"
agent_stop

# manual: temp
# timeout: 300
# cpus: 2
forkbench=$(helper forkbench)
mkdir policies
agent_start --tracing-policy-dir "$WORK/policies"
pol() {
cat <<POLICY
apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata: {name: $1}
spec:
  kprobes:
  - call: sys_readahead
    syscall: true
    args: [{index: 1, type: int}]
    selectors:
    - matchArgs: [{index: 1, operator: Equal, values: ["700"]}]
      $2
POLICY
}
for r in 1 2 3; do
  pol x "" >policies/x.yaml; _pause 3
  echo "plain $("$forkbench" 100)"
  pol x "matchNamespaceChanges: [{operator: In, values: [Uts]}]" >policies/x.yaml; _pause 6
  echo "changes $("$forkbench" 100)"
  pol x "matchBinaries: [{operator: In, values: [/bin/foo], followChildren: true}]" >policies/x.yaml; _pause 6
  echo "follow $("$forkbench" 100)"
done
grep policy "$AGENT_STDERR"
agent_stop

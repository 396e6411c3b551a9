# trigon check-cluster against a real API server: the rights that it says it needs are enough; each thing that is wrong is named.
# timeout: 300

daemonset() { # JSON: of the status
    kubectl patch daemonset trigon --subresource status --type merge -p "{\"status\": $1}" >/dev/null
}

report() { # NAME [REASON]: as an agent that runs does, or one that is not Ready for that
    local status=False

    [[ -n ${2:-} ]] || status=True
    kubectl apply --server-side -f - >/dev/null <<OBJECT
{"apiVersion": "trigon.dev/v1alpha1", "kind": "TracingNode", "metadata": {"name": "$1"},
 "status": {"nodeName": "$1", "agentVersion": "0.1.0", "policiesReady": "1/2", "kernel": {"release": "6.1.0", "machine": "x86_64"},
  "conditions": [{"type": "Degraded", "status": "False", "reason": "AsExpected", "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"},
    {"type": "Ready", "status": "$status", "reason": "${2:-Reporting}", "message": "pods: no right", "lastTransitionTime": "2026-01-01T00:00:00Z"}]}}
OBJECT
}

check_cluster() {
    "$TRIGON" check-cluster --kubeconfig "$account" --namespace "$NAMESPACE" --timeout "${1:-2}"
}

cleanup "kubectl delete tracingnodes --all >/dev/null"
check kubectl apply -f "$REPOSITORY/k8s/crds" >/dev/null
crds_wait tracingnodes.trigon.dev
account=$(make_kubeconfig check serviceaccount)

check_fails 'daemonsets is forbidden|tracingnodes.* is forbidden' check_cluster
kubectl create clusterrole "$NAMESPACE" --verb list,watch --resource tracingnodes.trigon.dev
cleanup "kubectl delete clusterrole $NAMESPACE >/dev/null"
kubectl create clusterrolebinding "$NAMESPACE" --clusterrole "$NAMESPACE" --serviceaccount "$NAMESPACE:check"
cleanup "kubectl delete clusterrolebinding $NAMESPACE >/dev/null"
kubectl create role check --verb list,watch --resource daemonsets.apps --resource-name trigon
kubectl create rolebinding check --role check --serviceaccount "$NAMESPACE:check"
check_fails 'no such DaemonSet' check_cluster

kubectl create -f - >/dev/null <<'OBJECT'
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: trigon}
spec:
  selector: {matchLabels: {app: trigon}}
  template:
    metadata: {labels: {app: trigon}}
    spec: {containers: [{name: main, image: none}]}
OBJECT
check_fails 'its controller has not seen that' check_cluster
daemonset '{"observedGeneration": 1, "desiredNumberScheduled": 2, "updatedNumberScheduled": 2, "numberReady": 1, "currentNumberScheduled": 2, "numberMisscheduled": 0}'
check_fails '1 of 2 agents are ready' check_cluster
daemonset '{"numberReady": 2}'
report "$NAMESPACE-1"
check_fails '1 of 2 nodes have reported' check_cluster

report "$NAMESPACE-1" RightMissing
check_fails "node $NAMESPACE-1: pods: no right" check_cluster
report "$NAMESPACE-1"
# --- an agent whose last word is that it ends is none, although its pod may be ready: another one's
report "$NAMESPACE-2" AgentStopped
check_fails '1 of 2 nodes have reported .* that an agent runs' check_cluster
check grep -qE "^$NAMESPACE-2 .* stopped$" <(check_cluster 2>&1)

# --- what it lacks comes while it waits
background waiting "$TRIGON" check-cluster --kubeconfig "$account" --namespace "$NAMESPACE" --timeout 30
report "$NAMESPACE-2"
check wait "$BACKGROUND_PID"
check grep -qE "^$NAMESPACE-2 +0.1.0 +6.1.0 +1/2 " "$WORK/waiting.out"
check grep -q '^all 2 agents are ready and report$' "$WORK/waiting.out"

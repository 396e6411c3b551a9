# The chart on a real node: image from the Dockerfile, first policy, first event of a pod, upgrade, uninstall
# timeout: 900
# needs: kube-controller-manager kube-scheduler kubelet kube-proxy helm
# manual: a real node takes minutes, and kubelet is built for minutes; make e2e-node runs it
# shellcheck shell=bash

# shellcheck source=tests/e2e/chart.sh
. "$E2E_DIR/chart.sh"

# The events of kubectl's pod that match the use case's filter.
has_event() {
    kubectl logs ds/trigon -c export-stdout --tail=-1 | jq -c --arg namespace "$NAMESPACE" '
        select(.process_kprobe != null) | .process_kprobe
        | select(.function_name | test("setresuid|setuid"))
        | select(.process.pod.namespace == $namespace and .process.pod.name == "shell" and
                 .process.pod.container.name == "main")' >"$WORK/event"
    [[ -s $WORK/event ]]
}

is_gone() {
    [[ -z $(kubectl get all,serviceaccounts,networkpolicies,roles,rolebindings,leases,poddisruptionbudgets -l app.kubernetes.io/instance=trigon -o name) ]]
}

chart_node 6.1
compressed=$(gzip -c "$IMAGES/trigon.tar" | wc -c)
((compressed <= 12 * 1024 * 1024)) || fail "the image has $compressed bytes, compressed"
chart_install
helm test trigon --timeout 60s
check_output 1/1 kubectl get ds trigon -o 'jsonpath={.status.numberReady}/{.status.desiredNumberScheduled}'

kubectl apply -f - >/dev/null <<POD
apiVersion: v1
kind: Pod
metadata: {name: shell}
spec:
  terminationGracePeriodSeconds: 0
  containers:
    - name: main
      image: docker.io/library/shell:test
      imagePullPolicy: Never
POD
check kubectl wait --for=condition=Ready pod/shell --timeout "${POD_LIMIT_S}s"
check kubectl apply -f "$REPOSITORY/policies/privileges-raise.yaml"
cleanup "kubectl delete -f $REPOSITORY/policies/privileges-raise.yaml --ignore-not-found >/dev/null"
trigon=$(agent_pod)
wait_until 60 "policy that runs" policies_run privileges-raise
ready_everywhere() {
    kubectl get tracingpolicies privileges-raise | grep -q ' 1/1 '
}
wait_until 60 "READY 1/1" ready_everywhere
step "$(kubectl get tracingpolicies privileges-raise | tail -n 1)"
kubectl exec shell -- /shell setuid
wait_until "$EVENT_LIMIT_S" "event" has_event
step "event: $(jq -c '[.policy_name, .process.pod.namespace, .process.pod.name, .process.pod.container.name]' "$WORK/event" | head -n 1)"

# An agent reports on its own node, and on no other.
token=$(kubectl create token trigon --bound-object-kind Pod --bound-object-name "${trigon#pod/}")
as_agent() {
    kubectl --kubeconfig /dev/null --server "$SERVER" --certificate-authority "$CLUSTER/pki/ca.crt" --token "$token" "$@"
}
report_on() {
    as_agent apply --server-side --force-conflicts --field-manager trigon-agent -f - <<OBJECT
{"apiVersion": "trigon.dev/v1alpha1", "kind": "TracingNode", "metadata": {"name": "$1"}}
OBJECT
}
check_fails "only the agent of node another may write this TracingNode" report_on another
check report_on "$NODE"
check_fails Forbidden as_agent get secrets
check_fails Forbidden as_agent delete tracingnode "$NODE"
step "an agent's rights are its own node's"

kubectl delete "$trigon" --wait=false >/dev/null
check kubectl rollout status ds/trigon --timeout "${POD_LIMIT_S}s"
helm upgrade trigon "$REPOSITORY/helm/trigon" --set image.pullPolicy=Never --set agent.enableProcessCred=true \
    --wait --timeout 3m
step "upgraded"
helm uninstall trigon --wait --timeout 2m
wait_until 30 "end of all that was installed" is_gone
check_output "" kubectl get crd,clusterroles,clusterrolebindings,validatingadmissionpolicies -l app.kubernetes.io/instance=trigon -o name
step "uninstalled"

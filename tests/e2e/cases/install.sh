# The chart on a real node: image from the Dockerfile, first policy, first event of a pod, upgrade, uninstall
# timeout: 900
# needs: kube-controller-manager kube-scheduler kubelet kube-proxy helm
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

# All of the library. Networks of pods and services are the cluster's own: the literal placeholders of egress.yaml.
kubectl apply -f - >/dev/null <<POD
apiVersion: v1
kind: Pod
metadata: {name: privileged}
spec:
  terminationGracePeriodSeconds: 0
  containers:
    - name: main
      image: docker.io/library/shell:test
      imagePullPolicy: Never
      securityContext: {privileged: true}
POD
check kubectl apply -f "$REPOSITORY/policies" >/dev/null
cleanup "kubectl delete -f $REPOSITORY/policies --ignore-not-found --wait=false >/dev/null"
all_ready() {
    [[ $(kubectl get tracingpolicies -o 'jsonpath={.items[*].status.ready}' | tr ' ' '\n' | sort -u) == 1/1 ]]
}
wait_until 120 "READY 1/1 of all of the library" all_ready
kubectl get tracingpolicies
kubectl get clusternetworks cluster
check kubectl wait --for=condition=Ready pod/privileged --timeout "${POD_LIMIT_S}s" >/dev/null
# tells POLICY FILTER COMMAND...: what a pod does is told of by the policy, with the pod's name
tells() {
    local policy=$1 filter=$2

    kubectl exec privileged -- "${@:3}" || true
    pod_is_told() {
        [[ -n $(events ".process_kprobe.policy_name == \"$policy\" or .process_loader != null" |
            jq -c "select($filter) | (.process_kprobe // .process_loader).process.pod | select(.name == \"privileged\")") ]]
    }
    wait_until "$EVENT_LIMIT_S" "event of $policy" pod_is_told
}
tells privileges-raise '.process_kprobe.function_name == "__sys_setresuid"' /shell setuid
tells bpf-library-policy '.process_kprobe.function_name == "bpf_check"' /shell bpf
tells monitor-kernel-modules '.process_kprobe.function_name == "security_kernel_module_request"' /shell module
tells accept '.process_kprobe.process.binary == "/usr/sbin/sshd"' /usr/sbin/sshd connect 10.0.2.2 9
tells loader '.process_loader.path == "/lib/libshell.so"' /shell map /lib/libshell.so
tells monitor-network-activity-outside-cluster-cidr-range '.process_kprobe.args[0].sock_arg.daddr == "10.0.2.2"' /shell connect 10.0.2.2 9
# a service and a pod of the cluster, and one of a node that joins, are not outside
kubectl create -f - >/dev/null <<OBJECT
{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "joined"}, "spec": {"podCIDR": "10.99.7.0/24", "podCIDRs": ["10.99.7.0/24"]}}
OBJECT
cleanup "kubectl delete node joined --ignore-not-found >/dev/null"
kubectl exec privileged -- /shell connect 10.99.8.7 9
is_published() {
    kubectl get clusternetworks cluster -o 'jsonpath={.status.podCIDRs}' | grep -qF 10.99.7.0/24
}
wait_until 20 "network of the node that joined" is_published
changed() {
    kubectl logs "$trigon" -c trigon | grep -q 'monitor-network-activity-outside-cluster-cidr-range: new values'
}
wait_until 20 "new values" changed
for address in 10.96.0.1 10.244.0.77 10.99.7.7 10.99.8.8; do
    kubectl exec privileged -- /shell connect "$address" 9
done
reached() {
    events '.process_kprobe.function_name == "tcp_connect" and .process_kprobe.process.pod.name == "privileged"' |
        jq -r '.process_kprobe.args[0].sock_arg.daddr' | sort -u | xargs
}
has_reached() {
    [[ $(reached) == *10.99.8.8* ]]
}
wait_until "$EVENT_LIMIT_S" "last connection" has_reached
check_output '10.0.2.2 10.99.8.7 10.99.8.8' reached
step "the library's policies; egress with the cluster's networks, and a node that joined"

# A policy that breaks says so, and its last good version goes on; one that goes says nothing any more.
kubectl patch tracingpolicies privileges-raise --type json -p '[{"op": "replace", "path": "/spec/kprobes/8/call", "value": "no_such_function"}]' >/dev/null
is_broken() {
    kubectl get tracingpolicies privileges-raise -o wide --no-headers | grep -E ' 0/1 .*no_such_function' >/dev/null
}
wait_until 60 "READY 0/1 with the reason" is_broken
step "$(kubectl get tracingpolicies privileges-raise -o wide --no-headers | cut -c 1-150)"
check_fails 'unknown operator|Unsupported value|supported values' kubectl apply -f - <<POLICY
apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata: {name: refused}
spec:
  kprobes: [{call: tcp_connect, syscall: false, args: [{index: 0, type: sock}], selectors: [{matchArgs: [{index: 0, operator: Equals, values: ["x"]}]}]}]
POLICY
check kubectl delete -f "$REPOSITORY/policies" >/dev/null
wait_until 60 "end of all policies" policies_run

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

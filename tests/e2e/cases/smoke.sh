# The harness itself: a pod on a node comes and goes, a watch sees it, and two made-up users may what RBAC lets them.

pod_events() {
    kubectl get pods --watch --output-watch-events \
        -o 'jsonpath={.type} {.object.metadata.name} {.object.spec.nodeName}{"\n"}'
}

saw() {
    grep -qx "$1" "$WORK/watch.out"
}

# The server notices a new right a moment later.
may_read_pods() {
    kubectl_as "$1" get pods >/dev/null 2>&1
}

check_output "" kubectl get pods -o name
background watch pod_events
node_make "smoke-$NAMESPACE"
pod_make one "smoke-$NAMESPACE"
wait_until 10 "event of the new pod" saw "ADDED one smoke-$NAMESPACE"
check kubectl label pod one seen=yes
wait_until 10 "event of the changed pod" saw "MODIFIED one smoke-$NAMESPACE"

# a user without rights, then with one of them
user=$(make_kubeconfig smoke-user user smoke-group)
check_fails 'forbidden: User "smoke-user"' kubectl_as "$user" get pods
kubectl create role pod-reader --verb get,list --resource pods
kubectl create rolebinding pod-reader --role pod-reader --group smoke-group --serviceaccount "$NAMESPACE:smoke-account"
wait_until 10 "right to read pods" may_read_pods "$user"
check_output pod/one kubectl_as "$user" get pods -o name
check_fails 'forbidden: User "smoke-user"' kubectl_as "$user" delete pod one

account=$(make_kubeconfig smoke-account serviceaccount)
check_output pod/one kubectl_as "$account" get pods -o name
check_fails "forbidden: User \"system:serviceaccount:$NAMESPACE:smoke-account\"" kubectl_as "$account" get nodes

kubectl delete pod one
wait_until 10 "event of the deleted pod" saw "DELETED one smoke-$NAMESPACE"
check_output "" kubectl get pods -o name
api GET /api/v1/nodes/none >"$WORK/answer"
check_output 404 tail -n 1 "$WORK/answer"
check_output '"NotFound"' jq -n 'input | .reason' "$WORK/answer"

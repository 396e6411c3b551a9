# The operator publishes the cluster's networks: nodes' podCIDRs of both families and ServiceCIDRs, as few as they can be, as
# nodes come and go; what is given to it wins; what is there already is not written again.
# timeout: 500

node_with() { # NAME PODCIDR...
    jq -n '{apiVersion: "v1", kind: "Node", metadata: {name: $ARGS.positional[0]},
        spec: {podCIDR: $ARGS.positional[1], podCIDRs: $ARGS.positional[1:]}}' --args "$@" | kubectl create -f - >/dev/null
}

networks() {
    kubectl get clusternetworks cluster -o json 2>/dev/null | jq -c ".status.$1"
}

are() { # FIELD LIST
    [[ $(networks "$1") == "$2" ]]
}

start_operator() { # NAME [OPTION...]
    background "$1" "$TRIGON" operator --kubeconfig "$operator_config" --lease-namespace "$NAMESPACE" --identity "$1" "${@:2}"
}

cleanup 'kubectl delete clusternetworks --all >/dev/null'
cleanup "kubectl delete nodes networks-a networks-b networks-c --ignore-not-found >/dev/null"
crds_make
operator_config=$(make_kubeconfig trigon-operator serviceaccount)
apply_manifest ClusterRole ClusterRoleBinding Role RoleBinding Lease
services=$(kubectl get servicecidrs -o json | jq -c '[.items[].spec.cidrs[]] | sort')

start_operator first
first=$BACKGROUND_PID
wait_until 20 "networks" are podCIDRs '[]'
check_output "$services" networks serviceCIDRs
node_with networks-a 10.7.0.0/24 fd00:7::/64
wait_until 20 "networks of a node" are podCIDRs '["10.7.0.0/24","fd00:7::/64"]'
node_with networks-b 10.7.1.0/24
node_with networks-c 10.9.0.0/24
wait_until 20 "networks of three nodes" are podCIDRs '["10.7.0.0/23","10.9.0.0/24","fd00:7::/64"]'
kubectl delete node networks-b >/dev/null
wait_until 20 "networks of two nodes" are podCIDRs '["10.7.0.0/24","10.9.0.0/24","fd00:7::/64"]'
check kubectl get clusternetworks

# another one that leads writes nothing that is there
generation() {
    kubectl get clusternetworks cluster -o 'jsonpath={.metadata.generation}'
}
before=$(generation)
kill -TERM "$first"
start_operator second
second=$BACKGROUND_PID
has_holder() {
    [[ $(kubectl get lease trigon-operator -o 'jsonpath={.spec.holderIdentity}') == "$1" ]]
}
wait_until 20 "second operator" has_holder second
kubectl delete node networks-c >/dev/null
wait_until 20 "networks of one node" are podCIDRs '["10.7.0.0/24","fd00:7::/64"]'
check_output "$((before + 1))" generation
kill -TERM "$second"

# the object is deleted, or edited: it comes again
kubectl delete clusternetworks cluster >/dev/null
start_operator other
other=$BACKGROUND_PID
wait_until 30 "object that comes again" are podCIDRs '["10.7.0.0/24","fd00:7::/64"]'
kubectl patch clusternetworks cluster --type merge -p '{"status": {"podCIDRs": ["0.0.0.0/0"]}}' >/dev/null
wait_until 45 "what it was before the edit" are podCIDRs '["10.7.0.0/24","fd00:7::/64"]'
kill -TERM "$other"

# what is given
start_operator third --pod-cidr 10.128.0.0/17,10.128.128.0/17 --pod-cidr fd00:8::/48 --service-cidr 10.64.0.0/12
wait_until 20 "given networks" are podCIDRs '["10.128.0.0/16","fd00:8::/48"]'
wait_until 20 "given networks" are serviceCIDRs '["10.64.0.0/12"]'
check_fails '"10.128.0.0/33" is no network, such as' "$TRIGON" operator --kubeconfig "$operator_config" --pod-cidr 10.128.0.0/33

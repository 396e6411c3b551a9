# The roles of k8s/manifests: the agent of a node writes that node's TracingNode and no other one, deletes none, and changes no
# policy.
# timeout: 300

object() {
    echo "{apiVersion: trigon.dev/v1alpha1, kind: TracingNode, metadata: {name: $1}, status: {nodeName: $1, agentVersion: test}}"
}

# Writes the TracingNode of node $2 as kubeconfig $1, as the agent does.
write_as() {
    object "$2" | kubectl_as "$1" apply --server-side --force-conflicts --field-manager trigon-agent -f -
}

is_in_force() {
    ! write_as "$unbound" "$own" >/dev/null 2>&1
}

own=rbac-own-$NAMESPACE
other=rbac-other-$NAMESPACE
cleanup 'kubectl delete tracingnodes --all >/dev/null'
crds_make
node_make "$own"
node_make "$other"
kubectl create serviceaccount trigon
apply_manifest ClusterRole ClusterRoleBinding
unbound=$(make_kubeconfig trigon serviceaccount)

# --- without the policy any agent may write any: what follows is the policy's doing
check write_as "$unbound" "$own"
apply_manifest ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding
wait_until 20 "admission policy" is_in_force
check_fails 'only the agent of node .*the token names no node' write_as "$unbound" "$own"

# --- a token of a pod on the node
kubectl create -f - >/dev/null <<POD
apiVersion: v1
kind: Pod
metadata: {name: agent}
spec:
  nodeName: "$own"
  serviceAccountName: trigon
  terminationGracePeriodSeconds: 0
  containers: [{name: agent, image: none, imagePullPolicy: Never}]
POD
token=$(kubectl create token trigon --bound-object-kind Pod --bound-object-name agent)
bound=$WORK/bound.conf
sed "s|token: .*|token: $token|" "$unbound" >"$bound"
check write_as "$bound" "$own"
check_fails "only the agent of node $other may write this TracingNode; the token is of node $own" write_as "$bound" "$other"
object "$other" | check kubectl apply -f - >/dev/null # an administrator may
check_fails "only the agent of node $other" write_as "$bound" "$other"

# --- and nothing else
check_fails 'cannot delete' kubectl_as "$bound" delete tracingnode "$own"
check_fails 'cannot list' kubectl_as "$bound" get tracingnodes
check_fails 'cannot create' kubectl_as "$bound" create -f "$REPOSITORY/policies/privileges-raise.yaml"
for verb in update delete patch; do
    check_fails '^no' kubectl_as "$bound" auth can-i "$verb" tracingpolicies.cilium.io
    check_fails '^no' kubectl_as "$bound" auth can-i "$verb" pods
done
check_fails '^no' kubectl_as "$bound" auth can-i get secrets

# --- the cluster's networks: agents read them, the operator alone writes them
check kubectl_as "$unbound" get clusternetworks
check_fails Forbidden kubectl_as "$unbound" apply --server-side -f - <<OBJECT
{"apiVersion": "trigon.dev/v1alpha1", "kind": "ClusterNetwork", "metadata": {"name": "cluster"}, "status": {"podCIDRs": ["0.0.0.0/0"]}}
OBJECT

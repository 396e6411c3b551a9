# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Trigon on a real node: the image from the Dockerfile, installed with the chart into the namespace `trigon`. Sourced by a case,
# after lib.sh, which needs kube-controller-manager, kube-scheduler, kubelet, kube-proxy and helm.
#
#   chart_node KERNEL RUNTIME builds the images, boots a node (node.sh) and gives them to it
#   chart_install [OPTION...] installs it and waits until the agent is ready
#   helm ARGUMENT...          the real one, in the namespace of the agents
#   trigon_kubectl ARGUMENT...   kubectl, likewise
#   agent_pod                 prints pod/NAME of the node's agent
#   policies_run NAME...      succeeds if the agent runs just these policies
#   policies_are_ready        succeeds if every policy of the cluster runs on every node that should run it
#   node_is_since_6_2         succeeds if the node's kernel is that or newer
#   policy_since_6_2          prints a policy for the case's namespace, of a function that kernels have since 6.2
#   events FILTER             prints the events in `kubectl logs -c export-stdout` for which the filter holds, one a line
#   log_copy FILE             copies the node's log, as far as its disk has it, to $NODE_DIR/FILE, with the files that were rotated

# shellcheck source=tests/e2e/node.sh
. "$E2E_DIR/node.sh"

HELM=$("$E2E_DIR/tools" path helm)
TRIGON_NAMESPACE=trigon
IMAGES=$WORK/images
POD_LIMIT_S=90
# shellcheck disable=SC2034 # lib.sh's; each try is a kubectl, and takes CPU time that the VM needs
POLL_S=0.3
EVENT_LIMIT_S=30

((EUID == 0)) || skip "buildah and the VM's files need root"
[[ ${TRIGON_E2E_DRIVER:-} == kind ]] || missing=$("$REPOSITORY/tools/deps.sh" --check node vm) || skip "missing packages, tools/deps.sh node vm: $missing"

helm() {
    "$HELM" --namespace "$TRIGON_NAMESPACE" "$@" >"$WORK/helm.out" 2>&1 || fail "helm $*: $(<"$WORK/helm.out")"
}

trigon_kubectl() {
    kubectl --namespace "$TRIGON_NAMESPACE" "$@"
}

# What the pod said.
_keep_logs() {
    local container

    for container in trigon export-stdout; do
        trigon_kubectl logs ds/trigon -c "$container" --tail=-1 >"$LOGS/container-$container.log" 2>&1
    done
}

chart_node() {
    local image

    "$E2E_DIR/image" build "$IMAGES"
    step "booting the node"
    node_start "$1" "$2"
    step "the node is ready"
    for image in trigon pause shell busybox; do
        cp "$IMAGES/$image.tar" "$NODE_DIR"
        check node_run 120 "ctr -n k8s.io images import /mnt/results/$image.tar"
    done
    check node_run 30 sync # as they are on a node's disk when it has been up for a while
    step "images imported"
}

chart_install() {
    cleanup _keep_logs
    helm install trigon "$REPOSITORY/helm/trigon" --create-namespace --set image.pullPolicy=Never --wait --timeout "$(limit 60)" "$@"
    # Helm waits for all nodes but those that an update may leave without a pod, which is the only one here.
    check trigon_kubectl rollout status ds/trigon --timeout "$(limit "$POD_LIMIT_S")"
    step "installed"
}

agent_pod() {
    trigon_kubectl get pod -l app.kubernetes.io/component=agent --field-selector status.phase=Running -o name | head -n 1
}

policies_run() {
    FOUND=$(trigon_kubectl exec "$(agent_pod)" -c trigon -- /usr/bin/trigon policy list -o json 2>/dev/null |
        jq -r '.[] | select(.state == "enabled") | .name' | sort | xargs)
    [[ $FOUND == "$*" ]]
}

policies_are_ready() {
    FOUND=$(kubectl get tracingpolicies,tracingpoliciesnamespaced -A -o json | jq -r '.items[] | "\(.metadata.name) \(.status.ready)"')
    [[ -n $FOUND ]] && ! grep -qv ' 1/1$' <<<"$FOUND"
}

node_is_since_6_2() {
    local release

    release=$(kubectl get node "$NODE" -o 'jsonpath={.status.nodeInfo.kernelVersion}')
    [[ $(printf '%s\n' 6.2 "$release" | sort -V | head -n 1) == 6.2 ]]
}

policy_since_6_2() {
    cat <<POLICY
apiVersion: cilium.io/v1alpha1
kind: TracingPolicyNamespaced
metadata: {name: truncate, namespace: $NAMESPACE}
spec:
  kprobes: [{call: security_file_truncate, syscall: false}]
POLICY
}

events() {
    trigon_kubectl logs "$(agent_pod)" -c export-stdout --tail=-1 | whole_lines | jq -c "select($1)"
}

log_copy() {
    check node_run 20 "find /var/log/trigon -name 'trigon*.log' | LC_ALL=C sort | xargs cat >/mnt/results/$1; sync"
}

# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Trigon on a real node: the image from the Dockerfile, installed with the chart into the case's namespace. Sourced by a case,
# after lib.sh, which needs kube-controller-manager, kube-scheduler, kubelet, kube-proxy and helm.
#
#   chart_node KERNEL         builds the images, boots a node (node.sh) and gives them to it
#   chart_install [OPTION...] installs it and waits until the agent is ready
#   helm ARGUMENT...          the real one, in the case's namespace
#   agent_pod                 prints pod/NAME of the node's agent
#   policies_run NAME...      succeeds if the agent runs just these policies
#   events FILTER             prints the events in `kubectl logs -c export-stdout` for which the filter holds, one a line
#   step TEXT                 says it, with the time

# shellcheck source=tests/e2e/node.sh
. "$E2E_DIR/node.sh"

HELM=$("$E2E_DIR/tools" path helm)
IMAGES=$REPOSITORY/build/e2e/images
POD_LIMIT_S=90
EVENT_LIMIT_S=30

((EUID == 0)) || skip "buildah and the VM's files need root"
[[ ${TRIGON_E2E_DRIVER:-} == kind ]] || missing=$("$REPOSITORY/tools/deps.sh" --check node vm) || skip "missing packages, tools/deps.sh node vm: $missing"

helm() {
    "$HELM" --namespace "$NAMESPACE" "$@" >"$WORK/helm.out" 2>&1 || fail "helm $*: $(<"$WORK/helm.out")"
}

step() {
    echo "$SECONDS s: $*"
}

# What the pod said is read by whoever looks for the reason of a failure.
_keep_logs() {
    local container

    for container in trigon export-stdout; do
        kubectl logs ds/trigon -c "$container" --tail=-1 >"$REPOSITORY/build/e2e/$container.log" 2>&1
    done
}

chart_node() {
    local image

    "$E2E_DIR/image" build "$IMAGES"
    step "booting the node"
    node_start "$1"
    step "the node is ready"
    for image in trigon pause shell; do
        cp "$IMAGES/$image.tar" "$NODE_DIR"
        check node_run 120 "ctr -n k8s.io images import /mnt/results/$image.tar"
    done
    step "images imported"
}

chart_install() {
    helm install trigon "$REPOSITORY/helm/trigon" --set image.pullPolicy=Never --wait --timeout 3m "$@"
    cleanup _keep_logs
    # Helm waits for all nodes but those that an update may leave without a pod, which is the only one here.
    check kubectl rollout status ds/trigon --timeout "${POD_LIMIT_S}s"
    step "installed"
}

agent_pod() {
    kubectl get pod -l app.kubernetes.io/component=agent --field-selector status.phase=Running -o name | head -n 1
}

policies_run() {
    local running

    running=$(kubectl exec "$(agent_pod)" -c trigon -- /usr/bin/trigon policy list -o json 2>/dev/null |
        jq -r '.[] | select(.state == "enabled") | .name' | sort | xargs)
    [[ $running == "$*" ]]
}

events() {
    kubectl logs "$(agent_pod)" -c export-stdout --tail=-1 | jq -c "select($1)"
}

# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# A real node of the case's control plane: kubelet, containerd and kube-proxy in a VM. Sourced by a case, after lib.sh, which
# needs kubelet and kube-proxy, kube-controller-manager, kube-scheduler and root.
#
#   node_start KERNEL            boots it and waits until it is Ready. It ends with the case
#   node_run SECONDS COMMAND     a command line in the VM, with its output and exit status
#   $NODE_DIR                    a directory that the node has at /mnt/results
#
# With kind (TRIGON_E2E_DRIVER) it is the container that the cluster has, with this machine's kernel.
#
# It is called localhost, since that is where the API server looks for the kubelet: qemu hands a port of the loopback on to
# the VM, which has the same number there.

VM_DIR=$REPOSITORY/tests/vm
# shellcheck source=tests/vm/kernel.sh
. "$VM_DIR/kernel.sh"
# shellcheck source=tests/vm/machine.sh
. "$VM_DIR/machine.sh"

NODE=localhost
NODE_LIMIT_S=240
NODE_LIFE_S=1800
MACHINE_MEMORY_MIB=4096

_node_number=0

# What the guest finds in /mnt/results.
_node_write_files() {
    local dir=$1 port=$2 kernel=$3 name

    mkdir -p "$dir/orders"
    for name in system:node:$NODE system:kube-proxy; do
        if [[ $name == system:node:* ]]; then
            make_kubeconfig "$name" user system:nodes
        else
            make_kubeconfig "$name" user
        fi >/dev/null
        # shellcheck disable=SC2153 # lib.sh's
        sed "s|https://127.0.0.1:|https://10.0.2.2:|" "$WORK/$name.conf" >"$dir/${name#system:}.conf"
    done
    mv "$dir/node:$NODE.conf" "$dir/kubelet.conf"
    cp "$CLUSTER/pki/ca.crt" "$dir/ca.crt"
    cp "$("$E2E_DIR/tools" path kubelet)" "$("$E2E_DIR/tools" path kube-proxy)" "$dir"
    printf '%s=%q\n' TRIGON_KERNEL "$kernel" TRIGON_JOB shell TRIGON_REPOSITORY "$REPOSITORY" \
        TRIGON_MODULES "$KERNELS/$kernel/root/lib/modules" TRIGON_ROWS 24 TRIGON_COLUMNS 200 TRIGON_TERM dumb \
        TRIGON_COMMAND "KUBELET_PORT=$port NODE=$NODE bash /mnt/trigon/tests/e2e/node-guest.sh" >"$dir/job"
}

_node_is_ready() {
    [[ $(kubectl get node "$NODE" -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}' 2>/dev/null) == True ]] ||
        ! kill -0 "$NODE_PID" 2>/dev/null
}

node_start() {
    local kernel=$1 dir=$WORK/node port reason

    if [[ ${TRIGON_E2E_DRIVER:-} == kind ]]; then
        NODE_DIR=$CLUSTER/node
        NODE=$(kubectl get nodes -o 'jsonpath={.items[0].metadata.name}')
        return
    fi

    NODE_DIR=$dir
    ! reason=$(machine_is_impossible) || skip "$reason"
    reason=$(kernel_fetch "$kernel") || skip "$reason"
    port=$(free_port)
    _node_write_files "$dir" "$port" "$kernel"
    # shellcheck disable=SC2034,SC2054 # machine.sh's; qemu's commas
    MACHINE_NETWORK=(-netdev "user,id=net,hostfwd=tcp:127.0.0.1:$port-:$port" -device virtio-net-pci,netdev=net)
    background node machine_boot "$kernel" "$dir" "$NODE_LIFE_S" cases
    NODE_PID=$BACKGROUND_PID
    cleanup "machine_kill '$dir' KILL"
    cleanup "kubectl delete node $NODE --ignore-not-found --wait=false >/dev/null"
    cleanup "cp '$dir/console' '$dir'/*.log '$REPOSITORY/build/e2e/' 2>/dev/null"
    wait_until "$NODE_LIMIT_S" "node that is ready" _node_is_ready
    kill -0 "$NODE_PID" 2>/dev/null || fail "the VM ended: $(tail -n 20 "$dir/console")"
}

_node_has_done() {
    [[ -e $1.status ]]
}

node_run() {
    local seconds=$1 order

    if [[ ${TRIGON_E2E_DRIVER:-} == kind ]]; then
        timeout "$seconds" docker exec "$NODE" sh -c "$2"
        return
    fi
    _node_number=$((_node_number + 1))
    order=$NODE_DIR/orders/$_node_number
    printf '%s\n' "$2" >"$order.new"
    mv "$order.new" "$order.sh"
    wait_until "$seconds" "end of the command in the VM" _node_has_done "$order"
    cat "$order.out"
    return "$(<"$order.status")"
}

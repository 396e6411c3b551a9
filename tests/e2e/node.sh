# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# A real node of the case's control plane: kubelet, containerd and kube-proxy in a VM. Sourced by a case, after lib.sh, which
# needs kubelet and kube-proxy, kube-controller-manager, kube-scheduler and root.
#
#   node_start KERNEL RUNTIME    boots it and waits until it is Ready. It ends with the case. The runtime is runc or crun, which
#                                starts containers in a fraction of the time
#   node_reset                   the same machine again after its power was cut; waits until it is Ready
#   node_run SECONDS COMMAND     a command line in the VM, with its output and exit status
#   node_kernel_run SECONDS COMMAND   the same where the tools are that ask its kernel: with kind, this machine
#   $NODE_DIR                    a directory that the node has at /mnt/results
#
# What it keeps over a reset is on its disk, as on a real node: images and containers, the kubelet's state, static pods, logs.
#
# With kind (TRIGON_E2E_DRIVER) it is the container that the cluster has, with this machine's kernel, and cannot be reset.
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
NODE_LIFE_S=2400
NODE_DISK_SIZE=4G # sparse
MACHINE_MEMORY_MIB=4096

_node_kernel=

# What the guest finds in /mnt/results.
_node_write_files() {
    local dir=$1 port=$2 kernel=$3 runtime=$4 name

    mkdir -p "$dir"
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
        TRIGON_COMMAND "KUBELET_PORT=$port NODE=$NODE RUNTIME=$runtime bash /mnt/trigon/tests/e2e/node-guest.sh" >"$dir/job"
}

_node_boot_id() {
    kubectl get node "$NODE" -o 'jsonpath={.status.nodeInfo.bootID}' 2>/dev/null
}

# Whether it has said so since the boot BOOT_ID.
_node_is_ready_since() {
    [[ $(_node_boot_id) != "$1" &&
        $(kubectl get node "$NODE" -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}' 2>/dev/null) == True ]] ||
        ! kill -0 "$NODE_PID" 2>/dev/null
}

# Boots what node_start has made. BOOT_ID is that of the boot before.
_node_boot() {
    local boot_id=$1

    rm -rf "$NODE_DIR/orders"
    mkdir "$NODE_DIR/orders"
    background node machine_boot "$_node_kernel" "$NODE_DIR" "$NODE_LIFE_S" cases
    NODE_PID=$BACKGROUND_PID
    wait_until "$NODE_LIMIT_S" "node that is ready" _node_is_ready_since "$boot_id"
    kill -0 "$NODE_PID" 2>/dev/null || fail "the VM ended: $(tail -n 20 "$NODE_DIR/console")"
}

node_start() {
    local port reason

    if [[ ${TRIGON_E2E_DRIVER:-} == kind ]]; then
        NODE_DIR=$CLUSTER/node
        NODE=$(kubectl get nodes -o 'jsonpath={.items[0].metadata.name}')
        return
    fi

    NODE_DIR=$WORK/node
    _node_kernel=$1
    ! reason=$(machine_is_impossible) || skip "$reason"
    reason=$(kernel_fetch "$_node_kernel") || skip "$reason"
    port=$(free_port)
    _node_write_files "$NODE_DIR" "$port" "$_node_kernel" "$2"
    truncate -s "$NODE_DISK_SIZE" "$NODE_DIR/disk"
    mkfs.ext4 -q -L node "$NODE_DIR/disk"
    # shellcheck disable=SC2034,SC2054 # machine.sh's; qemu's commas
    MACHINE_DEVICES=(
        -netdev "user,id=net,hostfwd=tcp:127.0.0.1:$port-:$port" -device virtio-net-pci,netdev=net
        -drive "file=$NODE_DIR/disk,format=raw,if=none,id=disk,cache=unsafe" -device virtio-blk-pci,drive=disk
    )
    cleanup "machine_kill '$NODE_DIR' KILL"
    cleanup "kubectl delete node $NODE --ignore-not-found --wait=false >/dev/null"
    cleanup "cp '$NODE_DIR/console' '$NODE_DIR'/*.log '$LOGS' 2>/dev/null"
    _node_boot ''
}

_node_has_ended() {
    ! kill -0 "$NODE_PID" 2>/dev/null
}

node_reset() {
    local boot_id

    boot_id=$(_node_boot_id)
    machine_kill "$NODE_DIR" KILL
    wait_until 10 "end of the VM" _node_has_ended
    # The node's disk is another device than before, as may happen to any.
    MACHINE_DEVICES=(-drive driver=null-co,if=none,id=first,size=1M -device virtio-blk-pci,drive=first "${MACHINE_DEVICES[@]}")
    _node_boot "$boot_id"
}

_node_has_done() {
    [[ -e $1.status ]]
}

node_run() {
    local seconds=$1 number=1 order

    if [[ ${TRIGON_E2E_DRIVER:-} == kind ]]; then
        timeout "$seconds" docker exec "$NODE" sh -c "$2"
        return
    fi
    while [[ -e $NODE_DIR/orders/$number.sh ]]; do # no variable would know of those given in a subshell
        number=$((number + 1))
    done
    order=$NODE_DIR/orders/$number
    printf '%s\n' "$2" >"$order.new"
    mv "$order.new" "$order.sh"
    wait_until "$seconds" "end of the command in the VM" _node_has_done "$order"
    cat "$order.out"
    return "$(<"$order.status")"
}

node_kernel_run() {
    if [[ ${TRIGON_E2E_DRIVER:-} == kind ]]; then
        timeout "$1" sh -c "$2"
    else
        node_run "$@"
    fi
}

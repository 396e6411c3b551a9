#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Makes the VM a node of a cluster, and does what tests/e2e/node.sh orders, until the VM is ended. Runs in the guest, with
# KUBELET_PORT, NODE and RUNTIME; /mnt/results has programs, certificates and orders, and gets the logs.

set -euo pipefail

SHARED=/mnt/results
RUN=/run/node
POD_CIDR=10.244.0.0/24 # the first that the controller manager gives
KEPT=(/var/lib/containerd /var/lib/kubelet /var/lib/cni /var/log /etc/kubernetes/manifests) # over a reset
ORDER_POLL_S=0.1

# shellcheck source=tests/e2e/node-programs.sh
. "$(dirname "${BASH_SOURCE[0]}")/node-programs.sh"

export GOGC=400 # there is memory, and one emulated CPU

prepare_network() {
    modprobe -a virtio_net bridge veth br_netfilter nf_conntrack
    ip address add 10.0.2.15/24 dev eth0
    ip link set eth0 up
    ip route add default via 10.0.2.2
    echo "127.0.0.1 localhost" >/etc/hosts
    # the loader's events, see docs/install.md
    sysctl -q -w kernel.perf_event_paranoid=2
    sysctl -q -w net.ipv4.ip_forward=1 net.bridge.bridge-nf-call-iptables=1
}

prepare_mounts() {
    local dir

    mount --make-rshared /
    modprobe -a virtio_blk ext4
    mkdir -p "$RUN/disk" "$RUN/cni"
    mount -L node "$RUN/disk"
    for dir in "${KEPT[@]}"; do
        mkdir -p "$dir" "$RUN/disk$dir"
        mount --bind "$RUN/disk$dir" "$dir"
    done
    mount --make-rshared /var/lib/kubelet
}

write_cni() {
    cat >"$RUN/cni/10-bridge.conflist" <<CNI
{"cniVersion": "0.4.0", "name": "pods", "plugins": [
  {"type": "bridge", "bridge": "cni0", "isGateway": true, "ipMasq": true, "hairpinMode": true,
   "ipam": {"type": "host-local", "subnet": "$POD_CIDR", "routes": [{"dst": "0.0.0.0/0"}]}},
  {"type": "portmap", "capabilities": {"portMappings": true}}]}
CNI
}

start_kubelet() {
    kubelet_start "$KUBELET_PORT" --node-ip 10.0.2.15 <<<"staticPodPath: /etc/kubernetes/manifests"
}

start_kube_proxy() {
    install -m 755 "$SHARED/kube-proxy" "$RUN"
    "$RUN/kube-proxy" --kubeconfig "$SHARED/kube-proxy.conf" --hostname-override "$NODE" --cluster-cidr 10.244.0.0/16 \
        --conntrack-max-per-core 0 >"$SHARED/kube-proxy.log" 2>&1 &
}

do_orders() {
    local number=1

    while true; do
        if [[ -e $SHARED/orders/$number.sh ]]; then
            local status=0
            bash "$SHARED/orders/$number.sh" >"$SHARED/orders/$number.out" 2>&1 </dev/null || status=$?
            echo "$status" >"$SHARED/orders/$number.new"
            mv "$SHARED/orders/$number.new" "$SHARED/orders/$number.status"
            number=$((number + 1))
        else
            sleep "$ORDER_POLL_S"
        fi
    done
}

prepare_network
prepare_mounts
write_cni
containerd_start /var/lib/containerd /run/containerd
start_kubelet
start_kube_proxy
do_orders

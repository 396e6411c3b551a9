# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# The programs of a node. Sourced by what makes one: node-guest.sh in a VM, node-here.sh on this machine.
#
# With $SHARED (certificates, kubeconfigs; gets the logs), $RUN (for files that only this node reads), $RUNTIME, $NODE:
#
#   containerd_start ROOT STATE [OPTION]   containerd with the container runtime, waits until it answers; an OPTION for its pods
#   kubelet_start PORT [OPTION...] <MORE   the kubelet; MORE is configuration

PAUSE=localhost/pause:test
SOCKET_POLL_S=0.1

containerd_start() {
    cat >"$RUN/containerd.toml" <<CONFIG
version = 2
root = "$1"
state = "$2"
[grpc]
  address = "/run/containerd/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "$PAUSE"
  ${3:-}
[plugins."io.containerd.grpc.v1.cri".containerd]
  default_runtime_name = "$RUNTIME"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.$RUNTIME]
  runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.$RUNTIME.options]
  BinaryName = "$(command -v "$RUNTIME")"
[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "/usr/lib/cni"
  conf_dir = "$RUN/cni"
CONFIG
    containerd --config "$RUN/containerd.toml" >"$SHARED/containerd.log" 2>&1 &
    until [[ -S /run/containerd/containerd.sock ]]; do
        sleep "$SOCKET_POLL_S"
    done
}

kubelet_start() {
    local port=$1

    shift
    {
        cat <<CONFIG
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
port: $port
authentication:
  x509: {clientCAFile: $SHARED/ca.crt}
  webhook: {enabled: true}
  anonymous: {enabled: false}
authorization: {mode: Webhook}
cgroupDriver: cgroupfs
containerRuntimeEndpoint: unix:///run/containerd/containerd.sock
failSwapOn: false
containerLogMaxSize: 100Mi
evictionHard: {memory.available: 1Mi, nodefs.available: 1%, imagefs.available: 1%, nodefs.inodesFree: 0%}
CONFIG
        cat
    } >"$RUN/kubelet.yaml"
    install -m 755 "$SHARED/kubelet" "$RUN"
    "$RUN/kubelet" --config "$RUN/kubelet.yaml" --kubeconfig "$SHARED/kubelet.conf" --hostname-override "$NODE" \
        "$@" >"$SHARED/kubelet.log" 2>&1 &
}

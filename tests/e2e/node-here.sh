#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# node-here.sh DIR PORT IMAGE...: makes this machine a node of a cluster, for pods of the host's network, until it is ended.
#
# In namespaces of its own for mounts and processes, so that all of it ends with it, and outside of a mount is left only what
# is named here: the cgroup below $CGROUP, and containerd's $STATE, which is one of those in which the agent, which runs on the
# machine as on any, looks for containers. DIR has ca.crt, kubelet.conf and kubelet, and gets the logs; `ready` is there when the
# images are.

set -euo pipefail

SHARED=$1 PORT=$2
IMAGES=("${@:3}")
NODE=${NODE:?} RUNTIME=${RUNTIME:?}
RUN=$SHARED/run
STATE=/run/k0s
CGROUP=${CGROUP:?} # name of the folder in each hierarchy
# The kubelet writes them, and they are not ours to change: it writes into copies.
SYSCTLS=(vm/overcommit_memory vm/panic_on_oom kernel/panic kernel/panic_on_oops kernel/keys/root_maxkeys kernel/keys/root_maxbytes)

# shellcheck source=tests/e2e/node-programs.sh
. "$(dirname "${BASH_SOURCE[0]}")/node-programs.sh"

prepare_mounts() {
    local name

    mount --make-rprivate /
    mkdir -p "$STATE" "$RUN/cni" "$RUN/state" "$RUN/sysctl" "$RUN/root"
    mount --bind "$STATE" "$RUN/state"
    mount -t tmpfs -o mode=755 tmpfs "$RUN/root"
    mount -t tmpfs -o mode=755 tmpfs /var/log
    mount -t tmpfs -o mode=755 tmpfs /run
    mkdir -p "$STATE"
    mount --bind "$RUN/state" "$STATE"
    mount --make-rshared /
    for name in "${SYSCTLS[@]}"; do
        cp "/proc/sys/$name" "$RUN/sysctl/${name//\//.}"
        mount --bind "$RUN/sysctl/${name//\//.}" "/proc/sys/$name"
    done
    echo '{"cniVersion": "0.4.0", "name": "none", "plugins": [{"type": "loopback"}]}' >"$RUN/cni/10-none.conflist"
}

prepare_mounts
containerd_start "$RUN/root" "$STATE/containerd" "restrict_oom_score_adj = true" # which may need a capability that is not there
for image in "${IMAGES[@]}"; do
    ctr -n k8s.io images import "$image" >"$SHARED/images.log" 2>&1
done
kubelet_start "$PORT" --root-dir "$RUN/root/kubelet" <<CONFIG
address: 127.0.0.1
healthzPort: 0
cgroupRoot: /$CGROUP
enforceNodeAllocatable: []
failCgroupV1: false
makeIPTablesUtilChains: false
maxPods: 300
CONFIG
touch "$SHARED/ready"
wait -n # none ends by itself

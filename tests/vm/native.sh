#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs cases on this machine's own kernel: native.sh REPOSITORY RESULTS LIVE CASE...
#
# `vm` starts it as root in a mount namespace of its own (unshare), so all that is mounted here is seen by the cases only:
# the same places as in a guest (/mnt/trigon, /mnt/results, /mnt/work, an empty /tmp) and the kernel's file systems that
# this machine may not have mounted.

set -euo pipefail

repository=$1 results=$2
LIVE=$3
shift 3

mount_if_missing() {
    if [[ -d $2 ]] && ! mountpoint -q "$2"; then
        mount -t "$1" "$1" "$2" || echo "native: no $1 on this kernel" >&2
    fi
}

# Built elsewhere and moved to its place, because the repository may itself be below /mnt or /tmp.
cd /
stage=$results/stage
mkdir -p "$stage"
mount -t tmpfs -o mode=755 tmpfs "$stage"
mkdir "$stage"/{trigon,results,work}
mount --bind "$repository" "$stage/trigon"
mount --bind "$results" "$stage/results"
mount --move "$stage" /mnt
mount -t tmpfs -o mode=1777 tmpfs /tmp
mount_if_missing bpf /sys/fs/bpf
mount_if_missing securityfs /sys/kernel/security
mount_if_missing tracefs /sys/kernel/tracing

VM_DIR=/mnt/trigon/tests/vm
RESULTS=/mnt/results
# shellcheck source=tests/vm/cases.sh
. "$VM_DIR/cases.sh"
cases_run native "$@"

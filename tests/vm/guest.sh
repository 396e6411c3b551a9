#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The guest's process 1 after init: does the job that `vm` wrote, then switches the guest off.
#
# A job is a list of cases, whose progress goes to the second serial port, or a shell or command on the first one, which
# is the console.

set -uo pipefail # no -e: process 1 must reach its end

VM_DIR=/mnt/trigon/tests/vm
RESULTS=/mnt/results
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export HOME=/root USER=root LANG=C.UTF-8 TERM=linux

# shellcheck source=/dev/null # written by machine.sh
. "$RESULTS/job"
# shellcheck source=tests/vm/cases.sh
. "$VM_DIR/cases.sh"

# An interactive shell, or TRIGON_COMMAND, on the console.
run_shell() {
    local -a shell=(bash -l)

    if [[ -n $TRIGON_COMMAND ]]; then
        shell=(bash -c "$TRIGON_COMMAND")
    fi
    cd "$VM_DIR/../.." || return
    stty sane rows "$TRIGON_ROWS" cols "$TRIGON_COLUMNS"
    TERM=$TRIGON_TERM setsid -c -w "${shell[@]}"
    echo "$?" >"$RESULTS/shell.status"
}

if [[ $TRIGON_JOB == shell ]]; then
    run_shell </dev/ttyS0 >/dev/ttyS0 2>&1
else
    LIVE=$TRIGON_LIVE
    stty -F /dev/ttyS1 raw -echo
    # shellcheck disable=SC2086 # names without blanks
    cases_run "$TRIGON_KERNEL" $TRIGON_CASES >/dev/ttyS1
fi
# Off at once: nothing needs to be written back, and qemu ends at a restart (-no-reboot).
stty -F /dev/ttyS0 sane
echo b >/proc/sysrq-trigger

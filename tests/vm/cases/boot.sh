# The harness itself: the kernel that was asked for runs, with all that the other cases build on.

if [[ $KERNEL != native ]]; then
    check test "$(uname -r | grep -cE "^${KERNEL//./\\.}\\.")" = 1
    check test "$(stat -fc %T /sys/fs/cgroup)" = cgroup2fs
    check grep -qw memory /sys/fs/cgroup/cgroup.controllers
    check test -e /sys/kernel/tracing/available_events
    check grep -qw bpf /sys/kernel/security/lsm
    check test "$(</sys/class/net/lo/flags)" = 0x9
    check modprobe veth
    check modprobe nf_tables
    check modprobe br_netfilter
fi

# eBPF Subsystem Interactions: the line for a program that is loaded, none for bpftool that looks; maps, perf events, bpffs.
filter=$(library_filter "eBPF Subsystem Interactions")
hooks='.process_kprobe | select(.policy_name == "bpf-library-policy") |
    "\(.process.binary) \(.process.arguments) \(.function_name) \(.args)"'
map=/sys/fs/bpf/trigon-$$

agent_start --tracing-policy "$REPOSITORY/policies/bpf.yaml"
require_hook bpf_check
policies_ready
bpftool prog list >/dev/null
# bpftool tries out what the kernel can do: with a program of two instructions.
bpftool map create "$map" type hash key 8 value 4 entries 16 name trigon
cleanup "rm $map"
ls /sys/fs/bpf >/dev/null
ls /sys/fs/cgroup >/dev/null
if [[ $(uname -m) == x86_64 ]]; then
    # perf_event_open() of a software event, PERF_COUNT_SW_CONTEXT_SWITCHES
    perl -e 'my $event = pack("LLQx96", 1, 112, 3); syscall(298, $event, 0, -1, -1, 0) > 0 or die $!'
    expect_jq "$hooks" 'bin/perl .* security_perf_event_alloc .*\\"Type\\":\\"PERF_TYPE_SOFTWARE\\",\\"Config\\":\\"3\\"'
fi
log_sync

expect_jq "$filter" "^\"[0-9T:.-]+Z /usr/sbin/bpftool map create $map .* programType:BPF_PROG_TYPE_SOCKET_FILTER programInsn:2\"\$"
expect_no_jq "$filter" '/usr/sbin/bpftool prog list'
expect_jq "$hooks" "bpftool map create $map .* security_bpf_map_(alloc|create) .*BPF_MAP_TYPE_HASH\\\\\",\\\\\"KeySize\\\\\":8,\\\\\"ValueSize\\\\\":4,\\\\\"MaxEntries\\\\\":16,\\\\\"MapName\\\\\":\\\\\"trigon\\\\\"" 1
expect_jq "$hooks" 'bin/ls /sys/fs/bpf security_file_permission .*\\"path\\":\\"/sys/fs/bpf\\"'
expect_no_jq "$hooks" 'bin/ls /sys/fs/cgroup'

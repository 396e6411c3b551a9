# Container ids from the cgroup paths that Kubernetes makes, also deep ones and cgroups used as soon as they are made.
# timeout: 300
hierarchy=/sys/fs/cgroup
if [[ -d $hierarchy/memory ]]; then
    hierarchy=$hierarchy/memory # version 1, which is this machine's when it runs natively
fi
cleanup "find $hierarchy/kubepods $hierarchy/kubepods.slice -depth -type d -exec rmdir {} +"

# run_in CGROUP COMMAND...
run_in() {
    mkdir -p "$hierarchy/$1"
    (
        echo "$BASHPID" >"$hierarchy/$1/cgroup.procs"
        exec "${@:2}"
    )
}

# Prints a container id that begins with 31 characters of its own.
id_of() {
    printf '%08xabcdefabcdefabcdefabcde%033d\n' "$1" 0
}

uid=0d3ba7c3-6d0b-4bd5-8b0b-6f1c8a3f9b52
slice=kubepods-besteffort-pod${uid//-/_}.slice
pod=kubepods.slice/kubepods-besteffort.slice/$slice

agent_start
run_in "kubepods/besteffort/pod$uid/$(id_of 1)" /bin/true case cgroupfs
run_in "$pod/cri-containerd-$(id_of 2).scope" /bin/true case systemd, containerd
run_in "$pod/crio-$(id_of 3).scope" /bin/true case systemd, cri-o
run_in "$pod/cri-containerd-$(id_of 4).scope/init.scope" /bin/true case systemd inside
run_in "$pod/cri-containerd-$(id_of 5).scope/a/b/c/d/e/f" /bin/true case deep
run_in "$pod" /bin/true case pod
run_in "$pod/crio-conmon-$(id_of 6).scope" /bin/true case monitor
run_in "kubepods/besteffort/pod$uid/$(id_of 7 | cut -c 1-63)" /bin/true case short name
/bin/true case outside
for ((i = 1000; i < 1200; i++)); do
    run_in "kubepods/burst/$(id_of $i)" /bin/true case "$i"
    rmdir "$hierarchy/kubepods/burst/$(id_of $i)"
done
agent_stop

{
    echo "case cgroupfs $(id_of 1)"
    echo "case systemd, containerd $(id_of 2)"
    echo "case systemd, cri-o $(id_of 3)"
    echo "case systemd inside $(id_of 4)"
    echo "case deep $(id_of 5)"
    for ((i = 1000; i < 1200; i++)); do
        echo "case $i $(id_of $i)"
    done
} | sed -E 's/[0-9]{33}$//' >expected
for name in pod monitor 'short name' outside; do
    echo "case $name null"
done >>expected
for type in exec exit; do
    jq -r ".process_$type.process | select(.arguments // \"\" | startswith(\"case \")) | \"\(.arguments) \(.docker)\"" "$LOG" >"$type"
    diff <(sort expected) <(sort "$type") || fail "the container ids at $type are not as expected (<)"
done

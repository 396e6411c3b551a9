# Container ids where a hierarchy of cgroup version 1 has the containers, as on nodes that were set up long ago.
# native: no this machine's hierarchies are what they are
id=c1c2c3d4e5f60718293a4b5c6d7e8f9
tail=000000000000000000000000000000000
mkdir v1

# A controller serves one hierarchy, and version 2 gives none up that a cgroup there uses. That of memory last: pages that a
# cgroup has been charged for keep it. A hierarchy goes with its last mount only if there is no cgroup in it, and a removed one
# takes a moment to be gone: the cases to come would have that hierarchy, too.
is_empty() {
    awk -v controller="$controller" '$1 == controller && $3 == 1 { found = 1 } END { exit !found }' /proc/cgroups
}
for controller in pids cpuset memory; do
    if mount -t cgroup -o "$controller" none v1 2>/dev/null; then
        cleanup "echo 3 >/proc/sys/vm/drop_caches; wait_until 20 is_empty; umount $WORK/v1"
        break
    fi
done
mountpoint -q v1 || skip "no controller is free for a hierarchy of version 1"
echo "version 1 has $controller"
mkdir -p "v1/kubepods/pod1/$id$tail" "/sys/fs/cgroup/kubepods/${id//c/d}$tail"
cleanup "find v1/kubepods /sys/fs/cgroup/kubepods -depth -type d -exec rmdir {} +"

# enter CGROUP COMMAND...
enter() {
    (
        echo "$BASHPID" >"$1/cgroup.procs"
        exec "${@:2}"
    )
}

agent_start
enter "v1/kubepods/pod1/$id$tail" /bin/true case version 1
enter "/sys/fs/cgroup/kubepods/${id//c/d}$tail" /bin/true case version 2
/bin/true case outside
agent_stop
expect_jq '.process_exec.process | select(.arguments == "case version 1") | .docker' "^\"$id\"\$" 1
expect_jq '.process_exec.process | select(.arguments // "" | test("case (version 2|outside)")) | .docker' '^null$' 2

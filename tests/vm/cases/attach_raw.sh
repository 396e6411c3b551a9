# --attach raw: raw tracepoints tell the same as the BTF-typed ones do; an agent of each kind looks on.
hierarchy=/sys/fs/cgroup
if [[ -d $hierarchy/memory ]]; then
    hierarchy=$hierarchy/memory # version 1, which is this machine's when it runs natively
fi
container=$hierarchy/kubepods/pod-attach-raw/e1b2c3d4e5f60718293a4b5c6d7e8f9000000000000000000000000000000000
mkdir -p "$container" 'deep/working directory'
cleanup "find $hierarchy/kubepods -depth -type d -exec rmdir {} +"

cp /bin/true suid
cp /bin/true caps
cp /bin/true gone
chmod 4755 suid
setcap cap_net_raw+ep caps

agents=()
logs=()
for means in btf raw; do
    LOG=$WORK/$means.log
    # shellcheck disable=SC2034 # lib.sh reads it
    AGENT_STDERR=$WORK/$means.stderr
    agent_start --attach "$means" --enable-process-cred --enable-process-ns
    agents+=("$AGENT_PID")
    logs+=("$LOG")
done
check grep -q 'BTF-typed tracepoints' btf.stderr
check grep -q 'raw tracepoints' raw.stderr

/bin/true case 'two words' "$(printf 'x%.0s' {1..1000})" "$(printf 'y%.0s' {1..5000})"
/bin/true case "$(printf 'z%.0s' {1..40000})"
(cd 'deep/working directory' && /bin/true case cwd)
as_user 1000 env ./suid case suid
as_user 1000 env ./caps case caps
unshare --mount --uts --ipc --net --pid --fork --user --cgroup --time /bin/true case namespaces
setpriv --securebits=+noroot /bin/true case securebits
exec {gone}<gone
rm gone
"/proc/self/fd/$gone" case gone
(
    echo "$BASHPID" >"$container/cgroup.procs"
    exec unshare --pid --fork /bin/true case container
)
bash -c 'exit 77' case code || true
(bash -c 'kill -TERM $$; :' case signal || true) 2>/dev/null
for agent in "${agents[@]}"; do
    agent_stop "$agent"
done

# Only times differ, and the ids that hold times.
for log in "${logs[@]}"; do
    jq -c 'select((.process_exec // .process_exit).process.arguments // "" | test("(^| )case ")) |
        del(.. | .exec_id?, .parent_exec_id?, .start_time?, .time?)' "$log" >"$log.acts"
done
check test "$(wc -l <raw.log.acts)" -ge 24
diff btf.log.acts raw.log.acts || fail "raw tracepoints (>) tell something else"

LOG=$WORK/raw.log
expect_jq '.process_exec.process | select(.arguments == "case cwd").cwd' "^\"$WORK/deep/working directory\"\$" 1
expect_jq '.process_exec.process | select(.arguments == "case suid").binary_properties | "\(.)"' '^"\{\\"setuid\\":0,' 1
expect_jq '.process_exec.process | select(.arguments == "case caps").cap.permitted[]' '^"CAP_NET_RAW"$' 1
expect_jq '.process_exec.process | select(.arguments == "case gone").binary_properties.file.inode.links' '^0$'
expect_jq '.process_exec.process | select(.binary == "/bin/true" and .arguments == "case container").docker' '^"e1b2c3d4e5f60718293a4b5c6d7e8f9"$' 1
expect_jq '.process_exec.process | select(.arguments // "" | startswith("case zzz")).flags' '^"execve truncArgs clone"$' 1
expect_jq '.process_exit | select(.process.arguments // "" | endswith(" case code")).status' '^77$' 1
expect_jq '.process_exit | select(.process.arguments // "" | endswith(" case signal")).signal' '^"SIGTERM"$' 1

# Set-uid binaries in a user namespace: no effect when the owner is not mapped, its root is not the machine's.
filter='select(.process_exec.process.arguments // "" | startswith("case ")) | .process_exec.process |
    "\(.arguments) \(.process_credentials.uid) \(.process_credentials.euid) \(.cap.permitted | length) \(.binary_properties)"'

# program NAME OWNER
program() {
    cp /bin/true "$1"
    chown "$2:$2" "$1"
    chmod 4755 "$1"
}

program suid-root 0
program suid-1000 1000

unshare --user sleep infinity &
namespace=$!
cleanup "kill $namespace"
wait_until 10 test "$(readlink /proc/self/ns/user)" != "$(readlink "/proc/$namespace/ns/user")" || fail "no user namespace"
echo '0 1000 2' >"/proc/$namespace/uid_map"
echo '0 1000 2' >"/proc/$namespace/gid_map"

# inside ID COMMAND...: runs it as user ID of the namespace, that is 1000 + ID, without privileges
inside() {
    nsenter --target "$namespace" --user --setuid "$1" --setgid "$1" setpriv --inh-caps=-all "${@:2}"
}

agent_start --enable-process-cred
for program in suid-root suid-1000; do
    as_user 1001 "./$program" case outside "$program"
    inside 1 "./$program" case inside "$program"
    inside 0 "./$program" case inside-as-root "$program"
done
agent_stop

capabilities=$(capsh --decode="$(sed -n 's/^CapBnd:\s*//p' /proc/self/status)" | tr ',' '\n' | grep -c cap_)
expect_jq "$filter" "^\"case outside suid-root 1001 0 $capabilities "'\{\\"setuid\\":0,\\"privileges_changed\\":\[\\"PRIVILEGES_RAISED_EXEC_FILE_SETUID\\"\]\}"$' 1
expect_jq "$filter" '^"case outside suid-1000 1001 1000 0 \{\\"setuid\\":1000\}"$' 1
expect_jq "$filter" '^"case inside suid-root 1001 1001 0 null"$' 1
expect_jq "$filter" "^\"case inside suid-1000 1001 1000 $capabilities "'\{\\"setuid\\":1000\}"$' 1
expect_jq "$filter" "^\"case inside-as-root suid-root 1000 1000 $capabilities null\"\$" 1
expect_jq "$filter" "^\"case inside-as-root suid-1000 1000 1000 $capabilities null\"\$" 1

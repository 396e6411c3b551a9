# Set-uid binaries in a user namespace: no effect when the owner is not mapped, its root is not the machine's.
filter='.process_exec.process | select(.arguments // "" | startswith("case ")) |
    "\(.arguments): \(.process_credentials.uid) \(.process_credentials.euid) \(.cap.permitted[:1]) \(.binary_properties)"'

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
wait_until 10 grep -qx sleep "/proc/$namespace/comm" || fail "no user namespace" # executed after the unshare
echo '0 1000 2' >"/proc/$namespace/uid_map"
echo '0 1000 2' >"/proc/$namespace/gid_map"

# inside ID COMMAND...: runs it as user ID of the namespace, that is 1000 + ID, without privileges
inside() {
    nsenter --target "$namespace" --user --setuid "$1" --setgid "$1" setpriv --inh-caps=-all "${@:2}"
}

agent_start --enable-process-cred
for program in suid-root suid-1000; do
    as_user 1001 "./$program" case "$program" outside
    inside 1 "./$program" case "$program" inside
    inside 0 "./$program" case "$program" inside, by its root
done
agent_stop

cat >expected <<'LINES'
case suid-1000 inside, by its root: 1000 1000 ["CAP_CHOWN"] null
case suid-1000 inside: 1001 1000 ["CAP_CHOWN"] {"setuid":1000}
case suid-1000 outside: 1001 1000 null {"setuid":1000}
case suid-root inside, by its root: 1000 1000 ["CAP_CHOWN"] null
case suid-root inside: 1001 1001 null null
case suid-root outside: 1001 0 ["CAP_CHOWN"] {"setuid":0,"privileges_changed":["PRIVILEGES_RAISED_EXEC_FILE_SETUID"]}
LINES
diff <(LC_ALL=C sort expected) <(jq -r "$filter" "$LOG" | LC_ALL=C sort) || fail "the events are not as expected (<)"

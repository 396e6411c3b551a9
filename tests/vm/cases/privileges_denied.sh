# A set-uid binary and file capabilities that the kernel does not honour raise nothing: nosuid, no_new_privs, ptrace.
filter='.process_exec.process | select(.arguments // "" | startswith("case ")) |
    "\(.arguments): \(.process_credentials.euid) \(.cap.permitted[:1]) \(.binary_properties)"'

for place in . nosuid; do
    mkdir -p "$place"
    if [[ $place == nosuid ]]; then
        mount -t tmpfs -o mode=755,nosuid tmpfs nosuid
        cleanup "umount $WORK/nosuid"
    fi
    cp /bin/true "$place/suid"
    chmod 4755 "$place/suid"
    cp /bin/true "$place/caps"
    setcap cap_net_raw+ep "$place/caps"
done

# env, because setpriv keeps its own capabilities until it executes something
agent_start --enable-process-cred
for program in suid caps; do
    as_user 1000 env "./$program" case "$program"
    as_user 1000 env "nosuid/$program" case "$program" nosuid
    as_user 1000 setpriv --no-new-privs "./$program" case "$program" no-new-privs
    as_user 1000 strace -f -o /dev/null "./$program" case "$program" traced by user
    strace -f -o /dev/null setpriv --reuid 1000 --regid 1000 --clear-groups env "./$program" case "$program" traced by root
done
setpriv --ruid 1000 ./suid case suid, euid 0
setpriv --ruid 1000 nosuid/suid case suid nosuid, euid 0
agent_stop

cat >expected <<'LINES'
case caps no-new-privs: 1000 null null
case caps nosuid: 1000 null null
case caps traced by root: 1000 ["CAP_NET_RAW"] {"privileges_changed":["PRIVILEGES_RAISED_EXEC_FILE_CAP"]}
case caps traced by user: 1000 null null
case caps: 1000 ["CAP_NET_RAW"] {"privileges_changed":["PRIVILEGES_RAISED_EXEC_FILE_CAP"]}
case suid no-new-privs: 1000 null null
case suid nosuid, euid 0: 0 ["CAP_CHOWN"] null
case suid nosuid: 1000 null null
case suid traced by root: 0 ["CAP_CHOWN"] {"setuid":0,"privileges_changed":["PRIVILEGES_RAISED_EXEC_FILE_SETUID"]}
case suid traced by user: 1000 null null
case suid, euid 0: 0 ["CAP_CHOWN"] {"setuid":0,"privileges_changed":["PRIVILEGES_RAISED_EXEC_FILE_SETUID"]}
case suid: 0 ["CAP_CHOWN"] {"setuid":0,"privileges_changed":["PRIVILEGES_RAISED_EXEC_FILE_SETUID"]}
LINES
diff <(LC_ALL=C sort expected) <(jq -r "$filter" "$LOG" | LC_ALL=C sort) || fail "the events are not as expected (<)"

# Privileges Escalation via SUID Binary Execution: real su and sudo, set-uid and set-gid copies, and none that raises nothing.
filter=$(library_filter "Privileges Escalation via SUID Binary Execution")

# program NAME OWNER:GROUP MODE: a small program to execute
program() {
    cp /bin/true "$1"
    chown "$2" "$1"
    chmod "$3" "$1"
}

program suid 0:0 4755
program suid-other 1001:0 4755
program sgid-tty 0:5 2755
program sgid-root 0:0 2755
program both 0:0 6755
program plain 0:0 755
program sgid-not-executable 0:0 2745
program suid-sgid-not-executable 0:0 6745

agent_start --enable-process-cred
as_user 1000 su --help >/dev/null
as_user 1000 sudo --version >/dev/null
for program in suid suid-other sgid-tty sgid-root both plain sgid-not-executable; do
    as_user 1000 "./$program" hello
done
setpriv --ruid 1000 ./sgid-tty euid-0
setpriv --reuid 1000 --rgid 1000 --egid 5 --clear-groups ./suid-sgid-not-executable egid-5
./suid by-root
as_user 1001 ./suid-other by-owner
setpriv --regid 5 --clear-groups ./sgid-tty by-group
agent_stop

cat >expected <<LINES
"TIME null null $WORK/both hello uid=1000 euid=0  gid=1000 egid=0 binary_properties={\"setuid\":0,\"setgid\":0,\"privileges_changed\":[\"PRIVILEGES_RAISED_EXEC_FILE_SETUID\",\"PRIVILEGES_RAISED_EXEC_FILE_SETGID\"]}"
"TIME null null $WORK/sgid-root hello uid=1000 euid=1000  gid=1000 egid=0 binary_properties={\"setgid\":0,\"privileges_changed\":[\"PRIVILEGES_RAISED_EXEC_FILE_SETGID\"]}"
"TIME null null $WORK/sgid-tty hello uid=1000 euid=1000  gid=1000 egid=5 binary_properties={\"setgid\":5}"
"TIME null null $WORK/sgid-tty euid-0 uid=1000 euid=0  gid=0 egid=5 binary_properties={\"setgid\":5}"
"TIME null null $WORK/suid hello uid=1000 euid=0  gid=1000 egid=1000 binary_properties={\"setuid\":0,\"privileges_changed\":[\"PRIVILEGES_RAISED_EXEC_FILE_SETUID\"]}"
"TIME null null $WORK/suid-other hello uid=1000 euid=1001  gid=1000 egid=1000 binary_properties={\"setuid\":1001}"
"TIME null null $WORK/suid-sgid-not-executable egid-5 uid=1000 euid=0  gid=1000 egid=5 binary_properties={\"setuid\":0,\"privileges_changed\":[\"PRIVILEGES_RAISED_EXEC_FILE_SETUID\"]}"
"TIME null null /usr/bin/su --help uid=1000 euid=0  gid=1000 egid=1000 binary_properties={\"setuid\":0,\"privileges_changed\":[\"PRIVILEGES_RAISED_EXEC_FILE_SETUID\"]}"
"TIME null null /usr/bin/sudo --version uid=1000 euid=0  gid=1000 egid=1000 binary_properties={\"setuid\":0,\"privileges_changed\":[\"PRIVILEGES_RAISED_EXEC_FILE_SETUID\"]}"
LINES
jq "$filter" "$LOG" | grep -E "$WORK/|/su --help|/sudo --version" | sed -E 's/^"[0-9T:.-]+Z/"TIME/' | LC_ALL=C sort >seen
diff <(LC_ALL=C sort expected) seen || fail "the filter does not print what it should (<)"

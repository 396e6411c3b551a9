# A set-uid binary and file capabilities that the kernel does not honour raise nothing: nosuid, no_new_privs, ptrace.
filter='select(.process_exec.process.arguments // "" | startswith("case ")) | .process_exec.process |
    "\(.arguments) \(.process_credentials.uid) \(.process_credentials.euid) \(.cap.permitted) \(.binary_properties)"'
none='1000 1000 null null'
raised='1000 0 \[.*"CAP_SYS_ADMIN".*\] .*"setuid":0,.*\["PRIVILEGES_RAISED_EXEC_FILE_SETUID"\]\}'
raised_cap='1000 1000 \["CAP_NET_RAW"\] .*\["PRIVILEGES_RAISED_EXEC_FILE_CAP"\]\}'

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
    as_user 1000 strace -f -o /dev/null "./$program" case "$program" traced-by-user
    strace -f -o /dev/null setpriv --reuid 1000 --regid 1000 --clear-groups env "./$program" case "$program" traced-by-root
done
agent_stop

# expect ARGUMENTS REGEX
expect() {
    expect_jq "$filter" "^\"case $1 $(sed 's/"/\\\\"/g' <<<"$2")\"\$" 1
}

expect suid "$raised"
expect caps "$raised_cap"
for program in suid caps; do
    expect "$program nosuid" "$none"
    expect "$program no-new-privs" "$none"
    expect "$program traced-by-user" "$none"
done
expect 'suid traced-by-root' "$raised"
expect 'caps traced-by-root' "$raised_cap"

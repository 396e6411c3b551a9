# Fileless Execution: a memfd by descriptor and by /proc, and unlinked shared memory; not a named file in /dev/shm.
filter=$(library_filter "Fileless Execution")
nameless='binary_properties=\{\\"file\\":\{\\"inode\\":\{\\"number\\":\\"[0-9]+\\",\\"links\\":0\}\}\}"$'
ids='uid=1000 euid=1000'

named=/dev/shm/trigon-named.$$
cp /bin/true "$named"
chmod 755 "$named"
cleanup "rm $named"

agent_start --enable-process-cred
for how in fexecve proc shm; do
    as_user 1000 "$(helper memfd_exec)" "$how" /bin/true "by-$how"
done
as_user 1000 "$named" by-name
agent_stop

expect_jq "$filter" "^\"[0-9T:.-]+Z null null /dev/fd/[0-9]+ by-fexecve $ids $nameless" 1
expect_jq "$filter" "^\"[0-9T:.-]+Z null null /proc/self/fd/[0-9]+ by-proc $ids $nameless" 1
expect_jq "$filter" "^\"[0-9T:.-]+Z null null /dev/fd/[0-9]+ by-shm $ids $nameless" 1
expect_jq 'select(.process_exec.process.arguments == "by-name") | .process_exec.process.binary' "^\"$named\"$" 1
expect_no_jq "$filter" ' by-name '

# Execution of Deleted Binaries: executed after its last name was removed, on tmpfs and on the root's file system.
filter=$(library_filter "Execution of Deleted Binaries")
on_root=$(mktemp -d /var/tmp/trigon.XXXXXX)
cleanup "rm -r $on_root"
chmod 755 "$on_root"

# run_deleted FILE ARGUMENT: executes it after it was removed; prints its inode's number
run_deleted() {
    local fd

    exec {fd}<"$1"
    stat -c %i "$1"
    rm "$1"
    as_user 1000 "/proc/self/fd/$fd" "$2"
    exec {fd}<&-
}

cp /bin/true gone
cp /bin/true "$on_root/gone"
cp /bin/true first
ln first second
cp /bin/true there
agent_start --enable-process-cred
on_tmpfs_inode=$(run_deleted gone on-tmpfs)
on_root_inode=$(run_deleted "$on_root/gone" on-root)
run_deleted first one-name-left >/dev/null
exec {fd}<there
as_user 1000 "/proc/self/fd/$fd" not-deleted
agent_stop

# line ARGUMENT INODE
line() {
    expect_jq "$filter" "^\"[0-9T:.-]+Z null null /proc/self/fd/[0-9]+ $1 uid=1000 euid=1000 binary_properties=\\{\\\\\"file\\\\\":\\{\\\\\"inode\\\\\":\\{\\\\\"number\\\\\":\\\\\"$2\\\\\",\\\\\"links\\\\\":0\\}\\}\\}\"\$" 1
}

line on-tmpfs "$on_tmpfs_inode"
line on-root "$on_root_inode"
expect_jq 'select(.process_exec) | .process_exec.process.arguments' '^"(one-name-left|not-deleted)"$' 2
expect_no_jq "$filter" ' (one-name-left|not-deleted) '

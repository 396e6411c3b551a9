# The working directory as the process sees it: bind mount, overlay, mount over mount, chroot, another mount namespace.

# The process that ran with the arguments $1 had the working directory $2 and the flags $3.
seen() {
    expect_jq "select(.process_exec.process.arguments == \"$1\") | .process_exec.process | [.cwd, .flags] | tojson" \
        "^\"\\[\\\\\"$2\\\\\",\\\\\"$3\\\\\"\\]\"$" 1
}

mount_at() {
    local where=${*: -1}

    mkdir -p "$where"
    mount "$@"
    cleanup "umount -l '$where'"
}

agent_start
mkdir -p source/sub
mount_at --bind source bound
(cd bound/sub && /bin/true bind)

if grep -qw overlay /proc/filesystems; then
    mkdir -p lower/sub upper scratch
    mount_at -t overlay -o "lowerdir=$WORK/lower,upperdir=$WORK/upper,workdir=$WORK/scratch" overlay merged
    mkdir merged/made
    (cd merged/sub && /bin/true overlay-lower)
    (cd merged/made && /bin/true overlay-upper)
fi

mount_at -t tmpfs tmpfs twice
mkdir -p twice/below/sub
(
    cd twice/below/sub
    mount -t tmpfs tmpfs "$WORK/twice"
    /bin/true hidden
)
cleanup "umount -l '$WORK/twice'"
mkdir -p twice/above/sub
mount_at -t tmpfs tmpfs twice/above/sub
mkdir twice/above/sub/in
(cd twice/above/sub/in && /bin/true stacked)

mkdir root
cp "$(helper deep)" root/deep
cp "$(helper leave)" root/leave
check test "$(chroot root /deep 4 3 /leave exit 0)" = /ddd
chroot root /leave exit 0000
chroot root /deep 4 4 /leave exit 00
(cd source/sub && "$(helper exec_with)" chroot "$WORK/root" /leave exit 000)

mkdir ns
unshare --mount --propagation private bash -c '
    mount -t tmpfs tmpfs ns && mkdir ns/inner && cd ns/inner && exec /bin/true other-namespace'
log_sync

seen bind "$WORK/bound/sub" "execve clone"
if [[ -d merged/made ]]; then
    seen overlay-lower "$WORK/merged/sub" "execve clone"
    seen overlay-upper "$WORK/merged/made" "execve clone"
fi
seen hidden "$WORK/twice/below/sub" "execve clone"
seen stacked "$WORK/twice/above/sub/in" "execve clone"
seen "exit 0" /ddd "execve"
seen "exit 0000" / "execve rootcwd"
seen "exit 00" / "execve rootcwd"
seen "exit 000" "$WORK/source/sub" "execve"
seen other-namespace "$WORK/ns/inner" "execve"
agent_stop

# Broken type information and a wrong /proc: a clear error that names the flag, status 1, and no log that claims to watch.
# kernels: 6.1 native

fails() {
    local regex=$1 status=0

    shift
    timeout 20 "$TRIGON" agent --export-filename "$LOG" "$@" >stdout 2>stderr </dev/null || status=$?
    if [[ $status != 1 ]] || ! grep -qE -- "level=error.*$regex" stderr; then
        cat stderr
        fail "status $status, wanted 1 and $regex: $*"
    fi
    check test -z "$(grep 'trigon: ready' stderr || true)"
    check test ! -s "$LOG"
}

mkdir empty
head -c 100000 /dev/urandom >garbage
: >nothing
printf '\x9f\xeb\x01\x00\x18\x00\x00\x00\xff\xff\xff\x7f' >cut # the beginning of real type information
fails "--btf.*$WORK/garbage" --btf "$WORK/garbage"
fails "--btf.*$WORK/nothing" --btf "$WORK/nothing"
fails "--btf.*$WORK/cut" --btf "$WORK/cut"
fails "--btf.*$WORK/absent.*No such file" --btf "$WORK/absent"
fails "--procfs" --procfs "$WORK/empty"
fails "--procfs" --procfs "$WORK/absent"
fails "--procfs" --procfs "$WORK/garbage"

if [[ -r /sys/kernel/btf/vmlinux ]]; then
    agent_start --btf /sys/kernel/btf/vmlinux --procfs /proc/
    log_sync
    agent_stop
fi

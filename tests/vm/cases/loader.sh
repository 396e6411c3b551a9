# Shared Library Loading: each file that is mapped executable, once per program, by the program that maps it; the library's filter prints its line.
# kernels: 6.1 6.12 7 native
# cpus: 2
filter=$(library_filter "Shared Library Loading")
libc='/[^ ]*/libc\.so\.6'

not_said() {
    ! grep -q "$1" "$AGENT_STDERR"
}

agent_start --tracing-policy "$REPOSITORY/policies/library.yaml"
policies_ready

# a program after another in the same process: each has its own libraries
env sh -c 'exec /bin/true third'
# what is loaded later, twice, and what is mapped but not executable
cp -L /lib/*-linux-gnu/libz.so.1 libcase.so
cp /bin/true no-library
python3 - <<'EOF'
import ctypes, mmap
for i in range(2):
    ctypes.CDLL("./libcase.so")
with open("no-library", "rb") as file:
    mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
EOF
# CPUs go and come, and what was mapped on one that went is told all the same
if [[ $KERNEL != native && -w /sys/devices/system/cpu/cpu1/online ]]; then
    for round in 1 2; do
        : >"$AGENT_STDERR"
        taskset -c 1 env true going$round
        echo 0 >/sys/devices/system/cpu/cpu1/online
        wait_until 20 grep -q 'loader: watches CPUs 0 now' "$AGENT_STDERR" || fail "CPU 1 did not go"
        echo 1 >/sys/devices/system/cpu/cpu1/online
        wait_until 20 grep -q 'loader: watches CPUs 0-1 now' "$AGENT_STDERR" || fail "CPU 1 did not come"
        taskset -c 1 env true coming$round
    done
    check not_said level=error
fi
agent_stop

if [[ -v round ]]; then
    for n in 1 2; do
        expect_jq "$filter" "^\"[0-9T:.-]+Z null [^ ]*/true going$n $libc\"$" 1
        expect_jq "$filter" "^\"[0-9T:.-]+Z null [^ ]*/true coming$n $libc\"$" 1
    done
fi
expect_jq "$filter" "^\"[0-9T:.-]+Z null /bin/true third $libc\"$" 1
expect_jq "$filter" "^\"[0-9T:.-]+Z null /bin/true third /[^ ]*/true\"$" 1
expect_jq "$filter" "^\"[0-9T:.-]+Z null /usr/bin/sh -c [^/]*exec /bin/true third[^/]* $libc\"$" 1
expect_jq "$filter" "^\"[0-9T:.-]+Z null /usr/bin/env sh -c [^/]*exec /bin/true third[^/]* $libc\"$" 1
expect_jq "$filter" "^\"[0-9T:.-]+Z null [^ ]*python3[^ ]* - $WORK/libcase.so\"$" 1
expect_no_jq "$filter" ' /[^ ]*/no-library"$'

# the build id is that of the file
wanted=$(readelf -n libcase.so | sed -n 's/.*Build ID: //p' | xxd -r -p | base64)
check [ "$(jq -r 'select(.process_loader.path | . and endswith("libcase.so")) | .process_loader.buildid' "$LOG")" = "$wanted" ]
# every event has its process
expect_no_jq 'select(.process_loader) | .process_loader.process.flags' unknown
expect_jq 'select(.process_loader.path | . and endswith("libcase.so")) | .process_loader | [.process.pid == .process.tid, .parent.pid > 0]' '^  true,?$' 2

# trigon bugtool: what is in the archive, and that the arguments and environment of processes are not.
# kernels: 6.1 native

socket=$WORK/trigon.sock policies=$WORK/policies secret=secret-$$ other=other-$$
mkdir "$policies" config
umask_policy bugs 63 >"$policies/bugs.yaml"
echo false >config/enable-process-cred

# bugtool OPTION...: unpacks what it makes into $WORK/trigon-bugtool
bugtool() {
    rm -rf "$WORK/bugs.tar.gz" "$WORK/trigon-bugtool"
    "$TRIGON" bugtool --server-address "$socket" --out "$WORK/bugs.tar.gz" "$@" >"$WORK/packed"
    tar -xzf "$WORK/bugs.tar.gz"
}

# Messages and events in one file, as of `trigon agent --print=json >FILE 2>&1`.
cat >"$WORK/trigon-one-file" <<EOF
#!/bin/sh
export SECRET=$other
exec "$TRIGON" "\$@" 2>&1
EOF
chmod +x "$WORK/trigon-one-file"
real=$TRIGON
TRIGON=$WORK/trigon-one-file AGENT_STDERR=$WORK/trigon.stdout
agent_start --config-dir "$WORK/config" --server-address "$socket" --tracing-policy-dir "$policies" --print json
TRIGON=$real
has_policy() {
    "$real" policy list --server-address "$socket" -o json | jq -e '.[0].state' >"$WORK/state"
}
check wait_until 30 has_policy
/bin/true "--password=$secret"
log_sync
check wait_until 10 grep -q "$secret" "$AGENT_STDERR"

bugtool
found=$(cd trigon-bugtool && find . -type f | sort | tr '\n' ' ')
check test "$found" = "./kernel-config.txt ./messages.txt ./metrics.txt ./options.txt ./policies.json \
./policies/1-bugs.yaml ./policies/1.json ./status.json ./system.txt ./version.txt "
check test "$(grep -c ' bytes' "$WORK/packed")" = 10
check test "$(stat -c %a "$WORK/bugs.tar.gz")" = 600
check grep -q "^kernel  *$(uname -r)$" trigon-bugtool/system.txt
check grep -q '^BPF programs.* [1-9]' trigon-bugtool/system.txt
check cmp "$policies/bugs.yaml" trigon-bugtool/policies/1-bugs.yaml
check test "$(jq -r .name trigon-bugtool/policies/1.json)" = bugs
check test "$(jq .pid trigon-bugtool/status.json)" = "$AGENT_PID"
check grep -q '^trigon_events_total' trigon-bugtool/metrics.txt
check grep -qx -- "$policies" trigon-bugtool/options.txt
check grep -q 'config/enable-process-cred: false' trigon-bugtool/options.txt
check grep -q 'trigon: ready' trigon-bugtool/messages.txt
check test -z "$(grep -rlE -- "$secret|$other" trigon-bugtool || true)"
check test -z "$(grep -rl process_exec trigon-bugtool | grep -v -e status.json -e metrics.txt || true)"

# What is there already stays.
status=0
"$TRIGON" bugtool --server-address "$socket" --out "$WORK/bugs.tar.gz" 2>"$WORK/said" || status=$?
check test "$status" = 1
check grep -q 'File exists; give another --out' "$WORK/said"

bugtool --with-events 100000
check grep -q "$secret" trigon-bugtool/events.json
bugtool --with-events 3
check test "$(jq -c . trigon-bugtool/events.json | wc -l)" = 3
agent_stop

# Without an agent: the rest, on standard output.
check test "$("$TRIGON" bugtool --server-address "$socket" --out - 2>"$WORK/said" | tar -tz | wc -l)" = 3
check grep -q 'no agent answers' "$WORK/said"

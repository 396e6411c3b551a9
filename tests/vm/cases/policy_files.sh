# The life of policies in a directory: added, changed, broken, moved, replaced as Kubernetes does it, deleted.
# kernels: 6.1 native
# timeout: 240

said() {
    grep -qE "$1" "$AGENT_STDERR"
}

not_said() {
    ! grep -q "$1" "$AGENT_STDERR"
}

# Waits until the agent says so once more than before: what it said is cut off first.
says() {
    wait_until 20 said "$1" || fail "the agent did not say: $1"
    : >"$AGENT_STDERR"
}

umask_number() {
    python3 -c "import os; os.umask($1)"
}

NUMBERS='.process_kprobe | select(. != null) | "\(.policy_name) \(.args[0].int_arg)"'

agent_start --tracing-policy-dir "$WORK/policies"
: >"$AGENT_STDERR"
# the directory comes later
mkdir policies
umask_policy one 101 >policies/one.yaml
says 'policies: 1 enabled, 0 failed'
umask_number 101
expect_jq "$NUMBERS" '^"one 101"$' 1

# a second one, in JSON, by rename; and what editors leave
cat >policies/.two.json.swp <<<'{"kind": "nothing"}'
echo '{"apiVersion": "cilium.io/v1alpha1", "kind": "TracingPolicy", "metadata": {"name": "two"}, "spec": {"kprobes": [
    {"call": "sys_umask", "syscall": true, "args": [{"index": 0, "type": "int"}],
     "selectors": [{"matchArgs": [{"index": 0, "operator": "Equal", "values": ["202"]}]}]}]}}' >new
mv new policies/two.json
cp policies/two.json policies/two.json~
says 'policies: 2 enabled, 0 failed'
umask_number 202
expect_jq "$NUMBERS" '^"two 202"$' 1

# a change; the other one stays as it is
umask_policy one 103 >new
mv new policies/one.yaml
says 'policy one: new generation'
umask_number 103
umask_number 101
umask_number 202
expect_jq "$NUMBERS" '^"one 103"$' 1
expect_jq "$NUMBERS" '^"two 202"$' 2
expect_jq "$NUMBERS" '^"one 101"$' 1

# under another name it runs on, also when the agent looks again: at a file that makes it say so
mv policies/one.yaml policies/uno.yaml
says 'policy one: new values'
for pass in 1 2; do
    echo '{' >policies/other$pass.yaml
    wait_until 20 said "other$pass.yaml:[0-9]+:[0-9]+: error:" || fail "no pass $pass"
done
check not_said 'policy one: '
umask_number 103
expect_jq "$NUMBERS" '^"one 103"$' 2
mv policies/uno.yaml policies/one.yaml
says 'policy one: new values'
rm policies/other[12].yaml

# broken: told with place and remedy, and its last good version runs on
umask_policy one 104 | sed 's/Equal/Equals/' >new
mv new policies/one.yaml
says 'one.yaml:[0-9]+:[0-9]+: error: .*operator'
umask_number 103
expect_jq "$NUMBERS" '^"one 103"$' 3
echo '{' >policies/one.yaml
says 'one.yaml:[0-9]+:[0-9]+: error:'
umask_number 103
expect_jq "$NUMBERS" '^"one 103"$' 4

# deleted: silent
rm policies/one.yaml
says 'policies: 1 enabled, 0 failed'
umask_number 103
umask_number 202
expect_jq "$NUMBERS" '^"two 202"$' 3
expect_jq "$NUMBERS" '^"one 103"$' 4

# a mounted ConfigMap: files are links into a directory behind a link that is swapped
rm -r policies
says 'policies: 0 enabled, 0 failed'
mkdir -p policies/..1
umask_policy map 301 >policies/..1/map.yaml
ln -s ..1 policies/..data
ln -s ..data/map.yaml policies/map.yaml
says 'policies: 1 enabled, 0 failed'
umask_number 301
mkdir policies/..2
umask_policy map 302 >policies/..2/map.yaml
ln -s ..2 policies/..data_tmp
mv -T policies/..data_tmp policies/..data
rm -r policies/..1
says 'policy map: new generation'
umask_number 301
umask_number 302
expect_jq "$NUMBERS" '^"map 302"$' 1
expect_jq "$NUMBERS" '^"map 301"$' 1
agent_stop

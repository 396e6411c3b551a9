# The values of SubString change while its program stays, and each change holds at once and alone. A set that outgrows its
# map gets a new program; filters of one hook have machines of their own.

# Prints a policy that tells of truncate() on paths that hold one of the strings $1, and one of $2 in any case.
policy() {
    cat <<POLICY
apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata: {name: substring}
spec:
  kprobes:
  - call: sys_truncate
    syscall: true
    args: [{index: 0, type: string}]
    selectors:
    - matchArgs:
      - {index: 0, operator: SubString, values: [$1]}
      - {index: 0, operator: SubStringIgnCase, values: [$2]}
POLICY
}

# Puts the policy there and waits until the agent says $1.
change() {
    local marker=$1

    shift
    policy "$@" >new
    mv new policies/substring.yaml
    wait_until 30 grep -qF "$marker" "$AGENT_STDERR" || fail "the agent did not say: $marker"
    : >"$AGENT_STDERR"
}

# truncate() on each path.
touch_paths() {
    python3 - "$@" <<'PYTHON'
import os, sys
for path in sys.argv[1:]:
    try:
        os.truncate(path, 0)
    except OSError:
        pass
PYTHON
}

mkdir policies
agent_start --tracing-policy-dir "$WORK/policies"
change 'policies: 1 enabled' '"one"' '"X"'
touch_paths /no/one-x-1 /no/two-x-1 /no/one-1
# from half to half of the map, and back
for word in two three four one; do
    change 'substring: new values' "\"$word\"" '"x"'
    touch_paths "/no/$word-X-2" /no/five-x-2
done
change 'substring: new values' '"three", "tw", "o-y"' '"Y-", "Z-"'
touch_paths /no/tw-z-3 /no/two-3 /no/o-y-3 /no/o-z-3 /no/one-x-3 /no/o-Y-3
change 'substring: new generation' "$(printf '"%s-long-word", ' {10..40})\"end\"" '"-"'
touch_paths /no/23-long-word-4 /no/23-longword-4 /no/42-long-word-4 /no/-end
change 'substring: new values' '"one"' '"X"'
touch_paths /no/one-x-5 /no/end-x-5
log_sync
jq -r '.process_kprobe.args[0].string_arg // empty' "$LOG" >got
cat >wanted <<'PATHS'
/no/one-x-1
/no/two-X-2
/no/three-X-2
/no/four-X-2
/no/one-X-2
/no/tw-z-3
/no/o-y-3
/no/23-long-word-4
/no/-end
/no/one-x-5
PATHS
check diff wanted got
agent_stop

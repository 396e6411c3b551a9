# What files say of the same policies: one name in two files, a policy that moves, files that nobody may read.
# kernels: 6.1 native
# timeout: 240

policies=$WORK/policies socket=$WORK/trigon.sock
mkdir "$policies"

# put FILE: standard input, at once
put() {
    cat >"$policies/.new"
    mv "$policies/.new" "$policies/$1"
}

# are FILTER: jq's FILTER holds for all that `trigon policy list` prints
are() {
    "$TRIGON" policy list --server-address "$socket" -o json 2>/dev/null | jq -e "$1" >/dev/null
}

said() {
    grep -qE "$1" "$AGENT_STDERR"
}

not_said() {
    ! grep -q "$1" "$AGENT_STDERR"
}

umask_number() {
    python3 -c "import os; os.umask($1)"
}

NUMBERS='.process_kprobe | select(. != null) | "\(.policy_name) \(.args[0].int_arg)"'

# without these, root may read no more than others
cat >trigon <<END
#!/bin/sh
exec setpriv --bounding-set=-dac_override,-dac_read_search "$TRIGON" "\$@"
END
chmod +x trigon
real=$TRIGON
TRIGON=$WORK/trigon
# --btf "" is as good as none; of several --variable all count
agent_start --tracing-policy-dir "$policies" --server-address "$socket" --btf "" --variable A=1 --variable B=2,A=3
TRIGON=$real

# one name, two files: the second one is refused, and seen as such
umask_policy p 101 | put b.yaml
check wait_until 20 are 'map(.state) == ["enabled"]'
umask_policy p 102 | put a.yaml
check wait_until 20 said 'a.yaml:[0-9]+:[0-9]+: error: .*a policy of this name is in .*/b.yaml already'
check are 'map([.state, (.file | endswith("/b.yaml"))]) == [["enabled", true], ["load_error", false]]'
# `show` tells of the one that runs
check test "$("$TRIGON" policy show --server-address "$socket" -o json p | jq -r .state)" = enabled
umask_number 101
umask_number 102
expect_jq "$NUMBERS" '^"p 101"$' 1
expect_no_jq "$NUMBERS" '^"p 102"$'
# it has not said it again
check [ "$(grep -c 'a policy of this name' "$AGENT_STDERR")" = 1 ]

# the remedy: the first one goes, and the second one takes over, as a new generation of it
rm "$policies/b.yaml"
check wait_until 20 are 'map([.state, (.file | endswith("/a.yaml")), .generation]) == [["enabled", true, 2]]'
umask_number 102
expect_jq "$NUMBERS" '^"p 102"$' 1

# a policy moves to a file that comes before its own in the order of names, and back; both change at once
umask_policy q 103 | put b.yaml
check wait_until 20 are 'map(.state) == ["enabled", "enabled"]'
: >"$AGENT_STDERR"
{ umask_policy p 102; echo ---; umask_policy q 103; } >"$policies/.new"
umask_policy r 104 >"$policies/.newer"
mv "$policies/.new" "$policies/a.yaml" && mv "$policies/.newer" "$policies/b.yaml"
check wait_until 20 are 'map(.name + " " + .state + " " + (.file | split("/")[-1])) | sort ==
    ["p enabled a.yaml", "q enabled a.yaml", "r enabled b.yaml"]'
check not_said 'policy q: removed'
umask_number 103
expect_jq "$NUMBERS" '^"q 103"$' 1

# a document without a name says nothing of the others
{ umask_policy p 102; echo ---; umask_policy q 103; echo ---; echo 'kind: TracingPolicy'; } | put a.yaml
check wait_until 20 said 'a.yaml:[0-9]+:[0-9]+: error:'
check wait_until 20 are 'map(.state) == ["enabled", "enabled", "enabled"] and all(.error == null)'
# what was wrong with one is not said of the other
{ umask_policy p 102; echo ---; umask_policy q 103 | sed s/Equal/Equals/; } | put a.yaml
check wait_until 20 are 'any(.name == "q" and .state == "error" and (.error | contains("Equals")))'
check are 'all(.name == "q" or .error == null)'

# a file that nobody may read, and a directory: nothing is deleted, and it is said once
mkdir "$policies/below"
umask_policy s 105 >"$policies/below/s.yaml"
check wait_until 20 are 'any(.name == "s" and .state == "enabled")'
: >"$AGENT_STDERR"
chmod 0 "$policies/b.yaml"
check wait_until 20 said 'b.yaml: error: cannot be read: Permission denied'
chmod 0 "$policies/below"
check wait_until 20 said 'below: cannot be read: Permission denied'
echo '{' | put other.yaml
check wait_until 20 said 'other.yaml:[0-9]+:[0-9]+: error:'
check [ "$(grep -c 'cannot be read' "$AGENT_STDERR")" = 2 ]
check not_said 'removed'
umask_number 104
umask_number 105
expect_jq "$NUMBERS" '^"r 104"$' 1
expect_jq "$NUMBERS" '^"s 105"$' 1
chmod 700 "$policies/below" "$policies/b.yaml"
check wait_until 20 are 'any(.name == "r" and .state == "enabled")'
agent_stop

# a flag that is no NAME=VALUE is not ignored
status=0
"$TRIGON" agent --variable A 2>said || status=$?
check test $status -eq 2
check grep -q 'is not NAME=VALUE' said

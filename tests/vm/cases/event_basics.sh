# Times, node name and cluster name of events.

# expect_near FILTER SECONDS: the time that FILTER prints lies within a second of the wall clock's
expect_near() {
    local seen

    seen=$(jq -r "$1 | sub(\"\\\\.[0-9]+Z\"; \"Z\") | fromdate" "$LOG")
    ((seen >= ${2%.*} - 1 && seen <= ${2%.*} + 1)) || fail "$1 is $seen and not near $2"
}

mkfifo stay
hold_started=$EPOCHREALTIME
"$(helper hold)" 0 0 0 0 0 0 <stay &
exec {stay}>stay

NODE_NAME=one agent_start --cluster-name blue
started=$EPOCHREALTIME
/bin/true case first
/bin/true case second
agent_stop
exec {stay}>&-
first='select(.process_exec.process.arguments == "case first")'
first_exit='select(.process_exit.process.arguments == "case first")'
expect_near "$first | .time" "$started"
expect_near "$first | .process_exec.process.start_time" "$started"
expect_near "$first_exit | .time" "$started"
expect_near '.process_exec.process | select(.arguments == "0 0 0 0 0 0") | .start_time' "$hold_started"
expect_jq "$first_exit | .time == .process_exit.time and .process_exit.process.start_time < .time" true 1
expect_jq '[.node_name, .cluster_name, keys_unsorted[-1]] | join(" ")' '^"one blue cluster_name"$'
expect_no_jq '[.node_name, .cluster_name] == ["one", "blue"]' false

LOG=$WORK/defaults.log
agent_start
agent_stop
expect_jq '"\(.node_name) \(has("cluster_name"))"' "^\"$(hostname) false\"\$"
LOG=$WORK/hubble.log
HUBBLE_NODE_NAME=two NODE_NAME=one agent_start
agent_stop
expect_jq .node_name '^"two"$'
expect_no_jq .node_name '"one"'

# ${PODCIDR} and ${SERVICECIDR} on a node: waited for, taken from the object that the operator publishes, followed without a new
# program, kept when the object goes; and what wins over them.
# timeout: 400

node=networks-$NAMESPACE
log=$WORK/events.json

said() {
    grep -qE -- "$1" "$WORK/agent.out"
}

states() {
    "$TRIGON" policy list --server-address "$WORK/trigon.sock" -o json 2>/dev/null | jq -r '.[] | "\(.name) \(.state)"'
}

has_states() {
    [[ $(states) == "$1" ]]
}

# publish PODS SERVICES: each a list in JSON
publish() {
    kubectl apply --server-side --force-conflicts -f - >/dev/null <<OBJECT
{"apiVersion": "trigon.dev/v1alpha1", "kind": "ClusterNetwork", "metadata": {"name": "cluster"},
 "status": {"podCIDRs": $1, "serviceCIDRs": $2}}
OBJECT
}

# reach ADDRESS...: tries to connect to port 9 of each
reach() {
    local address

    for address; do
        (exec 3<>"/dev/tcp/$address/9") 2>/dev/null || true
    done
}

# outbound [POLICY]: of these addresses, those that the policy told of since the last call; what other cases reach is told as well
seen=0
outbound() {
    whole_lines "$log" | tail -n "+$((seen + 1))" | jq -r --arg policy "${1:-egress}" 'select(.process_tracepoint.policy_name == $policy) |
        .process_tracepoint.args[0].sock_arg.daddr' |
        grep -x '127\.[1-9]\.0\.1' | sort -u | xargs
}
is_outbound() {
    reach 127.1.0.1 127.2.0.1 127.3.0.1 127.9.0.1
    wait_until 5 "event of a network that is nobody's" has_outbound
    check_output "$1" outbound
    seen=$(wc -l <"$log")
}
has_outbound() {
    [[ $(outbound) == *127.9.0.1* ]]
}

policy() { # KIND-OF-FILE NAME
    cat <<POLICY
apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata: {name: $1}
spec:
  tracepoints:
    - subsystem: sock
      event: inet_sock_set_state
      raw: true
      args: [{index: 0, type: sock}, {index: 2, type: int}]
      selectors:
        - matchArgs:
            - {index: 0, operator: NotDAddr, values: ["\${PODCIDR}", "\${SERVICECIDR}"]}
            - {index: 2, operator: Equal, values: ["2"]} # TCP_SYN_SENT
POLICY
}

cleanup 'kubectl delete tracingpolicies --all >/dev/null; kubectl delete clusternetworks --all >/dev/null'
crds_make
node_make "$node"
policy egress | kubectl apply -f -
mkdir policies
policy of-a-file >policies/of-a-file.yaml
# shellcheck disable=SC2016 # for the other shell
background agent env -u PODCIDR -u SERVICECIDR NODE_NAME="$node" unshare --mount bash -c \
    'mount -t tracefs tracefs /sys/kernel/tracing; exec "$@"' agent \
    "$TRIGON" agent --kubeconfig "$KUBECONFIG" --tracing-policy-dir "$WORK/policies" --export-filename "$log" --export-file-max-size-mb 0 --server-address "$WORK/trigon.sock"
agent=$BACKGROUND_PID

# --- nobody has published any: it says what is missing, and goes on when that comes
wait_until 30 "refusals" has_states $'of-a-file load_error\negress load_error'
# shellcheck disable=SC2016 # the variable's name
check said 'the variable \$\{PODCIDR\} has no value'
check said 'the operator publishes it .kubectl get clusternetworks.: see that it runs'
publish '["127.1.0.0/24"]' '["127.3.0.0/16", "fd00:1::/112"]'
wait_until 10 "policies" has_states $'of-a-file enabled\negress enabled'
is_outbound '127.2.0.1 127.9.0.1'

# --- nodes come and go: the same programs, other values
changes() { # COUNT: so often were values changed, of each policy
    [[ $(grep -c "egress: new values" "$WORK/agent.out") == "$1" && $(grep -c "of-a-file: new values" "$WORK/agent.out") == "$1" ]]
}
publish '["127.1.0.0/24", "127.2.0.0/24", "fd00:2::/64"]' '["127.3.0.0/16", "fd00:1::/112"]'
wait_until 10 "change of values" changes 1
is_outbound '127.9.0.1'
publish '["127.2.0.0/24"]' '["127.3.0.0/16"]'
wait_until 10 "second change of values" changes 2
is_outbound '127.1.0.1 127.9.0.1'
check test "$(grep -cE '(egress|of-a-file): (enabled|new generation)' "$WORK/agent.out")" = 2

# --- the object goes, and so does the operator: what was known stays
kubectl delete clusternetworks cluster >/dev/null
wait_until 10 "word of the deletion" said 'clusternetworks/cluster is deleted'
is_outbound '127.1.0.1 127.9.0.1'
check_output $'of-a-file enabled\negress enabled' states

# --- what is given wins, unless it is empty
kill -TERM "$agent"
wait_until 30 "end of the agent" said 'ended; [0-9]+ records lost'
publish '["127.1.0.0/24"]' '["127.3.0.0/16"]'
# shellcheck disable=SC2016 # for the other shell
background given env PODCIDR=127.2.0.0/16 SERVICECIDR= NODE_NAME="$node" unshare --mount bash -c \
    'mount -t tracefs tracefs /sys/kernel/tracing; exec "$@"' agent \
    "$TRIGON" agent --kubeconfig "$KUBECONFIG" --tracing-policy-dir '' --export-filename "$log" --export-file-max-size-mb 0 --server-address "$WORK/trigon.sock"
wait_until 30 "policy" has_states 'egress enabled'
seen=$(wc -l <"$log")
is_outbound '127.1.0.1 127.9.0.1'

# Outbound connections: the line for an address outside of the cluster, none for pods, services and the machine itself.
filter=$(library_filter "Outbound connections")

# under NAME VARIABLE: the policy under another name, for two of the same name are one
under() {
    sed "s/^  name: .*/  name: $1/; s/PODCIDR/$2/" "$REPOSITORY/policies/egress.yaml"
}

for address in 192.0.2.7 10.244.3.1 10.244.4.1 10.96.0.1; do
    ip address add "$address/32" dev lo
    cleanup "ip address delete $address/32 dev lo"
done

# The networks come from an environment variable, which may hold several, and from a flag; envsubst was there before; and
# nobody knows what NOWHERE is.
mkdir policies
cp "$REPOSITORY/policies/egress.yaml" policies
PODCIDR=10.244.0.0/16 SERVICECIDR=10.96.0.0/12 envsubst <<<"$(under substituted PODCIDR)" >policies/substituted.yaml
under refused NOWHERE >policies/refused.yaml
export PODCIDR='10.244.3.0/24 10.244.4.0/24'
agent_start --tracing-policy-dir "$WORK/policies" --variable SERVICECIDR=10.96.0.0/12
require_hook tcp_connect
policies_ready 2 1
check grep -qE 'level=error.*refused\.yaml:[0-9]+:.*NOWHERE.*--variable' "$AGENT_STDERR"
! curl -s http://127.0.0.1:1 http://10.244.3.1:1 http://10.244.4.1:1 http://10.96.0.1:1 http://192.0.2.7:1
log_sync

line='^"[0-9T:.-]+Z /usr/bin/curl -s http://127.0.0.1:1 .* 192\.0\.2\.7:[0-9]+ -> 192\.0\.2\.7:1"$'
for policy in monitor-network-activity-outside-cluster-cidr-range substituted; do
    expect_jq "select(.process_kprobe.policy_name == \"$policy\") | ${filter#jq }" "$line" 1
    expect_jq "select(.process_kprobe.policy_name == \"$policy\") | ${filter#jq }" '^"' 1
done

# The hook that sees tracked sockets end is there while a policy tracks some.
follows() {
    bpftool prog list | grep -q ' name t_security_sk'
}

follows_no_more() {
    ! follows
}

check follows_no_more
rm policies/*
cat >policies/track.yaml <<'POLICY'
apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata: {name: track}
spec:
  kprobes:
  - call: tcp_connect
    syscall: false
    args: [{index: 0, type: sock}]
    selectors:
    - matchActions: [{action: TrackSock, argSock: 0}]
POLICY
check wait_until 20 follows
rm policies/track.yaml
check wait_until 20 follows_no_more
agent_stop

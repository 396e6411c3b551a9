# The operator with 1,000 nodes of 25 labels whose TracingNodes each tell of 200 policies, all with a nodeSelector: what the sums cost it in time and memory. Prints the
# numbers that docs/scale.md works with.
# timeout: 900
# manual: minutes, for its figures (docs/scale.md)

nodes=1000
policies=200
limit_s=120    # until all statuses are there; they are written at 20 a second
limit_kib=131072

# Prints the sum of user and system time of process $1, in ticks, and its memory and its peak in KiB.
cost() {
    awk '{print $14 + $15}' "/proc/$1/stat"
    awk '/^VmRSS|^VmHWM/ {print $2}' "/proc/$1/status"
}

print_cost() {
    local label=$1
    local -a now

    readarray -t now < <(cost "$operator")
    echo "$label: $((${now[0]} * 1000 / $(getconf CLK_TCK))) ms of CPU, ${now[2]} KiB resident, peak ${now[1]} KiB"
}

policy_objects() {
    local i

    for ((i = 0; i < policies; i++)); do
        printf -- '---\napiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata: {name: scale-%03d}\n' "$i"
        echo 'spec: {nodeSelector: {matchExpressions: [{key: label-7.example.com/name, operator: In, values: [v1, v7]}]},'
        echo '  kprobes: [{call: sys_setuid, syscall: true, args: [{index: 0, type: int}]}]}'
    done
}

# Prints Nodes and their TracingNodes, from the policies' names and UIDs on standard input; policy 7 fails on every tenth.
node_objects() {
    python3 -c '
import json, sys
policies = [line.split() for line in sys.stdin]
def entry(node, name, uid):
    fails = name == "scale-007" and node % 10 == 0
    return {"name": name, "namespace": "", "uid": uid, "generation": 1, "state": "load_error" if fails else "enabled",
            "mode": "monitor_only", "events": 123456, "lost": 0, "kernelMemoryBytes": 308792,
            "attached": [{"means": "fentry", "hooks": 3}],
            **({"reason": "NotLoaded", "error": "spec.kprobes[0]: this kernel has no such function"} if fails else {})}
for kind in "Node", "TracingNode":
    items = []
    for node in range(int(sys.argv[1])):
        name = f"scale-{node:04d}"
        item = {"apiVersion": "v1" if kind == "Node" else "trigon.dev/v1alpha1", "kind": kind, "metadata": {"name": name}}
        if kind == "Node":
            item["metadata"]["labels"] = {f"label-{i}.example.com/name": f"v{i}" if i > 2 else f"{name}-{i}" for i in range(25)}
        else:
            item["status"] = {"nodeName": name, "agentVersion": "test", "kernel": {"release": "6.1.0"},
                "policiesReady": f"{len(policies)}/{len(policies)}", "policies": [entry(node, *policy) for policy in policies]}
        items.append(json.dumps(item))
    with open(kind, "w") as file:
        file.write("\n".join(items))
' "$nodes"
}

# Makes the objects of file $1 by POST to $2, over few connections.
create_all() {
    python3 -c '
import http.client, ssl, sys, threading
path, server, pki, lines = sys.argv[2], sys.argv[3], sys.argv[4], open(sys.argv[1]).read().split("\n")
context = ssl.create_default_context(cafile=pki + "/ca.crt")
context.load_cert_chain(pki + "/admin.crt", pki + "/admin.key")
failures = []
def work(part):
    connection = http.client.HTTPSConnection(server, context=context, timeout=60)
    for line in part:
        connection.request("POST", path, line, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        if answer.status != 201:
            failures.append(text[:300])
threads = [threading.Thread(target=work, args=(lines[i::4],)) for i in range(4)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
sys.exit(failures[0].decode() if failures else 0)
' "$1" "$2" "${SERVER#https://}" "$CLUSTER/pki"
}

delete_all() {
    api DELETE "$1" | tail -n 1
}

cleanup 'kubectl delete tracingpolicies --all >/dev/null'
cleanup 'delete_all /apis/trigon.dev/v1alpha1/tracingnodes >/dev/null'
cleanup 'delete_all /api/v1/nodes >/dev/null'
crds_make
policy_objects >policies.yaml
check kubectl create -f policies.yaml >/dev/null
kubectl get tracingpolicies --no-headers -o custom-columns=A:.metadata.name,B:.metadata.uid | node_objects
create_all Node /api/v1/nodes
began=$SECONDS
create_all TracingNode /apis/trigon.dev/v1alpha1/tracingnodes
echo "$nodes TracingNodes of $(head -n 1 TracingNode | wc -c) bytes written in $((SECONDS - began)) s"

# --- all of it at the operator's start
background operator "$TRIGON" operator --kubeconfig "$KUBECONFIG" --lease-namespace "$NAMESPACE"
operator=$BACKGROUND_PID
began=$SECONDS
knows_all() {
    grep -q "operator: $nodes nodes, $policies policies and $((nodes * policies)) reports of them are known, $((nodes * 25)) labels" \
        "$WORK/operator.out"
}
wait_until 60 "picture of all" knows_all
print_cost "all known after $((SECONDS - began)) s"
is_written() {
    (($(kubectl get tracingpolicies --no-headers | { grep -c " $nodes/$nodes " || true; }) == policies - 1)) &&
        kubectl get tracingpolicy scale-007 --no-headers | grep -q " $((nodes * 9 / 10))/$nodes "
}
wait_until "$limit_s" "status of all policies" is_written
print_cost "all $policies statuses written after $((SECONDS - began)) s"
check_output "8 100" kubectl get tracingpolicy scale-007 -o go-template='{{len .status.failures}} {{.status.nodes.failed}}'

# --- at rest: nothing changes, nothing is written
readarray -t before < <(cost "$operator")
sleep 10 # for want of an event: that there is none is what is tested
readarray -t after < <(cost "$operator")
echo "at rest: $(((after[0] - before[0]) * 100 / $(getconf CLK_TCK))) ms of CPU a second"
check test $((after[0] - before[0])) -le "$(getconf CLK_TCK)"

# --- a node goes: each policy has another sum
kubectl delete node scale-0001 >/dev/null
began=$SECONDS
is_less() {
    (($(kubectl get tracingpolicies --no-headers | { grep -c " $((nodes - 1))/$((nodes - 1)) " || true; }) == policies - 1))
}
wait_until "$limit_s" "other sums" is_less
print_cost "all sums changed and written after $((SECONDS - began)) s"
readarray -t after < <(cost "$operator")
check test "${after[1]}" -le "$limit_kib"
kill -TERM "$operator"
has_ended() {
    grep -o 'ended; .*failures' "$WORK/operator.out"
}
wait_until 10 "end of the operator" has_ended

# shellcheck shell=bash
# The CRDs: the API server accepts the policies that `trigon policy check` accepts, and refuses those with mistakes, naming
# the field. What it cannot know is in crds_agent_only.txt. Also columns, explanations, status, and what is kept unread.

golden=$REPOSITORY/tests/golden/policy_check
agent_only=$E2E_DIR/crds_agent_only.txt
kinds="tracingpolicies.cilium.io tracingpoliciesnamespaced.cilium.io tracingnodes.trigon.dev"

# Prints what the server said of document $1.
said_of() {
    awk -v name="/$1.json\"" 'index($0, ".json\"") { is_it = index($0, name) > 0 } is_it' refused
}

# Succeeds if $1, PLACE: FIELD: PROBLEM, is what only agents see; notes which line of the list says so.
is_agent_only() {
    local regex

    while IFS=$'\t' read -r regex _; do
        if [[ -n $regex && $regex != \#* && $1 =~ $regex ]]; then
            echo "$regex" >>listed
            return 0
        fi
    done <"$agent_only"
    return 1
}

# Succeeds if a document has the problem $1 and no other.
is_alone_elsewhere() {
    problem=$1 awk -F '\t' '$4 == 1 && $5 == ENVIRON["problem"] { is_there = 1 } END { exit !is_there }' documents/index
}

# One line of the index: NAME PLACE FIELD MISTAKES PROBLEM; FIELD is - for the document itself.
compare() {
    local name=$1 place=$2 field=$3 mistakes=$4 problem=$5 said key

    if ((mistakes > 1)); then # any of them may be what is refused: it must be somewhere by itself
        is_alone_elsewhere "$problem" || echo "$place: $field: $problem: comes with other mistakes, and nowhere alone"
        return
    fi
    said=$(said_of "$name")
    key=$(sed 's/\[[0-9]*\]//g; s/\(matchLabels\)\..*/\1/; s/.*\.//; s/apiVersion/version/; s/^metadata$/name/' <<<"$field")
    [[ $field != - ]] || key=""
    if is_agent_only "$place: $field: $problem"; then
        if [[ -n $said ]]; then
            echo "$place: $field: $problem: is on the list of what only agents see, but refused: $said"
        fi
    elif [[ -z $said ]]; then
        echo "$place: $field: $problem: is accepted"
    elif ! grep -qiF -- "$key" <<<"$said"; then
        echo "$place: $field: $problem: is refused without a word of $key: $said"
    fi
}

mkdir documents
# those of syntax are about YAML, of which the server sees nothing
mapfile -t files < <(find "$REPOSITORY/policies" "$golden" "$REPOSITORY/tests/golden/plan" \( -name '*.yaml' -o -name '*.json' \) ! -name 'syntax-*' | sort)
check "$REPOSITORY/build/tests/e2e/split_policies" documents "${files[@]}"
mkdir good wrong matrix
# The policies of the tables of tests/vm/matrix: each type, operator, filter and action.
for table in "$REPOSITORY"/tests/vm/matrix/*.txt; do
    awk '/^id: / { name = tolower(substr($0, 5)); gsub(/[^a-z0-9]+/, "-", name) }
        /^[a-z]+:/ { is_spec = /^spec:$/ }
        /^spec:$/ { print "---\napiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata: {name: matrix-" name "}" }
        is_spec { gsub(/@[A-Z]+@/, "1"); print }' "$table" >"matrix/$(basename "$table" .txt).yaml"
done
mv documents/good-*.json good
mv documents/wrong-*.json wrong

# plain `apply` keeps the whole CRD in an annotation
crds_make
for kind in $kinds; do
    check_output "" kubectl get "crd/$kind" -o 'jsonpath={.status.conditions[?(@.type=="NonStructuralSchema")].status}'
done
for namespace in another shop; do # of the golden files
    kubectl create namespace "$namespace" >/dev/null 2>&1 || true
done
wait_until 20 "policies" kubectl get tgtp,tgtpn,tgn

check kubectl apply --dry-run=server -f good
check kubectl apply --dry-run=server -f matrix
kubectl apply --dry-run=server -f wrong >accepted 2>refused || true
: >listed
while IFS=$'\t' read -r name place field mistakes problem; do
    compare "$name" "$place" "$field" "$mistakes" "$problem"
done <documents/index >differences
cat differences >&2
check test ! -s differences
check test "$(wc -l <documents/index)" -gt 350
while IFS=$'\t' read -r regex _; do
    [[ -z $regex || $regex == \#* ]] || check grep -qxF -- "$regex" listed
done <"$agent_only"

# What Trigon does not have yet is kept, for other agents and for one that has it.
kubectl apply -f - <<'POLICY'
apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata:
  name: crds-kept
spec:
  kprobes:
  - call: tcp_connect
    syscall: false
    args: [{index: 0, type: sock, resolve: "a.b"}]
    data: [{index: 0, type: string, source: current_task, resolve: comm}]
    selectors: [{matchWorkloads: {podSelector: {matchLabels: {app: a}}}}]
POLICY
cleanup "kubectl delete tgtp crds-kept --ignore-not-found >/dev/null"
check_output 'a.b comm a' kubectl get tgtp crds-kept -o \
    'jsonpath={.spec.kprobes[0].args[0].resolve} {.spec.kprobes[0].data[0].resolve} {.spec.kprobes[0].selectors[0].matchWorkloads.podSelector.matchLabels.app}'

# status is a subresource of policies, seen in columns
kubectl patch tgtp crds-kept --subresource=status --type=merge -p \
    '{"status": {"ready": "0/1", "mode": "monitor_only", "message": "node1: spec.kprobes[0].data", "nodes": {"desired": 1, "ready": 0, "failed": 1}}}'
check grep -qE '^crds-kept +0/1 +monitor_only +[0-9]+s +node1: spec' <(kubectl get tgtp crds-kept -o wide)
check grep -q '^NAME *READY *MODE *AGE$' <(kubectl get tgtp crds-kept | sed 's/ *$//')
check_fails 'nodes.ready' kubectl patch tgtp crds-kept --subresource=status --type=merge -p '{"status": {"nodes": {"ready": -1}}}'
check grep -q 'list:NAME' <(kubectl explain tracingpolicy.spec.kprobes.call)

# A TracingNode is written whole, again and again, by server-side apply; policies are told apart by namespace and name.
for generation in 1 2; do
    kubectl apply --server-side --field-manager=trigon -f - <<NODE
apiVersion: trigon.dev/v1alpha1
kind: TracingNode
metadata:
  name: crds-node
status:
  nodeName: crds-node
  agentVersion: "1"
  policiesReady: "1/2"
  kernel: {release: 6.1.0}
  policies:
  - {name: a, generation: $generation, state: enabled, mode: enforce, attached: [{means: fentry, hooks: 3}]}
  - {name: a, namespace: shop, generation: 1, state: load_error, reason: NotSupported, error: "spec.kprobes[0].data"}
  conditions:
  - {type: Ready, status: "True", reason: Observed, message: "", lastTransitionTime: "2026-01-01T00:00:00Z"}
NODE
done
cleanup "kubectl delete tgn crds-node --ignore-not-found >/dev/null"
check_output '2 1' kubectl get tgn crds-node -o 'jsonpath={.status.policies[*].generation}'
check grep -qE '^crds-node +True +1/2 +1 +6.1.0' <(kubectl get tgn crds-node)

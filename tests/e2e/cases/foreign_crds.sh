# Where the kinds of policies are somebody else's: the chart leaves them alone and installs its own two, policies run, nodes report,
# and what cannot be told, since policies have no status there, is said once.
# timeout: 300
# needs: helm

node=foreign-$NAMESPACE
helm=$("$E2E_DIR/tools" path helm)

# Prints a kind of the shape of Tetragon's: no status, subresource or column; defaults and nullable fields in the spec.
foreign_crd() { # KIND PLURAL SHORT_NAME SCOPE
    cat <<CRD
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: $2.cilium.io}
spec:
  group: cilium.io
  scope: $4
  names: {kind: $1, listKind: $1List, plural: $2, singular: ${1,,}, shortNames: [$3], categories: [tetragon]}
  versions:
    - name: v1alpha1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          required: [metadata, spec]
          properties:
            apiVersion: {type: string}
            kind: {type: string}
            metadata: {type: object}
            spec:
              type: object
              properties:
                hostSelector: {type: object, nullable: true, x-kubernetes-preserve-unknown-fields: true}
                lists:
                  type: array
                  items:
                    type: object
                    required: [name]
                    properties:
                      name: {type: string}
                      type: {type: string, default: ""}
                      values: {type: array, items: {type: string}}
                      pattern: {type: string, nullable: true}
                      validated: {type: boolean, default: false}
                kprobes:
                  type: array
                  items:
                    type: object
                    required: [call]
                    properties:
                      call: {type: string}
                      syscall: {type: boolean, default: true}
                      return: {type: boolean, default: false}
                      message: {type: string}
                      args:
                        type: array
                        items:
                          type: object
                          required: [index]
                          properties:
                            index: {type: integer, format: int32, minimum: 0}
                            type: {type: string, default: auto}
                      selectors:
                        type: array
                        items:
                          type: object
                          properties:
                            matchPIDs:
                              type: array
                              items:
                                type: object
                                required: [operator, values]
                                properties:
                                  operator: {type: string, enum: [In, NotIn]}
                                  values: {type: array, items: {type: integer, format: int32}}
                                  isNamespacePID: {type: boolean, default: false}
                                  followForks: {type: boolean, default: false}
---
CRD
}

helm_install() {
    "$helm" --namespace "$NAMESPACE" install trigon "$REPOSITORY/helm/trigon" --set nodeIsolation.enabled=false "$@"
}

said() {
    grep -qE -- "$2" "$WORK/$1.out"
}

reports() { # TEXT
    [[ $(kubectl get tracingnodes "$node" -o 'jsonpath={range .status.policies[*]}{.name} {.generation} {.state} {.error}{"\n"}{end}' 2>/dev/null) =~ $1 ]]
}

is_ready() {
    [[ $(curl -s -o /dev/null -w '%{http_code}' "$(url "$1" readyz)") == 200 ]]
}

{
    foreign_crd TracingPolicy tracingpolicies tgtp Cluster
    foreign_crd TracingPolicyNamespaced tracingpoliciesnamespaced tgtpn Namespaced
} | kubectl apply -f - >/dev/null
crds_wait tracingpolicies.cilium.io tracingpoliciesnamespaced.cilium.io
check_fails 'invalid ownership metadata' helm_install
check helm_install --set crds.policies.enabled=false
crds_wait tracingnodes.trigon.dev clusternetworks.trigon.dev
check_output '' kubectl get crd tracingpolicies.cilium.io -o 'jsonpath={.spec.versions[0].subresources}'

# --- the agent and the operator, by the rights that the chart gives them
node_make "$node"
kubectl patch node "$node" --type merge -p '{"spec": {"podCIDR": "10.99.0.0/24", "podCIDRs": ["10.99.0.0/24"]}}'
background operator "$TRIGON" operator --kubeconfig "$(make_kubeconfig trigon-operator serviceaccount)" --lease-namespace "$NAMESPACE" \
    --health-server-address 127.0.0.1:0
# shellcheck disable=SC2016 # for the other shell
background agent env NODE_NAME="$node" unshare --mount bash -c 'mount -t tracefs tracefs /sys/kernel/tracing; exec "$@"' agent \
    "$TRIGON" agent --kubeconfig "$(make_kubeconfig trigon serviceaccount)" --tracing-policy-dir '' --export-filename "$WORK/events.json" --export-file-max-size-mb 0 \
    --server-address "$WORK/trigon.sock" --tracing-node-jitter 0 --health-server-address 127.0.0.1:0
wait_until 20 "agent that is ready" is_ready agent
wait_until 20 "operator that is ready" is_ready operator
published() {
    [[ $(kubectl get clusternetwork cluster -o 'jsonpath={.status.podCIDRs}' 2>/dev/null) == '["10.99.0.0/24"]' ]]
}
wait_until 30 "networks" published

# --- a policy with what that schema adds and lets be null, and one that it takes and the agent does not
kubectl apply -f - <<'POLICY'
apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata: {name: beside}
spec:
  hostSelector: null
  lists: [{name: calls, values: [security_task_setnice], pattern: null}]
  kprobes:
    - {call: sys_setpgid, args: [{index: 0, type: int}], selectors: [{matchPIDs: [{operator: NotIn, values: [1]}]}]}
    - {call: "list:calls", syscall: false}
---
apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata: {name: untyped}
spec: {kprobes: [{call: security_task_setnice, syscall: false, args: [{index: 0}]}]}
POLICY
check_output 'false false' kubectl get tracingpolicy beside -o \
    'jsonpath={.spec.lists[0].validated} {.spec.kprobes[0].selectors[0].matchPIDs[0].followForks}'
wait_until 30 "policy that runs" reports 'beside 1 enabled'
wait_until 30 "policy that does not" reports 'untyped 1 load_error .*type'
wait_until 60 "word of the missing status" said operator 'CRDs have no status for policies, so none is written; install Trigon'
kubectl patch tracingpolicies beside --type json -p '[{"op": "replace", "path": "/spec/kprobes/0/message", "value": "changed"}]'
wait_until 30 "policy that has changed" reports 'beside 2 enabled'
check_output '' kubectl get tracingpolicy beside -o 'jsonpath={.status}'
check_output 1 grep -c 'CRDs have no status' "$WORK/operator.out"
check is_ready operator

# --- what the chart has not brought stays when it goes
check "$helm" --namespace "$NAMESPACE" uninstall trigon
check kubectl get tracingpolicies beside untyped

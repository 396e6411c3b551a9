# The chart's kinds, with which all policies would go: an upgrade that would delete them is refused, they can be kept, and uninstalling
# leaves nothing of them behind. And names that YAML takes for numbers.
# timeout: 300
# needs: helm

helm=$("$E2E_DIR/tools" path helm)
all='clusternetworks.trigon.dev tracingnodes.trigon.dev tracingpolicies.cilium.io tracingpoliciesnamespaced.cilium.io'

chart() { # install|upgrade [OPTION...]
    "$helm" --namespace "$NAMESPACE" "$1" trigon "$REPOSITORY/helm/trigon" "${@:2}" >/dev/null
}

# A kind that has changed and that nobody has asked for since the server ends a minute late ("storage is (re)initializing").
uninstall() {
    kubectl get "${all// /,}" -A -o name >/dev/null
    "$helm" --namespace "$NAMESPACE" uninstall trigon
}

kinds() {
    kubectl get crd -o name | cut -d / -f 2 | sort | xargs
}

kinds_are_gone() {
    [[ -z $(kinds) ]]
}

policy_make() {
    # shellcheck disable=SC2086 # a list of names
    crds_wait $all
    check kubectl apply -f "$REPOSITORY/policies/privileges-raise.yaml"
}

belong_to() { # RELEASE
    # shellcheck disable=SC2086
    kubectl annotate --overwrite crd $all "meta.helm.sh/release-name=$1" >/dev/null
}

check chart install
policy_make

# --- an upgrade that would delete them is refused, but not where they are another release's
for value in crds.enabled crds.policies.enabled; do
    check_fails 'would delete the kind .* crds.keep=true first' chart upgrade --set "$value=false"
done
check belong_to another
check chart upgrade --set crds.enabled=false --dry-run=server
check belong_to trigon

# --- kept, left, left still, and taken back
check chart upgrade --set crds.keep=true
check chart upgrade --set crds.enabled=false
check chart upgrade --set crds.enabled=false --dry-run=server
check_output "$all" kinds
check kubectl get tracingpolicy privileges-raise
check chart upgrade --set crds.keep=false
check uninstall
wait_until 20 "end of the kinds" kinds_are_gone

# --- kept when the rest goes
check chart install --set crds.keep=true
policy_make
check uninstall
check_output "$all" kinds
check kubectl get tracingpolicy privileges-raise

# --- names
check "$helm" template 31415 "$REPOSITORY/helm/trigon" --namespace "$NAMESPACE" --kube-version 1.34.0 --skip-tests --set crds.enabled=false \
    --set-string nameOverride=141 >"$WORK/numbers.yaml"
check kubectl create --dry-run=server -f "$WORK/numbers.yaml" >/dev/null

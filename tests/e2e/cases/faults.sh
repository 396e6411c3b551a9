# An API server that misbehaves (fault_proxy in front of the real one): what the agent knows goes on, nothing is asked in a loop,
# memory stays flat, and afterwards the agent knows what has changed meanwhile.
# timeout: 900

# shellcheck source=tests/e2e/faults.sh
. "$E2E_DIR/faults.sh"

requests_max=80 # in the seconds that a fault lasts; who asks in a loop asks a hundred times in one
known_pod=first
known_message=first

# misbehave WATCHES OTHERS N [N]: until so many watches and others have met it, with a policy and a pod that change.
misbehave() {
    local name=$1-$2 began=$SECONDS watches others

    proxy_tell "$1" "$2"
    pod_start "$name"
    policy_put "$name"
    wait_until 60 "requests that meet $1 $2" proxy_has_met "${@:3}"
    observed "$known_pod" "($known_message|$name)" # a list that is not misanswered may have told of the new one
    read -r watches others < <(proxy_count)
    check test $((watches + others)) -le "$requests_max"
    proxy_tell pass pass
    # streams that hang or drip go on, others come anew
    [[ $1 =~ ^(cut|hang|drip)$ ]] || wait_until 60 "three streams" proxy_has_met 3
    converges 60 "$name" "$name"
    # and it follows again
    known_pod=$name known_message=$name-again
    kubectl label pod "$name" seen=yes >/dev/null
    policy_put "$known_message"
    converges 30 "$known_pod" "$known_message"
    echo "$name: met by $watches and $others, $((SECONDS - began)) s"
}

faults_begin
proxy_start
config=$(make_kubeconfig trigon serviceaccount)
proxy_config "$config"
agent_start "$config"
converges 30 first first

# --- answers that break off, hang, or come byte by byte
misbehave cut cut 2
memory=$(memory_kib)
misbehave hang hang 1
misbehave drip drip 1

# --- storms, nonsense: first for watches, then, as these have to list anew, for lists
for fault in 429 500 close html binary cut-json short object; do
    misbehave "$fault" "$fault" 6
done
misbehave gone pass 6
for fault in 429 html cut-json object short cut; do
    misbehave gone "$fault" 1 4
done

# --- the server starts anew while streams hang, and what they last saw is no longer in etcd
expiries() {
    grep -cE '"(pods|tracingpolicies|tracingpoliciesnamespaced): .* no longer has resourceVersion' "$WORK/agent.out" || true
}

has_expired_again() {
    (($(expiries) >= expired + 3))
}

# By lists that may not be older than what the agent knew.
has_listed_anew() {
    local objects

    for objects in api/v1/pods apis/cilium.io/v1alpha1/{tracingpolicies,tracingpoliciesnamespaced}; do
        tail -n "+$((seen + 1))" "$WORK/proxy.out" | grep -E "^pass +GET /$objects\?resourceVersion=[1-9]" >/dev/null || return 1
    done
}

proxy_tell hang close
pod_start compacted
policy_put compacted
wait_until 30 "streams that hang" proxy_has_met 3
expired=$(expiries)
control_plane compact
control_plane stop kube-apiserver
observed "$known_pod" "$known_message"
control_plane start
check test "$(expiries)" -eq "$expired"
seen=$(wc -l <"$WORK/proxy.out")
proxy_tell pass pass
wait_until 60 "410 of the real one" has_expired_again
wait_until 60 "lists of all" has_listed_anew
converges 60 compacted compacted

memory_is_flat "$memory"
acts_are_told_once
agent_end

# Who the agent is and whom it trusts changes while it runs: a token that is revoked, a client certificate whose user loses his
# rights, a server with a certificate of another CA. Each time the file is rewritten only afterwards, and the agent goes on.
# timeout: 600

# shellcheck source=tests/e2e/faults.sh
. "$E2E_DIR/faults.sh"

# Prints the path of a kubeconfig NAME whose user is what the lines of USER say.
write_config() {
    printf '%s\n' "$2" >"$WORK/$1.user"
    _print_kubeconfig "$1" "$WORK/$1.user" >"$WORK/$1.conf"
    echo "$WORK/$1.conf"
}

# A token that lives as long as the secret NAME.
make_token() {
    kubectl create secret generic "$1" >/dev/null
    kubectl create token trigon --bound-object-kind Secret --bound-object-name "$1"
}

# The server remembers for ten seconds that a token was good.
is_refused() {
    [[ $(curl -s --cacert "$CLUSTER/pki/ca.crt" -H "Authorization: Bearer $1" -o /dev/null -w '%{http_code}' "$SERVER/api") == 401 ]]
}

# What the agent writes takes a call of its own, over the connection that is there.
has_reported() {
    [[ $(kubectl get tracingnodes "$NODE" -o json | jq '.status.policies[]? | select(.name == "watched") | .generation') == \
    $(kubectl get tracingpolicy watched -o 'jsonpath={.metadata.generation}') ]]
}

faults_begin

# --- a token
kubectl create serviceaccount trigon >/dev/null
old=$(make_token old)
echo "$old" >"$WORK/token"
agent_start "$(write_config token "tokenFile: $WORK/token")"
converges 30 first first
wait_until 30 "report" has_reported
kubectl delete secret old >/dev/null
wait_until 30 "end of the token" is_refused "$old"
policy_put revoked
wait_until 30 "word of the token" agent_said 'does not know us \(401\)'
converges 30 first revoked # streams go on
make_token new >"$WORK/token.new"
mv "$WORK/token.new" "$WORK/token"
wait_until 60 "report with the new token" has_reported
agent_end

# --- a client certificate, in a file, of somebody who may no longer do what he could
_make_certificate before e2e-agents
_make_certificate after e2e-others
cp "$WORK/before.crt" "$WORK/client.crt"
cp "$WORK/before.key" "$WORK/client.key"
for group in e2e-agents e2e-others; do
    kubectl create clusterrolebinding "$NODE-$group" --clusterrole trigon --group "$group" >/dev/null
    cleanup "kubectl delete clusterrolebinding $NODE-$group --ignore-not-found >/dev/null"
done
agent_start "$(write_config certificate "client-certificate: $WORK/client.crt"$'\n'"client-key: $WORK/client.key")"
policy_put second
converges 30 first second
wait_until 30 "report" has_reported
kubectl delete clusterrolebinding "$NODE-e2e-agents" >/dev/null
policy_put third
wait_until 30 "word of the right" agent_said 'is forbidden: User .*before'
cp "$WORK/after.crt" "$WORK/client.crt"
cp "$WORK/after.key" "$WORK/client.key"
wait_until 60 "report with the new certificate" has_reported
converges 30 first third
agent_end

# --- the server's certificate, of another CA
make_ca another
proxy_start
config=$(make_kubeconfig trigon serviceaccount)
proxy_config "$config"
cp "$CLUSTER/pki/ca.crt" "$WORK/trusted.crt"
sed -i "s|certificate-authority-data: .*|certificate-authority: $WORK/trusted.crt|" "$config"
agent_start "$config"
converges 30 first third
memory=$(memory_kib)
proxy_start another
wait_until 30 "word of the certificate" agent_said 'cannot reach the API server: .*[Cc]ertificate'
policy_put fourth
pod_start fourth
observed first third
cp "$WORK/another.ca.crt" "$WORK/trusted.crt"
converges 60 fourth fourth
memory_is_flat "$memory"
acts_are_told_once
agent_end

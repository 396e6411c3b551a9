# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# What a case can use. Sourced before the case, which runs with errexit, in an empty directory of its own, with a control
# plane that runs, as its administrator, in a new namespace.
#
#   $REPOSITORY, $TRIGON    the repository, with policies/; the agent's binary
#   $CLUSTER                the directory of the control plane (tests/e2e/control-plane)
#   $NAMESPACE              the case's namespace: what kubectl takes when none is named
#   $WORK, $KUBECONFIG      its directory; its kubeconfig
#   $LOGS                   a directory that stays when the case has ended, for whoever looks for the reason of a failure
#   $SERVER                 the API server's address, https://127.0.0.1:PORT
#
#   kubectl ARGUMENT...              the real one
#   kubectl_as FILE ARGUMENT...      the same with another kubeconfig
#   apply_manifest KIND...                          installs what k8s/manifests has of these kinds, for $NAMESPACE
#   crds_make                        installs k8s/crds, waits until the server has the kinds
#   make_kubeconfig NAME user [GROUP...]            prints the path of a kubeconfig with a client certificate
#   make_kubeconfig NAME serviceaccount [SECONDS]   the same with a token (3600) of the service account NAME in $NAMESPACE,
#                                                   which is made if it is not there
#   crds_wait NAME...                waits until the server has these kinds
#   node_make NAME                   makes a Node object, for no machine, that is gone when the case ends
#   pod_make NAME NODE               makes a pod on it, of one container, which nobody runs
#   control_plane COMMAND [...]      tests/e2e/control-plane for the case's own; `control_plane stop kube-apiserver`
#   free_port                        prints a port of the loopback on which nothing listens
#   background NAME COMMAND...       starts it with output to $WORK/NAME.out, ended with the case; sets $BACKGROUND_PID
#   api METHOD PATH [FILE]           prints the answer, prints the HTTP status last; the administrator asks by curl
#   wait_until SECONDS WHAT COMMAND...   waits until COMMAND succeeds; when that takes longer (on a machine that is not busy) the case fails: no WHAT,
#                                    and what there is, where COMMAND sets $FOUND to that
#   whole_lines [FILE]               prints what has an end of line already, of what may just be written
#   jq_log ARGUMENT... FILE          jq of the whole lines of a log
#   prints TEXT COMMAND...           a condition for wait_until: COMMAND succeeds and prints just TEXT
#   limit SECONDS                    prints the limit of such a wait, for `kubectl --timeout`
#   url NAME PATH                    prints the URL of a path of what was started under this name and answers probes
#   metric NAME SAMPLE               prints what its /metrics has for this name with these labels
#   metrics_are_clean NAME           fails, and prints why, if `promtool check metrics` would find fault with them
#   dashboard_fits NAME...           fails, and prints why, unless they have all metrics and labels that the chart's dashboard asks for
#   step TEXT                        says it, with the time
#   check COMMAND...                 fails, and says which, unless COMMAND succeeds
#   check_output TEXT COMMAND...     fails unless COMMAND succeeds and prints just TEXT
#   check_fails REGEX COMMAND...     fails unless COMMAND fails with an output that matches
#   cleanup COMMAND                  a command line to evaluate when the case ends, last one first
#   skip WHY, fail WHY               ends the case

set -Eeuo pipefail
shopt -s inherit_errexit

E2E_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
REPOSITORY=$(cd "$E2E_DIR/../.." && pwd -P)
# shellcheck disable=SC2034 # for the case
TRIGON=${TRIGON:-$REPOSITORY/build/trigon}
CLUSTER=$TRIGON_E2E_CLUSTER
WORK=$REPOSITORY/build/e2e/work/$TRIGON_CASE
LOGS=$REPOSITORY/build/e2e/logs-$TRIGON_CASE
NAMESPACE=${TRIGON_CASE//_/-}-$RANDOM
BACKGROUND_PID=

NAMESPACE_LIMIT_S=20
BUSY_FACTOR=3 # limits are those of a machine with nothing else to do; beside a case there may be a VM, and an image that is built
POLL_S=0.05 # between two tries of wait_until
FOUND=      # by COMMAND of wait_until

# shellcheck source=tests/vm/outcome.sh
. "$REPOSITORY/tests/vm/outcome.sh"

_background=()

step() {
    echo "$SECONDS s: $*"
}

check_output() {
    local text=$1 output

    shift
    output=$("$@") || fail "exit status $? of: $*"
    [[ $output == "$text" ]] || fail "should print $text: $*: $output"
}

check_fails() {
    local regex=$1 output

    shift
    if output=$("$@" 2>&1); then
        fail "should fail: $*"
    fi
    grep -qE -- "$regex" <<<"$output" || fail "should fail with $regex: $*: $output"
}

whole_lines() {
    perl -ne 'print if /\n\z/' "$@"
}

jq_log() {
    whole_lines "${@: -1}" | jq "${@:1:$#-1}"
}

prints() {
    FOUND=$("${@:2}" 2>/dev/null) && [[ $FOUND == "$1" ]]
}

limit() {
    echo "$(($1 * BUSY_FACTOR))s"
}

wait_until() {
    local limit=$(($1 * BUSY_FACTOR)) what=$2
    local end=$((SECONDS + limit))

    shift 2
    FOUND=
    until "$@"; do
        ((SECONDS <= end)) || fail "no $what in $limit s: $*${FOUND:+; there is: $FOUND}"
        sleep "$POLL_S"
    done
}

background() {
    local name=$1

    shift
    "$@" </dev/null >"$WORK/$name.out" 2>&1 &
    BACKGROUND_PID=$!
    _background+=("$BACKGROUND_PID")
}

url() {
    echo "http://127.0.0.1:$(sed -nE 's/.*probes are answered on port ([0-9]+).*/\1/p' "$WORK/$1.out")/$2"
}

metric() {
    curl -sf "$(url "$1" metrics)" | awk -v sample="$2" '{value = $NF; sub(/ [^ ]*$/, "")} $0 == sample {print value}'
}

dashboard_fits() {
    local name
    local -a pages=()

    for name; do
        pages+=("$WORK/$name.metrics")
        curl -sf -o "${pages[-1]}" "$(url "$name" metrics)" || return 1
    done
    "$("$E2E_DIR/tools" path promlint)" "$REPOSITORY/helm/trigon/dashboards/trigon.json" trigon_ "${pages[@]}"
}

metrics_are_clean() {
    curl -sf -o "$WORK/$1.metrics" "$(url "$1" metrics)" && grep -q '^# TYPE ' "$WORK/$1.metrics" &&
        "$("$E2E_DIR/tools" path promlint)" <"$WORK/$1.metrics"
}

# --- the cluster ---------------------------------------------------------------------------------------------------

kubectl() {
    "$_kubectl" "$@"
}

kubectl_as() {
    local config=$1

    shift
    "$_kubectl" --kubeconfig "$config" "$@"
}

# What a case starts again stays when the case ends, so it must not have the mark by which leftovers are found.
control_plane() {
    local command=$1

    shift
    env -u TRIGON_CASE_TOKEN "$E2E_DIR/control-plane" "$command" "$CLUSTER" "$@"
}

api() {
    local -a body=()

    (($# < 3)) || body=(--header "Content-Type: application/json" --data-binary "@$3")
    curl -s --max-time 30 --cacert "$CLUSTER/pki/ca.crt" --cert "$CLUSTER/pki/admin.crt" --key "$CLUSTER/pki/admin.key" \
        --request "$1" "${body[@]}" --write-out '\n%{http_code}\n' "$SERVER$2"
}

# Not by `kubectl wait`, which fails on a CRD that is so new that it has no conditions.
_is_established() {
    [[ $(kubectl get crd "$1" -o 'jsonpath={.status.conditions[?(@.type=="Established")].status}' 2>/dev/null) == True ]]
}

free_port() {
    local port

    for port in $(shuf -i 20000-32000 -n 50); do
        if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
            echo "$port"
            return
        fi
    done
}

crds_make() {
    check kubectl apply -f "$REPOSITORY/k8s/crds" >/dev/null
    crds_wait tracingpolicies.cilium.io tracingpoliciesnamespaced.cilium.io tracingnodes.trigon.dev clusternetworks.trigon.dev
}

crds_wait() {
    local name

    for name; do
        wait_until 20 "kind $name" _is_established "$name"
    done
}

apply_manifest() {
    local file=$WORK/manifest-$1.yaml

    awk -v kinds=" $* " 'BEGIN { RS = "\n?---\n" } match($0, /\nkind: [A-Za-z]+/) {
        if (index(kinds, " " substr($0, RSTART + 7, RLENGTH - 7) " "))
            print "---\n" $0
    }' "$REPOSITORY/k8s/manifests/trigon.yaml" | sed "s/namespace: \"trigon\"$/namespace: $NAMESPACE/" >"$file"
    cleanup "kubectl delete -f $file >/dev/null"
    check kubectl apply -f "$file" >/dev/null
}

make_kubeconfig() {
    local name=$1 kind=$2 file=$WORK/$1.conf

    shift 2
    (
        umask 077
        case $kind in
        user)
            _make_certificate "$name" "$@"
            _print_user_certificate "$name" >"$file.user"
            ;;
        serviceaccount)
            _print_user_token "$name" "$@" >"$file.user"
            ;;
        *)
            fail "make_kubeconfig: no kind $kind"
            ;;
        esac
        _print_kubeconfig "$name" "$file.user" >"$file"
    )
    echo "$file"
}

# Makes $WORK/NAME.key and NAME.crt, signed by the cluster's CA, for user NAME in GROUP...
_make_certificate() {
    local name=$1 subject='' group

    shift
    for group; do
        subject+=/O=$group
    done
    openssl ecparam -name prime256v1 -genkey -noout -out "$WORK/$name.key"
    openssl req -new -key "$WORK/$name.key" -subj "$subject/CN=$name" |
        openssl x509 -req -CA "$CLUSTER/pki/ca.crt" -CAkey "$CLUSTER/pki/ca.key" -set_serial "0x$(openssl rand -hex 8)" \
            -days 1 -out "$WORK/$name.crt" -extfile <(echo extendedKeyUsage=clientAuth) 2>/dev/null
}

_print_user_certificate() {
    echo "client-certificate-data: $(base64 -w 0 "$WORK/$1.crt")"
    echo "client-key-data: $(base64 -w 0 "$WORK/$1.key")"
}

_print_user_token() {
    local name=$1 seconds=${2:-3600}

    kubectl get serviceaccount "$name" >/dev/null 2>&1 || kubectl create serviceaccount "$name" >/dev/null
    echo "token: $(kubectl create token "$name" --duration "${seconds}s")"
}

# Prints a kubeconfig for NAME with what FILE says of the user.
_print_kubeconfig() {
    cat <<CONFIG
apiVersion: v1
kind: Config
clusters:
  - name: cluster
    cluster:
      server: $SERVER
      certificate-authority-data: $(base64 -w 0 "$CLUSTER/pki/ca.crt")
contexts:
  - name: $1
    context:
      cluster: cluster
      user: $1
      namespace: $NAMESPACE
current-context: $1
users:
  - name: $1
    user:
CONFIG
    sed 's/^/      /' "$2"
}

node_make() {
    kubectl create -f - >/dev/null <<NODE
apiVersion: v1
kind: Node
metadata:
  name: "$1"
  labels:
    kubernetes.io/hostname: "$1"
NODE
    cleanup "kubectl delete node $1 --ignore-not-found --wait=false >/dev/null"
}

pod_make() {
    kubectl create -f - >/dev/null <<POD
apiVersion: v1
kind: Pod
metadata:
  name: "$1"
  labels:
    app: "$1"
spec:
  nodeName: "$2"
  terminationGracePeriodSeconds: 0
  containers:
    - name: main
      image: docker.io/library/none:none
      imagePullPolicy: Never
POD
}

# --- the case's life -----------------------------------------------------------------------------------------------

# Brings back what the case before has stopped.
_cluster_start() {
    control_plane start >"$WORK/control-plane.out" 2>&1 || fail "no control plane: $(<"$WORK/control-plane.out")"
}

# What agents and operators of the cases before have written, the last of it perhaps when their case was over.
_cluster_clean() {
    local kinds

    kinds=$(kubectl get crd -o name | sed -nE 's|.*/([a-z]+\.(cilium\.io\|trigon\.dev))$|\1|p' | paste -sd ,)
    [[ -z $kinds ]] || kubectl delete "$kinds" --all --all-namespaces >/dev/null
}

# Makes the namespace. Pods need its service account, which the controller manager makes; where there is none we do.
_namespace_make() {
    local programs

    programs=$(control_plane status)
    kubectl create namespace "$NAMESPACE" >/dev/null
    if grep -q '^kube-controller-manager' <<<"$programs"; then
        wait_until "$NAMESPACE_LIMIT_S" "service account in $NAMESPACE" _has_service_account
    else
        kubectl create serviceaccount default >/dev/null
    fi
}

_has_service_account() {
    kubectl get serviceaccount default >/dev/null 2>&1
}

_on_error() {
    echo "FAIL: $TRIGON_CASE.sh:$1: exit status $2 of: $3" >&2
}

_on_exit() {
    local status=$1

    set +e
    trap - ERR EXIT
    _clean_up
    ((status == 0)) || cp "$WORK"/*.out "$LOGS"
    if ((${#_background[@]} > 0)); then
        kill -KILL "${_background[@]}" 2>/dev/null
        wait "${_background[@]}" 2>/dev/null # or the shell would report each
    fi
    # Without a controller manager it stays, marked as deleted, as does what is in it.
    kubectl delete namespace "$NAMESPACE" --ignore-not-found --wait=false >/dev/null
    cd /
    rm -rf "$WORK"
    exit "$status"
}

trap '_on_error "$LINENO" "$?" "$BASH_COMMAND"' ERR
trap '_on_exit "$?"' EXIT
trap 'exit 143' TERM
rm -rf "$WORK"
mkdir -p "$WORK" "$LOGS"
cd "$WORK"
_kubectl=$("$E2E_DIR/tools" path kubectl)
SERVER=$(sed -nE 's/^ *server: //p' "$CLUSTER/admin.conf")
export KUBECACHEDIR=$CLUSTER/kubectl-cache
KUBECONFIG=$WORK/kubeconfig
export KUBECONFIG
_cluster_start
cp "$CLUSTER/admin.conf" "$KUBECONFIG"
kubectl config set-context --current --namespace "$NAMESPACE" >/dev/null
_cluster_clean
_namespace_make

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# manifests.sh [--check]: renders k8s/manifests/trigon.yaml, for `kubectl apply`, from the chart with its default values.
# With --check it writes nothing, and says so when the file is not what the chart says; without helm it says that it does
# not know, in CI as an error. The kinds are not in it: they are in k8s/crds.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

MANIFEST=k8s/manifests/trigon.yaml
NAMESPACE=trigon
KUBE_VERSION=1.30.0 # the oldest that knows all that is in it

render() {
    local helm

    helm=$(tests/e2e/tools path helm)
    cat <<HEAD
# Made by \`make manifests\` of the chart, helm/trigon. Apply k8s/crds first.
apiVersion: v1
kind: Namespace
metadata:
  name: $NAMESPACE
  labels:
    pod-security.kubernetes.io/enforce: privileged
HEAD
    # The chart's label says who manages an object: kubectl does.
    "$helm" template trigon helm/trigon --namespace "$NAMESPACE" --kube-version "$KUBE_VERSION" --set crds.enabled=false --skip-tests \
        2> >(grep -v '^walk.go' >&2) |
        sed 's|app.kubernetes.io/managed-by: Helm|app.kubernetes.io/managed-by: kubectl|'
}

if [[ ${1:-} == --check ]]; then
    if [[ -n $(tests/e2e/tools missing helm) ]]; then
        problem="is not compared with the chart: helm is not built (tests/e2e/tools build helm)"
        if [[ -n ${CI:-} ]]; then
            echo "$MANIFEST:1: $problem"
        else
            echo "manifests.sh: $MANIFEST $problem" >&2
        fi
    elif ! diff -q <(render) "$MANIFEST" >/dev/null; then
        echo "$MANIFEST:1: is not what the chart says (make manifests)"
    fi
else
    tests/e2e/tools build helm
    mkdir -p "${MANIFEST%/*}"
    render >"$MANIFEST.new"
    mv "$MANIFEST.new" "$MANIFEST"
fi

# The image for arm64, built by the Dockerfile: what is in it, and that its programs run, by an emulator: policies are checked, and the
# operator is ready, with libcurl and libwebsockets of the image. BPF programs cannot be loaded there.
# timeout: 900
# manual: minutes, most of them a compiler's on the cores that the other cases share
# shellcheck shell=bash

# shellcheck source=tests/e2e/image_check.sh
. "$E2E_DIR/image_check.sh"

EMULATOR=qemu-aarch64-static

((EUID == 0)) || skip "buildah needs root"
[[ ${TRIGON_E2E_DRIVER:-} == kind ]] || missing=$("$REPOSITORY/tools/deps.sh" --check node arm64) ||
    skip "missing packages, tools/deps.sh node arm64: $missing"
[[ $(uname -m) == x86_64 ]] || skip "on such a machine it is the image of install"

images=$WORK/images
check "$E2E_DIR/image" arm64 "$images"
echo "$SECONDS s: built"
image_check "$images/trigon-arm64.tar" arm64 "$(command -v "$EMULATOR")"
check grep -qx 'architecture *aarch64' <(image_run /usr/bin/trigon version)

# --- policies: the library's, and one that is wrong
for policy in "$REPOSITORY"/policies/*.yaml; do
    check env PODCIDR=10.0.0.0/8 SERVICECIDR=10.96.0.0/16 chroot "$IMAGE_TREE" "$IMAGE_EMULATOR" /usr/bin/trigon policy check \
        "/usr/share/trigon/policies/${policy##*/}"
done
sed 's/operator: .*/operator: Equls/' "$REPOSITORY/policies/privileges-raise.yaml" >"$IMAGE_TREE/tmp/wrong.yaml"
check_fails 'Equls' image_run /usr/bin/trigon policy check /tmp/wrong.yaml

# --- the operator, in the case's cluster
crds_make
cp "$(make_kubeconfig operator user system:masters)" "$IMAGE_TREE/tmp/kubeconfig"
background operator image_run /usr/bin/trigon operator --kubeconfig /tmp/kubeconfig --lease-namespace "$NAMESPACE" \
    --health-server-address 127.0.0.1:0
is_ready() {
    [[ $(curl -s -o /dev/null -w '%{http_code}' "$(url operator readyz)") == 200 ]]
}
wait_until 30 "operator that is ready" is_ready
check_fails 'no such DaemonSet' image_run /usr/bin/trigon check-cluster --kubeconfig /tmp/kubeconfig --timeout 5

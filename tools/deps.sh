#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# deps.sh [--check] GROUP...: installs the Debian packages of the groups that are missing, and nothing otherwise.
#
# A group for an architecture that is not this machine's has its compiler and, beside this machine's, its libraries.
#
# With --check it installs nothing, prints the names of the missing ones and exits 1 if there are any. When all is there
# it prints nothing and does not touch the network.

set -euo pipefail

# The agent's libraries.
LIBRARIES=(libbpf-dev libelf-dev zlib1g-dev libjansson-dev libyaml-dev libcurl4-openssl-dev libwebsockets-dev libre2-dev)

# Prints what it takes to build for ARCHITECTURE, whose compiler's packages end in SUFFIX.
architecture_packages() {
    if [[ $1 == "$(dpkg --print-architecture)" ]]; then
        group_packages build
    else
        echo make clang llvm "gcc-$2" "g++-$2" "${LIBRARIES[@]/%/:$1}"
    fi
}

# Prints the packages of a group. The one place that names them.
group_packages() {
    case $1 in
    # The agent and its BPF programs.
    build) echo make gcc g++ libc6-dev linux-libc-dev clang llvm "${LIBRARIES[@]}" pkg-config ;;
    # The same for an architecture, whatever this machine's is.
    build-amd64) architecture_packages amd64 x86-64-linux-gnu ;;
    build-arm64) architecture_packages arm64 aarch64-linux-gnu ;;
    # make check.
    check) echo clang-format cppcheck shellcheck git ;;
    # Unit, golden, fuzz and native tests: sanitizers and libFuzzer come with gcc and libclang-rt; the cases run jq and
    # set file capabilities; for the policies they connect, ask for modules and log in. rsyslog follows the log.
    # libssl is for an HTTPS server that misbehaves.
    test) echo clang libclang-rt-14-dev libssl-dev jq util-linux libcap2-bin sudo strace bpftool procps \
        curl gettext-base iproute2 kmod openssh-client openssh-server rsyslog ;;
    # A browser for the case of the live page.
    page) echo chromium chromium-driver python3-selenium curl ;;
    # Virtual machines. kmod is for the guest, too, which shares this machine's programs.
    vm) echo qemu-system-x86 busybox-static cpio kmod xz-utils zstd debian-archive-keyring ;;
    # Kubernetes for tests/e2e. Any Go in PATH does, and Debian's 1.19 to fetch one that is new enough (tests/e2e/tools).
    e2e) echo openssl libssl-dev curl jq "$(command -v go >/dev/null || echo golang-go)" ;;
    # A node for tests/e2e, in a VM, and the image that runs there.
    node) echo buildah mmdebstrap containerd runc crun containernetworking-plugins e2fsprogs iptables iproute2 ;;
    # Compiling for arm64 without its libraries, and running a program of it.
    arm64) echo gcc-aarch64-linux-gnu g++-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user-static ;;
    *) return 1 ;;
    esac
}

usage() {
    echo "Usage: tools/deps.sh [--check] GROUP...   groups: build build-amd64 build-arm64 check test page vm e2e node arm64" >&2
    exit 2
}

is_installed() {
    # Once per architecture that it is installed for.
    dpkg-query -W -f '${db:Status-Status}\n' "$1" 2>/dev/null | grep -qx installed
}

# Prints the packages of the GROUPs that are not installed, one a line.
missing_packages() {
    local group packages package

    for group; do
        packages=$(group_packages "$group") || usage
        for package in $packages; do
            is_installed "$package" || echo "$package"
        done
    done | sort -u
}

# Has dpkg take the packages among PACKAGE... that are another architecture's.
add_architectures() {
    local package

    for package; do
        [[ $package != *:* ]] || dpkg --add-architecture "${package#*:}"
    done
}

install_packages() {
    local command="apt-get install -y --no-install-recommends $*"

    if ((EUID != 0)); then
        echo "deps.sh: missing packages, and only root can install them: sudo $command" >&2
        exit 1
    fi
    echo "deps.sh: installing $*"
    export DEBIAN_FRONTEND=noninteractive
    add_architectures "$@"
    apt-get -q update
    $command </dev/null
}

main() {
    local check=no missing

    if [[ ${1:-} == --check ]]; then
        check=yes
        shift
    fi
    (($# > 0)) || usage
    if ! command -v dpkg-query >/dev/null; then
        echo "deps.sh: this is not Debian; install what tools/deps.sh lists by hand" >&2
        exit 1
    fi
    missing=$(missing_packages "$@")
    if [[ -z $missing ]]; then
        return
    fi
    # shellcheck disable=SC2086 # a list of names
    set -- $missing
    if [[ $check == yes ]]; then
        echo "$*"
        exit 1
    fi
    install_packages "$@"
}

main "$@"

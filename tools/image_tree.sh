#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# image_tree.sh BINARY DIR: makes DIR what a container image of BINARY must hold: it, and the libraries that it needs.
#
# Those are what ld.so finds, for the binary and for each library that it loads by name when it is needed (dlopen): the
# names are in the binary. ld.so and the libraries stay where they are found, so no cache is needed.

set -euo pipefail

# Prints the names of libraries that BINARY has as strings: what it loads itself, and what it is linked with.
library_names() {
    strings -a "$1" | grep -xE 'lib[A-Za-z0-9_+-]+\.so\.[0-9]+' | sort -u
}

# Prints the path of library NAME.
library_path() {
    local path

    path=$(PATH=$PATH:/sbin:/usr/sbin ldconfig -p | awk -v name="$1" '$1 == name && !found { print $NF; found = 1 }')
    if [[ -z $path ]]; then
        echo "image_tree.sh: the binary loads $1, which is not installed" >&2
        return 1
    fi
    echo "$path"
}

# Prints the paths of all that FILE is linked with, ld.so included.
linked_paths() {
    ldd "$1" | awk '/not found/ { print "image_tree.sh: " $0 > "/dev/stderr"; exit 1 }
        $2 == "=>" { print $3 } $1 ~ /^\// { print $1 }'
}

main() {
    local binary=$1 tree=$2 name path paths

    paths=$(linked_paths "$binary")
    for name in $(library_names "$binary"); do
        path=$(library_path "$name")
        paths+=$'\n'$path$'\n'$(linked_paths "$path")
    done
    install -D -m 0755 "$binary" "$tree/usr/bin/trigon"
    sort -u <<<"$paths" | while read -r path; do
        install -D -m 0755 "$(readlink -f "$path")" "$tree$path"
    done
    mkdir -p "$tree"/{etc/trigon/policies,proc,sys,run/trigon,tmp,var/log}
    ln -s /run "$tree/var/run"
}

if (($# != 2)); then
    echo "Usage: tools/image_tree.sh BINARY DIR" >&2
    exit 2
fi
main "$@"

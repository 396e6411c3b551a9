#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# image_tree.sh BINARY DIR: makes DIR what a container image of BINARY must hold: it, and the libraries that it needs.
#
# Those are what ld.so would find, for the binary and for each library that it loads by name when it is needed (dlopen): the
# names are in the binary. Nothing is run, so the binary may be another machine's, whose libraries Debian has beside this
# one's. ld.so and the libraries stay where they are found, so no cache is needed.

set -euo pipefail
shopt -s inherit_errexit

declare -A libraries=() # name to path

# Prints the names of libraries that BINARY has as strings: what it loads itself, and what it is linked with.
library_names() {
    strings -a "$1" | grep -xE 'lib[A-Za-z0-9_+-]+\.so\.[0-9]+' | sort -u
}

# Prints the names of the libraries that FILE is linked with.
linked_names() {
    readelf -d "$1" | sed -nE 's/.*\(NEEDED\).*\[(.*)\]$/\1/p'
}

# Prints the path of the ld.so that starts BINARY.
interpreter_path() {
    readelf -l "$1" | sed -nE 's/.*program interpreter: (.*)\]$/\1/p'
}

# Prints what Debian calls the machine that BINARY is for.
machine_triplet() {
    case $(readelf -h "$1" | sed -nE 's/^ *Machine: *//p') in
    *X86-64) echo x86_64-linux-gnu ;;
    AArch64) echo aarch64-linux-gnu ;;
    *)
        echo "image_tree.sh: $1 is of no machine that Trigon is built for" >&2
        return 1
        ;;
    esac
}

# Adds library NAME of the machine TRIPLET to `libraries`, and all that it is linked with.
add_library() {
    local name=$1 triplet=$2 directory path=

    if [[ -n ${libraries[$name]:-} ]]; then
        return
    fi
    for directory in "/lib/$triplet" "/usr/lib/$triplet"; do
        if [[ -e $directory/$name ]]; then
            path=$directory/$name
            break
        fi
    done
    if [[ -z $path ]]; then
        echo "image_tree.sh: $name is needed and not installed for $triplet" >&2
        exit 1
    fi
    libraries[$name]=$path
    for name in $(linked_names "$path"); do
        add_library "$name" "$triplet"
    done
}

main() {
    local binary=$1 tree=$2 name path triplet interpreter

    triplet=$(machine_triplet "$binary")
    interpreter=$(interpreter_path "$binary")
    libraries[${interpreter##*/}]=$interpreter # libraries that name it get the one that runs
    for name in $(library_names "$binary"); do
        add_library "$name" "$triplet"
    done
    install -D -m 0755 "$binary" "$tree/usr/bin/trigon"
    for path in "${libraries[@]}"; do
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

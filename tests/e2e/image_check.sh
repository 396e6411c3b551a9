# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# What an image of Trigon is to be, whatever the machine. Sourced by a case, after lib.sh.
#
#   image_check TAR ARCHITECTURE [EMULATOR]   fails and says why, unless the archive is such an image; leaves its files in $IMAGE_TREE
#   image_run COMMAND...                      runs a program of it, with $IMAGE_TREE as its root
#
# EMULATOR, a program that needs no libraries, is what programs of another machine run by.

IMAGE_TREE=$WORK/image/tree
IMAGE_MAX_BYTES=12000000 # compressed
IMAGE_OWNER=65532/65532
IMAGE_EMULATOR= # its path in the tree
# What the agent loads when it needs it.
IMAGE_LOADED=(libcurl.so.4 libwebsockets.so.17)

image_run() {
    chroot "$IMAGE_TREE" ${IMAGE_EMULATOR:+"$IMAGE_EMULATOR"} "$@"
}

# Unpacks TAR. The owners are read from the layer's list.
_image_unpack() {
    local dir=${IMAGE_TREE%/*} layer

    rm -rf "$dir"
    mkdir -p "$IMAGE_TREE"
    tar xf "$1" -C "$dir"
    check_output 1 jq '.[0].Layers | length' "$dir/manifest.json"
    layer=$dir/$(jq -r '.[0].Layers[0]' "$dir/manifest.json")
    tar tvf "$layer" --numeric-owner | tr -s ' ' | cut -d ' ' -f 1,2,6- >"$dir/list"
    tar xf "$layer" -C "$IMAGE_TREE"
    mkdir "$IMAGE_TREE/dev" # as a container's, for libwebsockets
    mknod -m 444 "$IMAGE_TREE/dev/urandom" c 1 9
    cp "$dir/$(jq -r '.[0].Config' "$dir/manifest.json")" "$dir/config.json"
}

# Prints the files, without their libraries, that there are to be.
_image_files() {
    (cd "$REPOSITORY" && printf 'usr/share/trigon/%s\n' policies/*.yaml)
    echo usr/bin/trigon
}

# Prints the libraries that ld.so itself takes for FILE, the path of one or its name.
_image_linked() {
    local interpreter

    interpreter=/$(cd "$IMAGE_TREE" && echo lib*/ld-linux-*)
    image_run "$interpreter" --list "$1" | sed -nE 's|.*[[:space:]](/?[^ ]+) \(0x[0-9a-f]+\)$|\1|p' | grep -v vdso
}

# Prints the libraries that there are to be: what ld.so takes for the binary, and for what that loads by itself.
_image_libraries() {
    local name path

    _image_linked /usr/bin/trigon
    for name in "${IMAGE_LOADED[@]}"; do
        path=$(cd "$IMAGE_TREE" && echo lib/*/"$name")
        echo "/$path"
        _image_linked "/$path"
    done
}

image_check() {
    local tar=$1 architecture=$2 emulator=${3:-} compressed dir=${IMAGE_TREE%/*}

    _image_unpack "$tar"
    compressed=$(gzip -c "$tar" | wc -c)
    ((compressed <= IMAGE_MAX_BYTES)) || fail "the image has $compressed bytes, compressed; $IMAGE_MAX_BYTES are allowed"
    check_output "$architecture linux [\"/usr/bin/trigon\"] [\"agent\"]" \
        jq -r '"\(.architecture) \(.os) \(.config.Entrypoint) \(.config.Cmd)"' "$dir/config.json"
    # shellcheck disable=SC2016 # awk's
    check_output '' awk -v owner="$IMAGE_OWNER" '$2 != owner || $1 !~ /^(drwxr-xr-x|-rwxr-xr-x|-rw-r--r--|lrwxrwxrwx)$/' "$dir/list"
    check diff <(_image_files | sort) <(awk '/^-/ {print $3}' "$dir/list" | grep -vE '^lib[0-9]*/' | sort)
    if [[ -n $emulator ]]; then
        IMAGE_EMULATOR=/emulator
        cp "$emulator" "$IMAGE_TREE$IMAGE_EMULATOR"
    fi
    check diff <(_image_libraries | sort -u) <(awk '/^-/ && $3 ~ /^lib[0-9]*\// {print "/" $3}' "$dir/list" | sort)
}

# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Kernels for the VM tests: looked up by series in Debian's own package index and unpacked into the cache.
#
# Sourced by `vm`. apt does the work under a configuration of its own (sources, lists, archives), so the machine's apt is
# not touched; what it downloads is checked against the Debian archive keyring. The mirror is the one that the machine's
# apt uses. The cache, one directory a series:
#
#   $KERNELS/6.1/release                the kernel release, written last: with it the directory is complete
#   $KERNELS/6.1/vmlinux                the kernel, already decompressed (see kernel_unpack_image)
#   $KERNELS/6.1/root/                  the unpacked packages, with lib/modules/RELEASE

KERNELS=${XDG_CACHE_HOME:-$HOME/.cache}/trigon/kernels
KERNEL_TABLE=$VM_DIR/kernels
KERNEL_KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# Prints the series in the table, oldest first.
kernel_series() {
    awk '!/^#/ && NF == 3 { print $1 }' "$KERNEL_TABLE"
}

# Prints field NUMBER of SERIES' row in the table.
kernel_table_field() {
    awk -v series="$1" -v field="$2" '!/^#/ && $1 "" == series { print $field }' "$KERNEL_TABLE"
}

kernel_is_cached() {
    [[ -s $KERNELS/$1/release ]]
}

# Makes SERIES available in the cache. On failure returns 1 and prints the reason, one line, on standard output; progress
# goes to standard error.
kernel_fetch() {
    local series=$1 suite reason="not in the table $KERNEL_TABLE"

    mkdir -p "$KERNELS"
    (
        flock 9
        if kernel_is_cached "$series"; then
            exit 0
        fi
        for suite in $(kernel_table_field "$series" 2 | tr ',' ' '); do
            if reason=$(kernel_fetch_from "$series" "$suite"); then
                exit 0
            fi
        done
        echo "$reason"
        exit 1
    ) 9>"$KERNELS/$series.lock"
}

# kernel_fetch for one SUITE.
kernel_fetch_from() {
    local series=$1 suite=$2
    local work=$KERNELS/$series.new apt release packages deb

    apt=$work/apt
    rm -rf "$work"
    mkdir -p "$work/root"
    echo "vm: looking for kernel $series in Debian $suite" >&2
    if ! kernel_apt_configure "$apt" "$suite"; then
        echo "no Debian mirror in this machine's apt sources"
        return 1
    fi
    export APT_CONFIG=$apt/apt.conf
    if ! apt-get -q update >"$apt/log" 2>&1; then
        echo "apt-get update for $suite: $(grep -m 1 '^[EW]:' "$apt/log" || tail -n 1 "$apt/log")"
        return 1
    fi
    if ! release=$(kernel_newest_release "$(kernel_table_field "$series" 3)"); then
        echo "no kernel $series in Debian $suite"
        return 1
    fi
    packages=$(kernel_packages "$release")
    echo "vm: downloading $packages" >&2
    # shellcheck disable=SC2086 # a list of package names
    if ! (cd "$work" && apt-get -q download $packages >"$apt/log" 2>&1); then
        echo "download of $packages: $(grep -m 1 '^[EW]:' "$apt/log" || tail -n 1 "$apt/log")"
        return 1
    fi
    for deb in "$work"/*.deb; do
        dpkg-deb -x "$deb" "$work/root"
        rm "$deb"
    done
    kernel_prepare "$work" "$release" || return 1
    rm -rf "$apt" "${KERNELS:?}/$series"
    mv "$work" "$KERNELS/$series"
}

# Writes an apt configuration for one SUITE of the machine's own Debian mirror below DIR.
kernel_apt_configure() {
    local dir=$1 suite=$2 mirror

    mirror=$(kernel_mirror) || return 1
    mkdir -p "$dir"/{etc/apt.conf.d,etc/preferences.d,etc/trusted.gpg.d,state/lists/partial,cache/archives/partial}
    : >"$dir/state/status"
    echo "deb [arch=amd64 signed-by=$KERNEL_KEYRING] $mirror $suite main" >"$dir/etc/sources.list"
    (
        umask 077 # a proxy may come with a password
        # The machine's way to its mirror: proxies, certificates, retries.
        apt-config dump --no-empty Acquire
        cat <<CONFIG
Dir::Etc "$dir/etc";
Dir::Etc::sourceparts "-";
Dir::Etc::netrc "/etc/apt/auth.conf";
Dir::Etc::netrcparts "/etc/apt/auth.conf.d";
Dir::State "$dir/state";
Dir::State::status "$dir/state/status";
Dir::Cache "$dir/cache";
APT::Architecture "amd64";
APT::Architectures "amd64";
APT::Sandbox::User "$(id -un)";
Acquire::Languages "none";
Acquire::AllowInsecureRepositories "false";
// A mirror that lags behind, or a clock that is off, still has a kernel to test on.
Acquire::Check-Valid-Until "false";
Acquire::Check-Date "false";
CONFIG
    ) >"$dir/apt.conf"
}

# Prints the address of the mirror that the machine gets Debian from.
kernel_mirror() {
    local codename

    # shellcheck disable=SC1091 # not ours
    codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
    # shellcheck disable=SC2016 # apt's variables, not the shell's
    apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
        awk -v codename="$codename" '$2 == codename && $3 == "main" && !found { print $1; found = 1 } END { exit !found }'
}

# Prints the newest kernel release in the index that matches REGEX.
kernel_newest_release() {
    local regex=$1

    apt-cache pkgnames linux- |
        sed -nE 's/^linux-(image|binary)-(unsigned-)?([0-9].*-amd64)(-unsigned)?$/\3/p' |
        { grep -xE "$regex" || true; } | sort -uV | tail -n 1 | grep .
}

# Prints the packages that hold RELEASE: one with everything or, since 6.19, the image, the modules and their lists.
kernel_packages() {
    local release=$1 part=image package modules=

    if kernel_package_exists "linux-modules-$release"; then
        part=binary
        modules="linux-modules-$release linux-base-$release"
    fi
    for package in "linux-$part-$release" "linux-$part-$release-unsigned" "linux-$part-unsigned-$release"; do
        if kernel_package_exists "$package"; then
            echo "$package${modules:+ $modules}"
            return
        fi
    done
}

kernel_package_exists() {
    apt-cache show "$1" >/dev/null 2>&1
}

# Turns the packages unpacked in DIR/root into what the harness boots.
kernel_prepare() {
    local dir=$1 release=$2 image=$1/root/boot/vmlinuz-$2

    if [[ -d $dir/root/usr/lib/modules && ! -e $dir/root/lib ]]; then
        ln -s usr/lib "$dir/root/lib"
    fi
    if [[ ! -e $image ]]; then
        image=$dir/root/lib/modules/$release/vmlinuz
    fi
    if [[ ! -e $image || ! -d $dir/root/lib/modules/$release ]]; then
        echo "the packages of $release lack the kernel or its modules"
        return 1
    fi
    if ! depmod -b "$dir/root" "$release"; then
        echo "depmod failed on the modules of $release"
        return 1
    fi
    kernel_unpack_image "$image" "$dir/vmlinux" || cp "$image" "$dir/vmlinux"
    echo "$release" >"$dir/release"
}

# Writes the decompressed kernel inside the bzImage IMAGE to FILE. An emulated CPU needs seconds to decompress a kernel at
# each boot; qemu starts an ELF image straight away (PVH). Offsets: Documentation/arch/x86/boot.rst.
kernel_unpack_image() {
    local image=$1 file=$2 setup_sectors offset length magic
    local -a decompress

    setup_sectors=$(kernel_read_number "$image" $((0x1f1)) 1)
    offset=$(kernel_read_number "$image" $((0x248)) 4)
    length=$(kernel_read_number "$image" $((0x24c)) 4)
    offset=$(((setup_sectors + 1) * 512 + offset))
    magic=$(od -An -tx1 -j "$offset" -N 4 "$image" | tr -d ' ')
    case $magic in
    fd377a58) decompress=(xz -dc --single-stream) ;;
    28b52ffd) decompress=(zstd -dcq) ;;
    1f8b*) decompress=(gzip -dc) ;;
    *) return 1 ;;
    esac
    # The payload ends in four bytes of size, which the decompressors complain about.
    tail -c "+$((offset + 1))" "$image" | head -c "$((length - 4))" | "${decompress[@]}" >"$file" || true
    [[ $(od -An -tx1 -N 4 "$file" | tr -d ' ') == 7f454c46 ]]
}

# Prints the little-endian number of SIZE bytes at OFFSET of FILE.
kernel_read_number() {
    od -An --endian=little -tu"$3" -j "$2" -N "$3" "$1" | tr -d ' '
}

# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Boots a virtual machine with a kernel of the cache. Sourced by `vm`; needs kernel.sh.
#
# Always software emulation: hardware virtualisation is absent or broken on many build machines, and results should not
# depend on it. What makes it boot in about two seconds all the same: an uncompressed kernel that qemu starts without
# firmware, an uncompressed initramfs with six to twelve modules, no default devices, and the machine's own root over 9p.
# The CPU goes without MONITOR, because qemu emulates MWAIT, the idle instruction, as a busy loop.
#
# One thread runs all CPUs in turn (TRIGON_VM_THREAD=multi gives each its own): that is faster even for two of them, since
# atomic operations then need no atomic ones, and cases run in two VMs at a time anyway. And with several threads of qemu
# 7.2, VMs crashed or hung in breakpoints while the kernel patched entries of functions: as it seems, a CPU kept translated
# code of one that was taken back already.

MACHINE_CPUS=${TRIGON_VM_CPUS:-2}
MACHINE_MEMORY_MIB=${TRIGON_VM_MEMORY:-1536}
MACHINE_THREAD=${TRIGON_VM_THREAD:-single}
MACHINE_ICOUNT=${TRIGON_VM_ICOUNT:-}
# Not erms: kernels before 6.4 then copy by `rep movsb`, which the emulator does byte by byte; all that they do takes twice
# as long.
MACHINE_CPU=max,-monitor,-erms
MACHINE_BOOT_LIMIT_S=60
MACHINE_DEVICES=(-nic none) # qemu's options
# What init needs before it has a root file system; modules.dep adds what these need.
MACHINE_MODULES="virtio_pci 9pnet_virtio 9p overlay"

# Prints the reason when no VM can run on this machine.
machine_is_impossible() {
    local program

    if [[ $(uname -m) != x86_64 ]]; then
        echo "the VMs are amd64 and share this machine's programs, which are $(uname -m)"
        return
    fi
    for program in qemu-system-x86_64 busybox cpio depmod xz zstd; do
        if ! PATH=$PATH:/usr/sbin:/sbin command -v "$program" >/dev/null; then
            echo "$program is missing: run tools/deps.sh vm"
            return
        fi
    done
    return 1
}

# Writes FILE, the initramfs for SERIES.
machine_make_initramfs() {
    local series=$1 file=$2
    local tree=$file.tree modules number=10 module

    modules=$KERNELS/$series/root/lib/modules/$(<"$KERNELS/$series/release")
    rm -rf "$tree"
    mkdir -p "$tree"/{bin,dev,lower,mnt,modules,overlay,proc,results,root}
    cp "$(command -v busybox)" "$tree/bin/busybox"
    install -m 755 "$VM_DIR/init" "$tree/init"
    for module in $(machine_module_order "$modules/modules.dep"); do
        number=$((number + 1))
        machine_copy_module "$modules/$module" "$tree/modules/$number"
    done
    (cd "$tree" && find . -print0 | cpio --quiet --null --owner +0:+0 -o -H newc) >"$file"
    rm -rf "$tree"
}

# Prints the files of MACHINE_MODULES and of all that they need, each after what it needs itself. modules.dep lists a
# module's needs with the deepest last. A module that is not there is built into the kernel.
machine_module_order() {
    awk -v wanted="$MACHINE_MODULES" '
        { sub(/:/, "", $1); name = $1; sub(/.*\//, "", name); sub(/\.ko.*/, "", name); line[name] = $0 }
        END {
            count = split(wanted, names, " ")
            for (i = 1; i <= count; i++) {
                fields = split(line[names[i]], files, " ")
                for (j = fields; j > 0; j--)
                    if (!seen[files[j]]++) print files[j]
            }
        }' "$1"
}

# Copies a kernel module, decompressed.
machine_copy_module() {
    case $1 in
    *.xz) xz -dc "$1" >"$2" ;;
    *.zst) zstd -dcq "$1" >"$2" ;;
    *.gz) gzip -dc "$1" >"$2" ;;
    *) cp "$1" "$2" ;;
    esac
}

# Boots SERIES for at most SECONDS after it is up; RESULTS holds its `job`. With `shell` as the last argument the console
# is this terminal; otherwise the console goes to RESULTS/console and the guest's second serial port to standard output.
machine_boot() {
    local series=$1 results=$2 seconds=$3 mode=$4
    local -a clock=() serial=(
        -chardev "file,id=console,path=$results/console" -serial chardev:console
        -chardev "stdio,id=live,signal=off" -serial chardev:live
    )

    if [[ $mode == shell ]]; then
        serial=(-serial mon:stdio)
    fi
    if [[ -n $MACHINE_ICOUNT ]]; then
        clock=(-icount "$MACHINE_ICOUNT")
    fi
    machine_make_initramfs "$series" "$results/initramfs"
    timeout --foreground --kill-after 5 "$((seconds + MACHINE_BOOT_LIMIT_S))" \
        qemu-system-x86_64 -machine q35 -accel "tcg,thread=$MACHINE_THREAD" -cpu "$MACHINE_CPU" \
        "${clock[@]}" -smp "$MACHINE_CPUS" -m "$MACHINE_MEMORY_MIB" \
        -nodefaults -no-user-config -display none "${MACHINE_DEVICES[@]}" -no-reboot -pidfile "$results/qemu.pid" \
        -fsdev local,id=root,path=/,security_model=none,readonly=on,multidevs=remap \
        -device virtio-9p-pci,fsdev=root,mount_tag=root \
        -fsdev "local,id=results,path=$results,security_model=none,multidevs=remap" \
        -device virtio-9p-pci,fsdev=results,mount_tag=results \
        -kernel "$KERNELS/$series/vmlinux" -initrd "$results/initramfs" -append "$(machine_command_line)" \
        "${serial[@]}"
}

# Prints the kernel command line. What saves time under emulation: user address spaces that are not randomised (the
# emulator finds the C library's code translated already: a process starts three times faster), and one CPU online: two,
# when other work shares the machine's cores, wait for each other most of the time. The others are there and come online
# for the cases that ask for them (cases.sh). A CPU that hangs ends the VM, with a stack trace, which log level 5 shows.
machine_command_line() {
    echo console=ttyS0 loglevel=5 softlockup_panic=1 watchdog_thresh=30 panic=-1 reboot=t lsm=lockdown,yama,bpf \
        maxcpus=1 norandmaps mitigations=off audit=0 tsc=reliable no_timer_check random.trust_cpu=on \
        cryptomgr.notests rcupdate.rcu_expedited=1
}

# Ends the VM that uses RESULTS, if there is one, by SIGNAL (TERM).
machine_kill() {
    local pid

    if { read -r pid <"$1/qemu.pid"; } 2>/dev/null; then
        kill -s "${2:-TERM}" "$pid" 2>/dev/null || true
    fi
}

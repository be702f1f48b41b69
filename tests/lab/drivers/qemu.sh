# shellcheck shell=sh
# The qemu driver: boots virtual machines with Debian's own kernel, whose nftables is complete, and with this machine's root,
# read-only, and runs the netns driver inside. Needs no root, no IPVS on the host and no KVM, and is there on x86-64 and on arm64.
# Leaves what happens in the lab to the netns driver, what all guests have in common to guest.sh, and the kernel to
# debian-kernel.sh.
#
# What was tried and is not used: the machine type `microvm` (its clock cannot be calibrated without KVM), virtiofs (needs root)
# and Debian's cloud kernels (have no 9p).

# qemu_machine: the names that belong to this machine's architecture, or to the one in LAB_ARCHITECTURE.
qemu_machine() {
    case ${LAB_ARCHITECTURE:-$(uname -m)} in
    aarch64 | arm64)
        qemu_program=qemu-system-aarch64
        qemu_package=qemu-system-arm
        qemu_architecture=arm64
        qemu_type=virt
        qemu_console=ttyAMA0
        ;;
    *)
        qemu_program=qemu-system-x86_64
        qemu_package=qemu-system-x86
        qemu_architecture=amd64
        qemu_type=pc
        qemu_console=ttyS0
        ;;
    esac
    qemu_kernel=${LAB_KERNEL:-6.1}
}

qemu_usable() {
    case $(uname -m) in x86_64 | aarch64) ;; *) return 1 ;; esac
    qemu_machine
    command -v "$qemu_program" >/dev/null 2>&1 && command -v modprobe >/dev/null 2>&1 || return 1
    # In the initramfs there are no libraries.
    command -v busybox >/dev/null 2>&1 && ! ldd "$(command -v busybox)" >/dev/null 2>&1
}

qemu_needs() {
    case $(uname -m) in
    x86_64 | aarch64) ;;
    *) echo "there are guests for x86_64 and aarch64 only"; return ;;
    esac
    qemu_machine
    echo "it needs Debian's packages $qemu_package, busybox-static and kmod (tests/lab/install installs them)"
}

# qemu_selftest: fetches the kernel and leaves in LAB_SHARE/accelerator how guests run: KVM where one really boots with it (a
# /dev/kvm may exist on a processor that cannot do it; guests then hang), else emulation, which must boot one too. Remembered
# until this machine boots again. Prints in one sentence why no guest starts.
qemu_selftest() {
    qemu_machine
    kernel_fetch "$qemu_kernel" "$qemu_architecture" || return
    tested="$(cat /proc/sys/kernel/random/boot_id) $(kernel_release "$qemu_kernel" "$qemu_architecture") $("$qemu_program" --version | head -n 1)"
    remembered=$(kernel_cache)/booted-$qemu_architecture-$qemu_kernel
    if [ "$(sed 1d "$remembered" 2>/dev/null)" != "$tested" ]; then
        qemu_try_accelerators || return
        printf '%s\n' "$accelerator" "$tested" >"$remembered.$$" && mv "$remembered.$$" "$remembered"
    fi
    head -n 1 "$remembered" >"$LAB_SHARE/accelerator"
    case $(cat "$LAB_SHARE/accelerator") in
    kvm) echo "with Debian's kernel $qemu_kernel and KVM" ;;
    *) echo "with Debian's kernel $qemu_kernel, emulated" ;;
    esac >"$LAB_SHARE/note"
}

# qemu_try_accelerators: boots guests until one starts; `accelerator` is with what. Prints why none does.
qemu_try_accelerators() {
    for try in kvm:2 tcg:180; do
        accelerator=${try%:*}
        { [ "$accelerator" = tcg ] || [ -w /dev/kvm ]; } && qemu_trial "$accelerator" "${try#*:}" && return
    done
    echo "a guest with Debian's kernel $qemu_kernel does not start within 180 s; its console is in $(guest_keep_console "$LAB_SHARE/console")"
    return 1
}

# qemu_trial ACCELERATOR SECONDS: a guest without anything gets to its first process.
qemu_trial() {
    qemu_initramfs "$LAB_SHARE/initramfs" || return 1
    # Without the shell's own word on standard error when it ends by a signal, as with a /dev/kvm that does not work.
    { (qemu_become "timeout -k 1 $2" "$1" '' -m 256 -serial stdio) </dev/null >"$LAB_SHARE/console" 2>&1 || :; } 2>/dev/null
    grep -q 'lab: the guest has booted' "$LAB_SHARE/console"
}

# qemu_defaults: what is so unless somebody said otherwise. Work takes an emulated processor 4 to 8 times as long as
# user-mode-linux.
qemu_defaults() {
    qemu_machine
    if [ "$(cat "$LAB_SHARE/accelerator")" != kvm ]; then
        export LAB_EMULATED=yes
        : "${LAB_PATIENCE:=9}"
    fi
}

# qemu_initramfs FILE [BUSYBOX MODULE...]: what reaches the host's root, and these modules.
qemu_initramfs() {
    initramfs=$1
    inner_busybox=${2:-$(command -v busybox)}
    shift $(($# < 2 ? $# : 2))
    kernel_initramfs "$qemu_kernel" "$qemu_architecture" "$inner_busybox" "$initramfs" virtio_pci 9pnet_virtio 9p "$@"
}

# qemu_become WRAPPER ACCELERATOR KERNEL-PARAMETERS OPTION...: becomes the machine, under a command that may limit it.
qemu_become() {
    wrapper=$1
    accelerator=$2
    parameters="console=$qemu_console quiet loglevel=3 panic=-1 mitigations=off random.trust_cpu=on $3"
    shift 3
    case $accelerator,$qemu_architecture in
    kvm,*) processor=host ;;
    *,amd64) processor=max ;;
    # `max` would compute the authentication of pointers in software.
    *) processor=cortex-a57 ;;
    esac
    # shellcheck disable=SC2086 # the wrapper is several words
    exec $wrapper "$qemu_program" -M "$qemu_type" -accel "$accelerator" -cpu "$processor" -smp "${LAB_CPUS:-1}" -display none \
        -monitor none -nic none -no-reboot -kernel "$(kernel_image "$qemu_kernel" "$qemu_architecture")" \
        -initrd "$LAB_SHARE/initramfs" -append "$parameters" "$@"
}

# qemu_prepare SHARE: one initramfs serves all guests of a run.
qemu_prepare() {
    [ -f "$LAB_SHARE/initramfs" ] || qemu_initramfs "$LAB_SHARE/initramfs"
}

# qemu_boot SHARE PART OPTION-OF-TIMEOUT...: becomes the guest. One processor each: two guests side by side play scenarios faster
# than one with two processors, in which starting a process, what scenarios mostly do, takes a quarter longer.
qemu_boot() {
    share=$1
    shift 2
    # An interrupt belongs to the guest's shell, not to the machine (signal=off).
    qemu_become "timeout -k 5 $* ${LAB_LIMIT:-3600}" "$(cat "$LAB_SHARE/accelerator")" \
        "LAB_SHARE=$share LAB_SHARE_TYPE=9p LAB_CONSOLE=$LAB_CONSOLE LAB_TERMINAL=$qemu_console LAB_MODULES=$(kernel_modules "$qemu_kernel" "$qemu_architecture")" \
        -m "${LAB_MEMORY:-1024}" -chardev stdio,id=console,signal=off -serial chardev:console \
        -virtfs local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap \
        -virtfs "local,path=${share%/*},mount_tag=share,security_model=none"
}

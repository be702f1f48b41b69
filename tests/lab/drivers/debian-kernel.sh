# shellcheck shell=sh
# Debian's own kernels for guests: fetching one as an ordinary user, with an apt that has nothing to do with this machine's, and
# the initramfs that takes a guest from that kernel to this machine's root. Leaves booting to the qemu driver.
#
# Invariant: nothing outside the cache directory is written; what stands in it is complete.

# kernel_cache: the directory for what is fetched once.
kernel_cache() {
    printf '%s\n' "${LAB_CACHE:-${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/ipvsd-lab}"
}

# kernel_mirror: the mirror of Debian that this machine's apt uses.
kernel_mirror() {
    # shellcheck disable=SC2016 # apt expands
    mirror=$(apt-get indextargets --format '$(ORIGIN) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
        sed -n 's,^Debian \(.*/debian\)/*$,\1,p' | head -n 1)
    printf '%s\n' "${mirror:-http://deb.debian.org/debian}"
}

# kernel_suite VERSION: where Debian 12 has that kernel.
kernel_suite() {
    case $1 in
    6.1) echo bookworm ;;
    6.12) echo bookworm-backports ;;
    *)
        echo "there is no kernel '$1' for guests; set LAB_KERNEL to 6.1 or 6.12"
        return 1
        ;;
    esac
}

# kernel_apt DIRECTORY ARCHITECTURE TOOL ARGUMENT...: apt with sources, lists and a (bare) package status of its own.
kernel_apt() {
    apt_directory=$1
    apt_architecture=$2
    apt_tool=$3
    shift 3
    "$apt_tool" -qq -o "Dir::Etc::SourceList=$apt_directory/sources.list" -o Dir::Etc::SourceParts=/dev/null \
        -o "Dir::State::Lists=$apt_directory/lists" -o "Dir::State::status=$apt_directory/status" -o "Dir::Cache=$apt_directory" \
        -o "APT::Architecture=$apt_architecture" -o "APT::Architectures=$apt_architecture" \
        -o "APT::Sandbox::User=$(id -un)" -o Acquire::Languages=none "$@"
}

# kernel_apt_update DIRECTORY ARCHITECTURE SUITE: an apt that knows that suite, and no other.
kernel_apt_update() {
    mkdir -p "$1/lists/partial" "$1/archives/partial"
    : >"$1/status"
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(kernel_mirror) $3 main" >"$1/sources.list"
    kernel_apt "$1" "$2" apt-get -o APT::Update::Error-Mode=any update
}

# kernel_unpack DIRECTORY ARCHITECTURE: fetches the newest kernel of the suite that the apt there knows, and leaves what a guest
# without devices needs of it in DIRECTORY/tree.
kernel_unpack() {
    package=$(kernel_apt "$1" "$2" apt-cache depends "linux-image-$2" | sed -n 's/^ *Depends: \(linux-image-.*\)/\1/p')
    [ -n "$package" ] || { echo "linux-image-$2 names no kernel" >&2; return 1; }
    mkdir "$1/tree"
    (cd "$1" && kernel_apt "$1" "$2" apt-get download "$package") || return 1
    dpkg-deb --fsys-tarfile "$1"/linux-image-*.deb | tar -x -C "$1/tree" --exclude='*/kernel/sound' --exclude='*/drivers/gpu' \
        --exclude='*/drivers/media' --exclude='*/drivers/net/wireless' --exclude='*/drivers/infiniband' ./boot ./lib/modules
    depmod -b "$1/tree" "$(ls "$1/tree/lib/modules")"
}

# kernel_fetch VERSION ARCHITECTURE: sees that the cache has that kernel. On failure, prints why in one sentence.
kernel_fetch() {
    suite=$(kernel_suite "$1") || { echo "$suite"; return 1; }
    cache=$(kernel_cache)
    kernel_directory=$cache/$2/$1
    [ ! -d "$kernel_directory/boot" ] || return 0
    mkdir -p "$cache/$2" 2>/dev/null || {
        echo "'$cache' for Debian's kernel cannot be made; set LAB_CACHE to a directory that can"
        return 1
    }
    if ! command -v apt-get >/dev/null 2>&1 || ! command -v dpkg-deb >/dev/null 2>&1; then
        echo "Debian's kernel $1 comes by apt-get and dpkg-deb, which this system has not; unpack linux-image-$2 into '$kernel_directory'"
        return 1
    fi
    echo "lab: fetching Debian's kernel $1 into $cache (once)" >&2
    work=$(mktemp -d "$cache/fetch.XXXXXX")
    if { kernel_apt_update "$work" "$2" "$suite" && kernel_unpack "$work" "$2"; } >"$cache/fetch.log" 2>&1; then
        # Another run may have been quicker; then its kernel stays.
        mv -T "$work/tree" "$kernel_directory" 2>/dev/null || :
        rm -rf "$work" "$cache/fetch.log"
        [ ! -d "$kernel_directory/boot" ] || return 0
    fi
    rm -rf "$work"
    because=$(sed -n 's/^E: //p' "$cache/fetch.log" | head -n 1)
    echo "Debian's kernel $1 could not be fetched (${because:-$(tail -n 1 "$cache/fetch.log")}); see that apt-get reaches its mirror"
    return 1
}

# kernel_modules, kernel_image and kernel_release, VERSION ARCHITECTURE: the directory of its modules, which has one for each
# release; its image; what `uname -r` says under it.
kernel_modules() {
    echo "$(kernel_cache)/$2/$1/lib/modules"
}
kernel_image() {
    echo "$(kernel_cache)/$2/$1/boot"/vmlinuz-*
}
kernel_release() {
    ls "$(kernel_modules "$@")"
}

# kernel_initramfs VERSION ARCHITECTURE BUSYBOX FILE MODULE...: writes an initramfs with these modules, and what they need, in the
# order in which they are to be loaded, and with initramfs-init as its first process. BUSYBOX is the guest's own, static.
kernel_initramfs() {
    tree=$(kernel_cache)/$2/$1
    release=$(kernel_release "$1" "$2")
    busybox=$3
    image=$4
    shift 4
    root=$(mktemp -d "${TMPDIR:-/tmp}/ipvsd-lab-initramfs.XXXXXX")
    mkdir "$root/bin" "$root/modules"
    cp "$busybox" "$root/bin/busybox"
    ln -s busybox "$root/bin/sh"
    cp "$LAB_DIRECTORY/drivers/initramfs-init" "$root/init"
    chmod 755 "$root/init"
    : >"$root/order"
    for module in "$@"; do
        modprobe -d "$tree" -S "$release" --show-depends "$module"
    done | sed -n 's/^insmod \([^ ]*\).*/\1/p' | awk '!seen[$0]++' | while read -r file; do
        name=${file##*/}
        case $name in
        *.xz) busybox xzcat "$file" >"$root/modules/${name%.xz}" ;;
        *) cp "$file" "$root/modules/$name" ;;
        esac
        echo "${name%.xz}" >>"$root/order"
    done
    (cd "$root" && find . | busybox cpio -o -H newc 2>/dev/null) >"$image"
    rm -rf "$root"
    [ -s "$image" ]
}

# Sourced by the recipes' scripts, which run in a tree of packages: pick the few files that an initial RAM file system
# needs, with the libraries and kernel modules that they need in turn, and pack them.

# entries FILE: the lines of a list, without comments.
entries() {
    sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$1"
}

# install_file PATH: copy a file under its own name; a symbolic link is copied as what it leads to.
install_file() {
    mkdir -p "$tree$(dirname "$1")"
    cp -L --preserve=mode "$1" "$tree$1"
}

# libraries PROGRAM: what ldd does, without the bash that it is written in. The loader is called by the path that
# programs name it by, because it lists itself by the path that it was called by.
libraries() {
    /lib64/ld-linux-x86-64.so.2 --list "$1" |
        sed -n -e 's/.*=> \(\/[^ ]*\).*/\1/p' -e 's/^[[:space:]]*\(\/[^ ]*ld-linux[^ ]*\).*/\1/p'
}

# install_program PATH: copy a program and the libraries that it is linked with.
install_program() {
    install_file "$1"
    for library in $(libraries "$1"); do
        [ -e "$tree$library" ] || install_file "$library"
    done
}

make_skeleton() {
    for directory in bin sbin lib lib64; do
        mkdir -p "$tree/usr/$directory"
        ln -s "usr/$directory" "$tree/$directory"
    done
    for directory in dev etc mnt proc root run sys tmp var; do
        mkdir "$tree/$directory"
    done
    ln -s ../run "$tree/var/run"
    ln -s ../proc/self/mounts "$tree/etc/mtab"
}

install_busybox() {
    install_program /usr/bin/busybox
    for applet in $(/usr/bin/busybox --list-full); do
        name=$(basename "$applet")
        case $applet in
            linuxrc | */busybox) ;;
            sbin/* | usr/sbin/*) ln -s /usr/bin/busybox "$tree/usr/sbin/$name" ;;
            *) ln -s /usr/bin/busybox "$tree/usr/bin/$name" ;;
        esac
    done
}

# replace_applet PATH: install a full program in the place of busybox's applet of the same name.
replace_applet() {
    rm -f "$tree/usr/bin/$(basename "$1")" "$tree/usr/sbin/$(basename "$1")"
    install_program "$1"
}

# module_files LIST VERSION: the files of the modules of a list and of those that they depend on, as modules.dep(5) has
# them. modprobe would say the same, but not in every sandbox. What the kernel has built in, or has not, is passed over.
module_files() {
    entries "$1" | sed 's/[-_]/[-_]/g' | while read -r module; do
        sed -n "s,^\([^:]*/$module\.ko[^:]*\):,\1,p" "/usr/lib/modules/$2/modules.dep"
    done | tr ' ' '\n' | sed '/^$/d' | sort -u
}

# install_modules LIST VERSION: copy the kernel modules of a list, and those that they depend on.
install_modules() {
    depmod "$2"
    folder=/usr/lib/modules/$2
    for file in $(module_files "$1" "$2") modules.order modules.builtin modules.builtin.modinfo; do
        install_file "$folder/$file"
    done
    # A list of which this kernel has nothing is a mistake, not a wish.
    [ -d "$tree$folder/kernel" ]
    depmod --basedir "$tree" "$2"
    rm -f "$tree$folder/modules.order" "$tree$folder/modules.builtin.modinfo" "$tree$folder"/modules.*symbols* \
        "$tree$folder/modules.builtin.alias.bin"
}

# pack FILE: write the tree as a compressed initial RAM file system.
pack() {
    (cd "$tree" && find . -print0 | sort -z |
        cpio --null --create --format=newc --owner=0:0 --reproducible --quiet) | zstd -19 -T0 --quiet -o "$1"
}

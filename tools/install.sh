#!/bin/sh
# Installs what is missing: install.sh run | test | fuzz | coverage | deb (to make the package) | bench (what benchmarks are set beside).  On Debian through apt; elsewhere it names what to install.
set -eu

run_packages="ca-certificates gcc libc6-dev meson ninja-build pkg-config python3 libuv1-dev node-llhttp libjansson-dev libsqlite3-dev libsodium-dev libcurl4-openssl-dev libfyaml-dev libqrencode-dev libmosquitto-dev zlib1g-dev osmium-tool tilemaker icu-devtools tzdata"
test_packages="libcmocka-dev caddy curl mosquitto mosquitto-clients nginx-light openssl sip-tester python3-openpyxl systemd zbar-tools"
fuzz_packages="clang-14 libclang-rt-14-dev"
coverage_packages="gcovr"
bench_packages="redis-server postgresql-15-pgrouting"

deb_packages="debhelper debootstrap lintian"

wanted="$run_packages"
[ "${1:-run}" = test ] && wanted="$wanted $test_packages"
[ "${1:-run}" = fuzz ] && wanted="$wanted $fuzz_packages"
[ "${1:-run}" = coverage ] && wanted="$wanted $coverage_packages"
[ "${1:-run}" = deb ] && wanted="$wanted $deb_packages"
[ "${1:-run}" = bench ] && wanted="$wanted $bench_packages"

# Node and npm may come from elsewhere; any pair of node >= 18 and npm will do.
node_fits() { command -v node >/dev/null && command -v npm >/dev/null && [ "$(node -p 'process.versions.node.split(".")[0]')" -ge 18 ]; }
node_fits || wanted="$wanted nodejs npm"

# The tests' browser.  A whole chromium would do, and takes three times as long for a page.
[ "${1:-run}" != test ] || wanted="$wanted chromium-headless-shell"

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    echo "This is no Debian. Please install what corresponds to these Debian packages, then run make again:"
    echo "  $wanted"
    for tool in cc meson ninja pkg-config python3 node npm; do
        command -v "$tool" >/dev/null || { echo "missing: $tool"; exit 1; }
    done
    exit 0
fi

missing=""
for package in $wanted; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)" = installed ] || missing="$missing $package"
done
if [ -z "$missing" ]; then exit 0; fi

as_root=""
if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || { echo "These packages are missing and neither root nor sudo is here:$missing"; exit 1; }
    as_root="sudo"
fi
echo "== apt: installing$missing"
$as_root apt-get update -qq
# Recommended packages would bring a desktop's worth of things that neither build nor tests need.
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
echo "== apt: done"

"""The Debian package, made of the program that is under test, and what lintian says of it.

    python3 deb_test.py build/.../bellman            made and looked at; nothing is installed (half a minute, so not in make test)
    python3 deb_test.py --chroot FOLDER DEB          also installed, run, upgraded, removed and purged in a Debian 12 of its own
                                                     (make deb-test; needs root)"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.abspath(os.path.join(HERE, "..", ".."))

# Of how the program under test was compiled, with sanitizers and without the flags of a package: `make deb` compiles it with them,
# and there lintian looks at these too.
COMPILED = {"hardening-no-pie", "hardening-no-fortify-functions", "hardening-no-bindnow"}


def need(true, text):
    if not true:
        raise AssertionError(text)


def run(*command, **more):
    return subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=900, **more)


def good(*command, **more):
    done = run(*command, **more)
    need(done.returncode == 0, "%s: %d\n%s%s" % (command, done.returncode, done.stdout[-3000:], done.stderr[-3000:]))
    return done.stdout


def contents(deb):
    """{path: (mode, owner)}."""
    return {row.split(None, 5)[5].lstrip("."): tuple(row.split(None, 5)[:2]) for row in good("dpkg-deb", "--contents", deb).splitlines()}


def look_inside(deb):
    files = contents(deb)
    for path in ("/usr/bin/bellman", "/lib/systemd/system/bellman.service", "/etc/bellman/bellman.conf", "/usr/share/man/man1/bellman.1.gz",
                 "/usr/share/doc/bellman/examples/Caddyfile", "/usr/share/doc/bellman/examples/nginx.conf", "/usr/share/bellman/procedures/letter.yaml",
                 "/usr/share/bellman/calendars/cn.yaml", "/usr/share/bellman/classes/110.json", "/usr/share/doc/bellman/page-licenses.txt.gz"):
        need(path in files, "the package lacks " + path)
    need(all(owner == "root/root" for _, owner in files.values()), "not all belongs to root")
    need(not [path for path, (mode, _) in files.items() if mode[8] == "w"], "others may write")
    with tempfile.TemporaryDirectory() as folder:
        good("dpkg-deb", "--raw-extract", deb, folder)
        with open(os.path.join(folder, "DEBIAN", "conffiles")) as file:
            need(file.read().split() == ["/etc/bellman/bellman.conf"], "the files that a person may change")
        with open(os.path.join(folder, "DEBIAN", "postinst")) as file:
            text = file.read()
        need("deb-systemd-invoke" in text and "restart" not in text, "a newer package would restart a desk at work: " + text)
        version = good(os.path.join(folder, "usr", "bin", "bellman"), "version").split()[1]
        need(version == good("dpkg-deb", "--field", deb, "Version").strip(), "package and program have two versions")
        with open(os.path.join(ROOT, "packaging", "debian", "changelog")) as file:
            need("(%s)" % version in file.readline(), "the changelog begins with another version")


def ask_lintian(deb):
    """Clean to the pedantic."""
    said = good("lintian", "--pedantic", "--display-info", "--allow-root", "--fail-on", "none", deb)
    tags = [line for line in said.splitlines() if re.match(r"[EWIP]: ", line)]
    tags = [line for line in tags if line.split()[2] not in COMPILED]
    need(not tags, "lintian: " + "\n".join(tags))
    # And it can see: a package with a wrong description is not clean.
    with tempfile.TemporaryDirectory() as folder:
        good("dpkg-deb", "--raw-extract", deb, folder + "/x")
        control = folder + "/x/DEBIAN/control"
        with open(control) as file:
            text = re.sub(r"(?m)^Maintainer: .*$", "Maintainer: nobody", file.read())
        with open(control, "w") as file:
            file.write(text)
        os.remove(folder + "/x/usr/bin/bellman")  # only to be quick
        good("dpkg-deb", "--build", "-Znone", "--root-owner-group", folder + "/x", folder + "/bad.deb")
        need("E: " in good("lintian", "--allow-root", "--fail-on", "none", folder + "/bad.deb"), "lintian sees nothing")


def made(program):
    folder = tempfile.mkdtemp(prefix="bellman-deb-")
    try:
        good("sh", os.path.join(ROOT, "tools", "deb.sh"), folder + "/out", program)
        debs = [name for name in os.listdir(folder + "/out") if name.endswith(".deb")]
        need(len(debs) == 1, "packages: %s" % debs)
        deb = os.path.join(folder, "out", debs[0])
        look_inside(deb)
        ask_lintian(deb)
    finally:
        shutil.rmtree(folder)


# --- in a Debian of its own --------------------------------------------------------------------------------


def newer(deb, folder):
    """The same package as the next version."""
    good("dpkg-deb", "--raw-extract", deb, folder + "/newer")
    control = folder + "/newer/DEBIAN/control"
    with open(control) as file:
        text = re.sub(r"(?m)^Version: (.*)$", r"Version: \1+next", file.read())
    with open(control, "w") as file:
        file.write(text)
    good("dpkg-deb", "--build", "-Znone", "--root-owner-group", folder + "/newer", folder + "/newer.deb")
    return folder + "/newer.deb"


def installed(chroot, deb):
    def inside(*command):
        return good("chroot", chroot, "env", "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C", *command)

    def put(path, name):
        shutil.copy(path, os.path.join(chroot, "tmp", name))

    with tempfile.TemporaryDirectory() as folder:
        put(deb, "one.deb")
        put(newer(deb, folder), "two.deb")
        inside("apt-get", "install", "-y", "-qq", "--no-install-recommends", "/tmp/one.deb")
        need("bellman 0." in inside("bellman", "version"), "the program does not run on a fresh Debian 12")
        need("bellman:" in inside("getent", "passwd", "bellman"), "there is no user")
        conf = os.path.join(chroot, "etc/bellman/bellman.conf")
        with open(conf, "a") as file:
            file.write("# mine\n")
        desk = "install -d -o bellman -g bellman -m 700 /var/lib/bellman && cd / && exec setpriv --reuid bellman --regid bellman --clear-groups "
        start = desk + "sh -c 'bellman serve --data /var/lib/bellman/desk --listen 127.0.0.1:0 --behind-proxy > /tmp/out & " \
                       "while ! grep -q setup# /tmp/out; do kill -0 $! || exit 1; sleep 0.1; done; kill $!; wait $!'"
        good("chroot", chroot, "sh", "-c", start)
        print("installed, and the desk started and stopped as its own user")
        inside("apt-get", "install", "-y", "-qq", "--no-install-recommends", "/tmp/two.deb")
        need("+next" in inside("dpkg-query", "-W", "-f", "${Version}", "bellman"), "it was not upgraded")
        with open(conf) as file:
            need("# mine" in file.read(), "the upgrade took a person's change away")
        inside("bellman", "journal", "verify", "/var/lib/bellman/desk")
        print("upgraded; the person's settings and the data are as they were")
        inside("apt-get", "remove", "-y", "-qq", "bellman")
        need(not os.path.exists(chroot + "/usr/bin/bellman") and os.path.exists(conf), "removed, but for the settings")
        inside("dpkg", "--purge", "bellman")
        need(not os.path.exists(conf), "purged, and the settings are there")
        need(os.path.exists(chroot + "/var/lib/bellman/desk/journal.db"), "PURGING DELETED A RECORD")
        print("removed and purged; the record is there")


def main():
    skipped = not (shutil.which("dpkg-buildpackage") and shutil.which("lintian") and shutil.which("dh"))
    try:
        if sys.argv[1] == "--chroot":
            installed(sys.argv[2], sys.argv[3])
        elif skipped:
            print("skipped: debhelper or lintian is not here")
        else:
            made(os.path.abspath(sys.argv[1]))
    except (AssertionError, OSError, subprocess.SubprocessError):
        traceback.print_exc()
        print("0 passed, 1 failed")
        sys.exit(1)
    print("%d passed, 0 failed, %d skipped" % (not skipped, skipped))


main()

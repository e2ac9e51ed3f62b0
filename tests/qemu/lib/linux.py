"""Debian's kernel, and an initramfs that reports what it was given and switches the machine off."""
import glob
import io
import os

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
BUSYBOX = '/bin/busybox'

# Run by the kernel as /init. Each line that it prints begins with "guest: ".
INIT = '''#!/bin/busybox sh
/bin/busybox mkdir -p /proc /dev
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t devtmpfs dev /dev
exec </dev/ttyS0 >/dev/ttyS0 2>&1
echo; echo "guest: cmdline $(/bin/busybox cat /proc/cmdline)"
/bin/busybox grep MemTotal /proc/meminfo | /bin/busybox sed 's/^/guest: /'
cd /
/bin/busybox find . -xdev -type f ! -path './bin/*' ! -path './proc/*' ! -path './dev/*' ! -name init |
while read -r name; do
	set -- $(/bin/busybox sha256sum "$name")
	echo "guest: file $name $(/bin/busybox stat -c '%a %s' "$name") $1"
done
EXTRA
echo "guest: end"
/bin/busybox poweroff -f
'''


def cpio(files):
    """A newc archive of (name, mode, contents)."""
    out = io.BytesIO()
    for number, (name, mode, body) in enumerate(list(files) + [('TRAILER!!!', 0, b'')]):
        name = name.encode() + b'\0'
        fields = [number + 1, mode, 0, 0, 1, 0, len(body), 0, 0, 0, 0, len(name), 0]
        out.write(b'070701' + b''.join(b'%08x' % field for field in fields) + name)
        out.write(b'\0' * (-out.tell() % 4) + body)
        out.write(b'\0' * (-out.tell() % 4))
    return out.getvalue()


def initramfs(extra='', files=()):
    """busybox, /init (which runs `extra` before it ends), and more files."""
    if not os.path.exists(BUSYBOX):
        pytest.skip('not installed: busybox-static')
    with open(BUSYBOX, 'rb') as busybox:
        return cpio([('bin', 0o40755, b''), ('bin/busybox', 0o100755, busybox.read()),
                     ('dev', 0o40755, b''), ('dev/console', 0o100644, b''),
                     ('init', 0o100755, INIT.replace('EXTRA', extra).encode())] + list(files))


def package_path(name, pattern):
    """A file or folder of a Debian package that scripts/guest has unpacked. Skips without it."""
    found = sorted(glob.glob(os.path.join(ROOT, 'bin-guest', name, pattern)))
    if not found:
        pytest.skip('not there: run scripts/guest ' + name)
    return found[-1]


def package(name, pattern):
    """The contents of such a file."""
    with open(package_path(name, pattern), 'rb') as file:
        return file.read()


def kernel():
    """Debian's kernel for amd64."""
    return package('linux-image-amd64', 'boot/vmlinuz-*')

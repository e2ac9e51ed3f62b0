"""Debian's kernel, and an initramfs that reports what it was given and switches the machine off."""
import glob
import hashlib
import io
import os
import struct
import unittest

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
        raise unittest.SkipTest('not installed: busybox-static')
    with open(BUSYBOX, 'rb') as busybox:
        return cpio([('bin', 0o40755, b''), ('bin/busybox', 0o100755, busybox.read()),
                     ('dev', 0o40755, b''), ('dev/console', 0o100644, b''),
                     ('init', 0o100755, INIT.replace('EXTRA', extra).encode())] + list(files))


def package_path(name, pattern):
    """A file or folder of a Debian package that scripts/guest has unpacked. Skips without it."""
    found = sorted(glob.glob(os.path.join(ROOT, 'bin-guest', name, pattern)))
    if not found:
        raise unittest.SkipTest('not there: run scripts/guest ' + name)
    return found[-1]


def package(name, pattern):
    """The contents of such a file."""
    with open(package_path(name, pattern), 'rb') as file:
        return file.read()


def kernel():
    """Debian's kernel for amd64."""
    return package('linux-image-amd64', 'boot/vmlinuz-*')


HEADER = {'setup_sects': (0x1f1, '<B'), 'syssize': (0x1f4, '<I'), 'jump': (0x201, '<B'), 'version': (0x206, '<H'),
          'initrd_addr_max': (0x22c, '<I'), 'kernel_alignment': (0x230, '<I'), 'relocatable': (0x234, '<B'),
          'pref_address': (0x258, '<Q'), 'init_size': (0x260, '<I'), 'loadflags': (0x211, '<B')}


def patched(kernel, **fields):
    """A kernel with other values in its header."""
    kernel = bytearray(kernel)
    for name, value in fields.items():
        offset, kind = HEADER[name]
        struct.pack_into(kind, kernel, offset, value)
    return bytes(kernel)


def noise(length, seed):
    """Bytes that do not repeat, the same each time."""
    block = b''.join(hashlib.sha256(b'%d %d' % (seed, i)).digest() for i in range(2048))
    out = bytearray(block * (length // len(block) + 1))[:length]
    for i in range(0, length - 8, 4096):  # every page is different
        struct.pack_into('<Q', out, i, i)
    return bytes(out)


class Guest:
    """What the guest's /init printed: command line, memory in KiB, files."""

    def __init__(self, machine, timeout=180):
        machine.expect(r'guest: end', timeout)
        lines = [line[7:].split() for line in machine.plain.splitlines() if line.startswith('guest: ')]
        self.cmdline = ' '.join(next(words[1:] for words in lines if words[0] == 'cmdline'))
        self.memory = int(next(words[1] for words in lines if words[0] == 'MemTotal:'))
        self.files = {words[1][1:]: tuple(words[2:]) for words in lines if words[0] == 'file'}

    def has(self, path, mode, body):
        """Is the file there as it was sent?"""
        assert self.files.get(path) == (mode, str(len(body)), hashlib.sha256(body).hexdigest()), path


class Initrds:
    """Initrds, each by the scheme that is given for it: the initramfs, which has a file to be looked at too, then named
    files and raw archives in turn, of sizes around those of pages and of a copy. routes: what a server has;
    commands: how a script gets them from {http} and {tftp}."""

    SIZES = [5, 70000, 3 * 4096, (3 << 20) - 100, (1 << 20) + 1]
    # (memory, schemes): each memory, one, two and five initrds, named and raw ones have each scheme.
    CASES = [(512, ['http']), (512, ['tftp']), (3072, ['tftp', 'http']),
             (6144, ['http', 'tftp', 'tftp', 'http', 'http'])]

    def __init__(self, schemes):
        self.routes = {}
        self.commands = []
        self.members = []
        for i, (scheme, size) in enumerate(zip(schemes, self.SIZES)):
            body = noise(size, i)
            inside = ('file%d' % i, 0o100600, body)
            if i == 0:
                name, args, content, member = 'base', '', initramfs(files=[inside]), ('/file0', '600', body)
            elif i % 2:
                path = '/opt/some/where/file%d' % i
                name, args, content, member = 'named%d' % i, ' %s mode=0751 mkdir=-1' % path, body, (path, '751', body)
            else:
                name, args, content, member = 'raw%d' % i, '', cpio([inside]), ('/file%d' % i, '600', body)
            self.routes['/' + name] = content
            self.commands.append('initrd {%s}/%s%s' % (scheme, name, args))
            self.members.append(member)

    def check(self, guest):
        """Has the guest all of them, and nothing else?"""
        for member in self.members:
            guest.has(*member)
        assert len(guest.files) == len(self.members)


# What a busybox shell runs as INIT's EXTRA: fills all memory that is free with zeros, waits while whoever still
# writes to memory may do so, and looks again. The initramfs must be a ramfs: a tmpfs takes half of memory only.
FILL = '''
n=$(/bin/busybox awk '/^MemFree/ { print int ( $2 / 1024 ) - 24 }' /proc/meminfo)
/bin/busybox dd if=/dev/zero of=/fill bs=1M count=$n 2>/dev/null
echo "guest: filled"; /bin/busybox sleep 3
echo "guest: stray $(/bin/busybox tr -d '\\000' </fill | /bin/busybox wc -c) of $n"; /bin/busybox sleep 3
'''

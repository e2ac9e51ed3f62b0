"""Linux started by the UEFI image: Debian's kernel with its EFI stub, and an initramfs that reports what it was given."""
import pytest

from lib import linux
from lib.booted import Booted
from lib.linux import Guest, noise

CONSOLE = 'console=ttyS0 quiet'
# LINUX_EFI_INITRD_MEDIA_GUID as it stands in the stub.
INITRD_GUID = bytes.fromhex('27e46855fc683d4fac74ca555231cc68')


def old_kernel():
    """A kernel that knows nothing of LoadFile2, as before 5.8: it looks for the path of somebody else."""
    kernel = linux.kernel()
    assert kernel.count(INITRD_GUID) == 1
    return kernel.replace(INITRD_GUID, bytes(16))


@pytest.mark.parametrize('memory, schemes', linux.Initrds.CASES)
def test_kernel_gets_its_command_line_and_every_initrd(plain_iso, tmp_path, memory, schemes):
    """By LoadFile2; and by name, with all images in one file."""
    initrds = linux.Initrds(schemes)
    by_name = len(schemes) == 2
    routes = {'/vmlinuz': old_kernel() if by_name else linux.kernel(), **initrds.routes}
    args = CONSOLE + ' a.b="c d"' + (' initrd=initrd.magic' if by_name else '') + ' --'
    for path, body in routes.items():
        (tmp_path / path[1:]).write_bytes(body)
    script = ['kernel {%s}/vmlinuz %s' % (schemes[0], args)] + initrds.commands + ['imgstat', 'boot']
    with Booted('efi', plain_iso, routes, memory=memory, netdev=['user,tftp=%s' % tmp_path]) as (machine, server):
        server.routes['/script'] = '\n'.join(
            ['#!ipxe'] + [line.format(http=server.url(), tftp='tftp://10.0.2.2') for line in script]).encode()
        machine.send('chain %s\n' % server.url('/script'))
        machine.expect(r'vmlinuz : \d+ bytes \[EFI\] \[SELECTED\] "console=ttyS0', 60)
        guest = Guest(machine)
    # The name comes first, as other loaders have it.
    assert guest.cmdline == 'vmlinuz ' + args
    assert memory * 1024 * 0.85 < guest.memory < memory * 1024
    initrds.check(guest)


def test_old_kernels_take_images_by_name(plain_iso):
    """Each initrd= is one image, and only those are part of it."""
    more = noise(70001, 1)
    routes = {'/vmlinuz': old_kernel(), '/base': linux.initramfs(), '/Other': linux.cpio([('more', 0o100600, more)]),
              '/unused': b'?' * 1000}
    with Booted('efi', plain_iso, routes, memory=768) as (machine, server):
        for name in ('base', 'Other', 'unused'):
            machine.run('initrd %s/%s' % (server.url(), name), 60)
        machine.send('chain %s/vmlinuz %s initrd=base initrd=\\\\other\n' % (server.url(), CONSOLE))
        guest = Guest(machine)
    guest.has('/more', '600', more)
    assert list(guest.files) == ['/more']


def test_initrd_of_a_gigabyte(plain_iso):
    """Linux unpacks it to a ramfs: a tmpfs would have too small a limit."""
    body = noise(1 << 30, 9)
    routes = {'/vmlinuz': linux.kernel(), '/base': linux.initramfs(), '/big': body}
    with Booted('efi', plain_iso, routes, memory=6144) as (machine, server):
        machine.run('kernel %s/vmlinuz %s rootfstype=ramfs' % (server.url(), CONSOLE), 60)
        machine.run('initrd %s/base' % server.url())
        machine.run('initrd %s/big /big' % server.url(), 200)
        assert 'big : 1073741824 bytes' in machine.run('imgstat')
        machine.send('boot\n')
        guest = Guest(machine, 400)
    guest.has('/big', '644', body)

"""Linux and its look-alikes started by the BIOS image: Debian's kernel with a busybox initramfs that reports what
it was given, memtest86+, memdisk, other network boot firmware; and kernels that lie about themselves."""
import os
import re

import pytest

from conftest import ROOT
from lib import linux
from lib.linux import Guest, noise, patched
from lib.machine import Machine
from lib.server import Server

LKRN = os.path.join(ROOT, 'bin/ipxe.lkrn')


def boot(script, memory=512, **options):
    """A machine that runs a script, one command a line, as the command line of our image."""
    line = ' && '.join(['dhcp'] + script) + ' ; shell'
    return Machine('bios', memory=memory, extra=('-kernel', LKRN, '-append', line), **options)


CONSOLE = 'console=ttyS0 quiet'


@pytest.mark.parametrize('memory, schemes', linux.Initrds.CASES)
def test_kernel_gets_its_command_line_and_every_initrd(tmp_path, memory, schemes):
    initrds = linux.Initrds(schemes)
    routes = {'/kernel': linux.kernel(), **initrds.routes}
    script = ['kernel {%s}/kernel %s a.b="c d" --' % (schemes[0], CONSOLE)] + initrds.commands + ['boot']
    for path, body in routes.items():
        (tmp_path / path[1:]).write_bytes(body)
    with Server(routes) as server:
        script = [line.format(http=server.url(), tftp='tftp://10.0.2.2') for line in script]
        with boot(script, memory, netdev=['user,tftp=%s' % tmp_path]) as machine:
            guest = Guest(machine)
    assert guest.cmdline == CONSOLE + ' a.b="c d" --'
    assert memory * 1024 * 0.85 < guest.memory < memory * 1024
    initrds.check(guest)


def test_long_command_line_arrives_whole_and_too_long_a_one_is_cut():
    line = CONSOLE + ''.join(' x%d=%s' % (i, 'y' * 90) for i in range(30))
    routes = {'/kernel': linux.kernel(), '/base': linux.initramfs()}
    with Server(routes) as server:
        script = '#!ipxe\nkernel %s/kernel %s\ninitrd %s/base\nboot\n' % (server.url(), line, server.url())
        server.routes['/script'] = script.encode()
        with boot(['chain %s/script' % server.url()]) as machine:
            machine.expect(r'kernel takes only 2047 of %d bytes of command line' % len(line))
            guest = Guest(machine)
    assert guest.cmdline == line[:2047]


@pytest.mark.parametrize('memory', [512, 6144])
def test_initrd_that_does_not_fit_below_the_kernels_limit_goes_above(memory):
    """Through the 64-bit entry: the limit is so low that nothing fits below. What the kernel knows of the screen
    is from us then."""
    body = noise(5 << 20, 7)
    routes = {'/kernel': patched(linux.kernel(), initrd_addr_max=0xfffff), '/base': linux.initramfs(), '/f': body}
    with Server(routes) as server:
        with boot(['kernel %s/kernel %s' % (server.url(), 'console=tty0 console=ttyS0'), 'initrd %s/base' % server.url(),
                   'initrd %s/f /f' % server.url(), 'boot'], memory) as machine:
            machine.expect_screen(r'\[ +\d+\.\d+\] \w', 120)
            if memory > 4096:
                machine.expect(r'RAMDISK: \[mem 0x1[0-9a-f]{8}-', 120)  # above 4 GiB
            guest = Guest(machine)
    guest.has('/f', '644', body)
    assert memory * 1024 * 0.85 < guest.memory < memory * 1024


def test_mem_keeps_the_initrd_below_it():
    body = noise(5 << 20, 8)
    routes = {'/kernel': linux.kernel(), '/base': linux.initramfs(), '/f': body}
    with Server(routes) as server:
        with boot(['kernel %s/kernel %s mem=256M' % (server.url(), CONSOLE), 'initrd %s/base' % server.url(),
                   'initrd %s/f /f' % server.url(), 'boot'], 1024) as machine:
            guest = Guest(machine)
    guest.has('/f', '644', body)
    assert guest.memory < 256 * 1024


def test_initrd_of_a_gigabyte_is_moved_over_itself():
    """From the top of what is below 4 GiB to where a limit puts it. Linux unpacks it to a ramfs: a tmpfs would have too
    small a limit."""
    body = noise(1 << 30, 9)
    routes = {'/kernel': patched(linux.kernel(), initrd_addr_max=0x9fffffff), '/base': linux.initramfs(), '/big': body}
    with Server(routes) as server:
        with boot(['kernel %s/kernel %s rootfstype=ramfs' % (server.url(), CONSOLE), 'initrd %s/base' % server.url(),
                   'initrd %s/big /big' % server.url(), 'imgstat', 'boot'], 6144) as machine:
            machine.expect(r'big : 1073741824 bytes', 300)
            guest = Guest(machine, 300)
    guest.has('/big', '644', body)


def test_vga_reaches_the_kernels_setup_code():
    """vga=ask is asked in real mode, so the setup code ran with a heap and a stack."""
    with Server({'/kernel': linux.kernel()}) as server:
        with boot(['kernel %s/kernel vga=ask' % server.url(), 'boot']) as machine:
            machine.expect_screen(r'Press <ENTER> to see video modes available', 60)


def test_memtest_runs():
    with Server({'/memtest': linux.package('memtest86+', 'boot/memtest86+x64.bin')}) as server:
        with boot(['kernel %s/memtest' % server.url(), 'imgstat', 'boot']) as machine:
            machine.expect(r'memtest : \d+ bytes \[bzImage\] \[SELECTED\]')
            machine.expect_screen(r'Memtest86\+', 60)
            machine.expect_screen(r'Pass|Test', 30)


def test_memdisk_boots_an_iso():
    memdisk = '/usr/lib/syslinux/memdisk'
    if not os.path.exists(memdisk):
        pytest.skip('not installed: syslinux-common')
    with open(memdisk, 'rb') as program, open(os.path.join(ROOT, 'bin/ipxe.iso'), 'rb') as iso:
        routes = {'/memdisk': program.read(), '/iso': iso.read()}
    with Server(routes) as server:
        with boot(['kernel %s/memdisk iso raw' % server.url(), 'initrd %s/iso' % server.url(), 'boot']) as machine:
            machine.expect_boot()
            machine.expect(r'Lanyard initialising devices', 60)  # again: from the ISO
            machine.expect(r'Press Ctrl-B')


def test_starts_itself_with_a_script_and_a_command_line():
    with open(LKRN, 'rb') as image:
        routes = {'/lkrn': image.read(), '/script': '#!ipxe\necho second time\nshell\n'}
    with Server(routes) as server:
        with boot(['kernel %s/lkrn' % server.url(), 'initrd %s/script' % server.url(), 'boot']) as machine:
            machine.expect(r'second time\nLanyard> ', 60)
        with boot(['chain %s/lkrn echo third time' % server.url()]) as machine:
            machine.expect(r'third time\n', 60)


def test_starts_other_firmware_with_a_script():
    other = '/usr/lib/ipxe/ipxe.lkrn'
    if not os.path.exists(other):
        pytest.skip('not installed: ipxe')
    with open(other, 'rb') as image:
        routes = {'/lkrn': image.read(), '/script': '#!ipxe\necho script of the other\nshell\n'}
    with Server(routes) as server:
        with boot(['kernel %s/lkrn' % server.url(), 'initrd %s/script' % server.url(), 'boot']) as machine:
            machine.expect_screen(r'script of the other', 60)


def test_kernels_that_lie_are_refused_with_a_reason():
    kernel = linux.kernel()
    cases = {
        'short': (kernel[:-100000], r'truncated'),
        'setup': (kernel[:20000], r'truncated'),
        'header': (kernel[:0x240], r'header ends at'),
        'size': (patched(kernel, syssize=0xffffffff), r'truncated'),
        'version': (patched(kernel, version=0x0fff), r'boot protocol version 15\.255'),
        'jump': (patched(kernel, jump=0x10), r'header ends at'),
        'sects': (patched(kernel, setup_sects=255), r'real-mode part'),
        'align': (patched(kernel, kernel_alignment=3), r'no power of two'),
        'where': (patched(kernel, pref_address=1 << 63), r'wants to run at'),
        'nowhere': (patched(kernel, pref_address=1 << 40), r'needs memory from 0x10000000000'),
        'huge': (patched(kernel, init_size=0xffffffff), r'needs memory from 0x1000000 to 0x100ffffff'),
        'low': (patched(kernel, loadflags=0), r'below 640 KiB'),
        'initrd': (patched(kernel, initrd_addr_max=0, relocatable=1, version=0x020b), r'no room for an initrd'),
    }
    routes = {'/' + name: image for name, (image, _) in cases.items()}
    routes['/rd'] = bytes(100000)
    with Server(routes) as server:
        with boot(['initrd %s/rd' % server.url(), 'shell']) as machine:
            machine.expect(r'Lanyard> ', 60)
            for name, (_, why) in cases.items():
                said = machine.run('chain --autofree %s/%s' % (server.url(), name))
                assert 'Could not boot' in said, said
                machine_said = said.replace('\n', ' ')
                assert re.search(why, machine_said), '%s: %s' % (name, said)
            # Nothing was harmed.
            assert 'rd : 100000 bytes' in machine.run('imgstat')
            server.routes['/good'] = kernel
            server.routes['/base'] = linux.initramfs()
            machine.send('imgfree rd && initrd %s/base && chain %s/good %s\n'
                         % (server.url(), server.url(), CONSOLE))
            Guest(machine)

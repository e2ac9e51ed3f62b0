"""Loaded by a PXE ROM, QEMU's own for each NIC: bin/ipxe.pxe over TFTP, its DHCP answer reused, the NIC
driven natively; .kpxe and .kkpxe, which can drive it through the ROM, and return to that. Whatever is
asserted has our product name before it: the ROM's firmware talks alike."""
import os
import random
import re
import shutil
import subprocess

import pytest

from conftest import ROOT
from lib.lan import NETWORK, Lan
from lib.linux import initramfs, package
from lib.machine import Machine
from lib.server import Server

NICS = ['virtio-net-pci', 'e1000', 'rtl8139']
# The screen goes to the serial line: the prefix prints with the BIOS.
ROM_BOOT = {'extra': ['-boot', 'n', '-machine', 'graphics=off'], 'nic_roms': True}


@pytest.fixture
def embedding_pxe(tmp_path):
    """make(script) links ipxe.pxe with the script in it; the folder that it is in."""
    def make(script):
        tree = tmp_path / 'tree'
        shutil.copytree(ROOT, tree, symlinks=True, ignore=shutil.ignore_patterns('bin-*', 'tests'))
        (tree / 'boot.ipxe').write_text('#!ipxe\n' + script)
        subprocess.run(['make', '-s', 'bin/ipxe.pxe', 'EMBED=boot.ipxe'], cwd=tree, check=True)
        return str(tree / 'bin')
    return make


@pytest.fixture
def tftp_root(tmp_path):
    shutil.copy(os.path.join(ROOT, 'bin/ipxe.pxe'), tmp_path)
    return tmp_path


def slirp(folder):
    return ['user,tftp=%s,bootfile=ipxe.pxe' % folder]


@pytest.mark.parametrize('name', ['ipxe.pxe', 'ipxe.kpxe', 'ipxe.kkpxe', 'undionly.kpxe', 'undionly.kkpxe'])
def test_file_has_the_markers_of_the_family_and_fits(name):
    with open(os.path.join(ROOT, 'bin', name), 'rb') as file:
        image = file.read()
    assert image[0] == 0xea and image[3:6] == b'\xc0\x07\x64' and image[6:8] == b'\xae\x18'
    # From 0x7c00 on, below what a ROM leaves free.
    assert len(image) < 480 * 1024


@pytest.mark.parametrize('nic', NICS)
def test_answer_of_the_rom_is_known_before_any_dhcp(nic, embedding_pxe):
    with Server({'/hello.ipxe': '#!ipxe\necho hello over HTTP from ${net0/ip}\n'}) as server:
        folder = embedding_pxe('''
echo known: ${net0/ip} ${net0/netmask} ${filename} ${next-server} ${cwuri} ${netX/ifname}
ifstat
chain http://10.0.2.2:%d/hello.ipxe || echo failed before
echo now dhcp
dhcp && show net0.dhcp/ip
chain http://10.0.2.2:%d/hello.ipxe || echo failed after
exit 0
''' % (server.port, server.port))
        with Machine('bios', nics=[nic], netdev=slirp(folder), **ROM_BOOT) as machine:
            machine.expect(r'PXE->EB: !PXE at [0-9a-f]{4}:[0-9a-f]{4}, PXENV\+ at [0-9a-f]{4}:[0-9a-f]{4}, '
                           r'entry point at [0-9a-f]{4}:[0-9a-f]{4}\n'
                           r' {9}UNDI code segment [0-9a-f]{4}:[0-9a-f]{4}, data segment [0-9a-f]{4}:[0-9a-f]{4} '
                           r'\(\d+-\d+kB\)\n'
                           r' {9}UNDI device is PCI 00:03\.0, type \S+\n {9}(\d+)kB free base memory after PXE unl', 90)
            machine.expect_boot()
            machine.expect(r'known: 10\.0\.2\.15 255\.255\.255\.0 ipxe\.pxe 10\.0\.2\.2 tftp://10\.0\.2\.2/ipxe\.pxe net0\n')
            machine.expect(r'net0: 52:54:00:12:34:56 using \S+ on 0000:00:03\.0 \(Ethernet\) \[open\]')
            # QEMU's e1000 may hold the answer back for a second: progress is then shown, and erased.
            machine.expect(r'hello\.ipxe\.\.\..* ok\nhello over HTTP from 10\.0\.2\.15\n')
            machine.expect(r'now dhcp\nConfiguring \(net0 52:54:00:12:34:56\)\.+ ok\n')
            machine.expect(r'net0\.dhcp/ip:ipv4 = 10\.0\.2\.15\n')
            machine.expect(r'hello over HTTP from 10\.0\.2\.15\n')
            # The end of the script: back to the BIOS, which tries what is left.
            machine.expect(r'No bootable device', 60)


def test_working_uri_finds_files_beside_the_image(tftp_root):
    (tftp_root / 'next.ipxe').write_text('#!ipxe\necho found ${cwuri}\n')
    with Machine('bios', netdev=slirp(tftp_root), **ROM_BOOT) as machine:
        machine.shell()
        assert 'found tftp://10.0.2.2/next.ipxe\n' in machine.run('chain next.ipxe')


def test_nic_that_loaded_us_autoboots_first(tftp_root):
    """The ROM of the second NIC boots; the first has a network too, which has nothing to boot."""
    (tftp_root / 'boot.ipxe').write_text('#!ipxe\necho booted by ${netX/ifname}\nshell\n')
    backends = ['user', slirp(tftp_root)[0]]
    with Machine('bios', nics=['virtio-net-pci,bootindex=2', 'virtio-net-pci,bootindex=1'], netdev=backends,
                 extra=['-machine', 'graphics=off'], nic_roms=True) as machine:
        machine.expect_boot()
        machine.expect(r'Press Ctrl-B for the Lanyard')
        # The same answer again, and the same file: a loop, which the test has seen enough of.
        machine.expect(r'net1: 52:54:00:12:34:57 using virtio-net on \S+ \(Ethernet\) \[open\]')
        machine.expect(r'Filename: ipxe\.pxe\n')
        assert 'Configuring (net0' not in machine.plain.partition('Lanyard initialising')[2]


# The ways of docs/pxe.md to tell the image from the ROM. QEMU's ROM is an iPXE, too, and would be taken for the
# image: its user class is changed, and to a machine of that class option 175 is nothing.
USER_CLASS = ['--dhcp-userclass=set:ipxe,iPXE']
OPTION_175 = ['--dhcp-match=set:175,175', '--dhcp-userclass=set:rom,other', '--tag-if=set:ipxe,tag:175,tag:!rom']


@pytest.mark.parametrize('nic, recipe', [('virtio-net-pci', USER_CLASS), ('e1000', OPTION_175), ('rtl8139', USER_CLASS)],
                         ids=['virtio-user-class', 'e1000-option-175', 'rtl8139-user-class'])
def test_dnsmasq_breaks_the_loop(tftp_root, nic, recipe):
    """The recipes of docs/pxe.md: plain PXE gets the image, the image gets a script."""
    with Lan() as lan:
        shutil.copy(os.path.join(ROOT, 'bin/ipxe.pxe'), lan.work)
        with open(os.path.join(lan.work, 'boot.ipxe'), 'w', encoding='utf-8') as script:
            script.write('#!ipxe\necho the script, not the image: ${filename}\nshell\n')
        log = lan.dnsmasq(1, '--dhcp-range=%s100,%s110,255.255.255.0' % (NETWORK, NETWORK), '--enable-tftp',
                          '--tftp-root=' + lan.work, *recipe,
                          '--dhcp-boot=tag:!ipxe,ipxe.pxe',
                          '--dhcp-boot=tag:ipxe,http://%s1:8080/boot.ipxe' % NETWORK)
        lan.wait_for(log, 'DHCP, IP range')
        lan.spawn(lan.namespaces[1], 'python3', '-m', 'http.server', '8080', '--directory', lan.work)
        with lan.attach(Machine('bios', nics=[nic], netdev=[lan.netdev], **ROM_BOOT)) as machine:
            machine.expect(r'Press Ctrl-B for the iPXE command line', 60)
            machine.key('ctrl', 'b')
            machine.expect(r'iPXE> ')
            machine.type('set user-class other\n')
            machine.expect(r'iPXE> ')
            machine.type('autoboot\n')
            machine.expect(r'ipxe\.pxe : \d+ bytes \[PXE-NBP\]')
            machine.expect_boot()
            machine.expect(r'Filename: http://10\.9\.0\.1:8080/boot\.ipxe\n')
            machine.expect(r'the script, not the image: http://10\.9\.0\.1:8080/boot\.ipxe\n')


@pytest.mark.parametrize('image, nic', [('undionly.kpxe', nic) for nic in NICS] + [('undionly.kkpxe', 'e1000')])
def test_undionly_drives_the_nic_through_the_rom(image, nic, tmp_path):
    shutil.copy(os.path.join(ROOT, 'bin', image), tmp_path)
    body = random.Random(nic).randbytes(4 << 20)
    with Server({'/body': body}) as server, \
            Machine('bios', nics=[nic], netdev=['user,tftp=%s,bootfile=%s' % (tmp_path, image)],
                    extra=['-boot', 'n'], nic_roms=True) as machine:
        # No redirected screen: SeaBIOS takes typed characters from the serial line at each clock
        # tick that it sees, and it sees them all when the NIC is driven in real mode.
        machine.shell()
        out = machine.run('ifstat')
        assert 'net0: 52:54:00:12:34:56 using undionly on 0000:00:03.0 (Ethernet) [open]' in out
        assert machine.run('echo ${net0/ip} ${filename}') == '10.0.2.15 %s\n' % image
        assert ' ok\n' in machine.run('imgfetch %s' % server.url('/body'), 120)
        assert machine.holds(body), 'the file is not in memory as it was sent'
        # Once more from the beginning.
        machine.run('imgfree && ifclose')
        assert ' ok\n' in machine.run('dhcp')
        assert ' ok\n' in machine.run('imgfetch %s' % server.url('/body'), 120)
        assert machine.holds(body), 'the file is not in memory as it was sent'
        machine.send('exit\n')
        machine.expect_screen(r'No bootable device', 60)


@pytest.mark.parametrize('nic, chip', [('e1000', '82540em'), ('ne2k_pci', 'undionly')])
def test_kpxe_drives_by_the_rom_what_nothing_else_drives(nic, chip, tmp_path):
    shutil.copy(os.path.join(ROOT, 'bin/ipxe.kpxe'), tmp_path)
    with Server({'/more.ipxe': '#!ipxe\necho the second over HTTP\n'}) as server, \
            Machine('bios', nics=[nic], netdev=['user,tftp=%s,bootfile=ipxe.kpxe' % tmp_path], extra=['-boot', 'n'],
                    nic_roms=True) as machine:
        (tmp_path / 'next.ipxe').write_text('#!ipxe\necho the first from ${cwuri} && chain %s\n' % server.url('/more.ipxe'))
        machine.shell()
        out = machine.run('ifstat')
        assert 'net0: 52:54:00:12:34:56 using %s on 0000:00:03.0 (Ethernet) [open]' % chip in out
        assert 'net1' not in out
        assert machine.run('echo ${net0/ip} ${filename}') == '10.0.2.15 ipxe.kpxe\n'
        assert re.search(r'\nthe first from tftp://10\.0\.2\.2/next\.ipxe\n(?s:.*)\nthe second over HTTP\n',
                         machine.run('dhcp && chain next.ipxe', 60))
        machine.send('exit\n')
        machine.expect_screen(r'No bootable device', 60)


@pytest.mark.parametrize('image, nic', [('undionly.kkpxe', nic) for nic in NICS] + [('ipxe.kkpxe', 'e1000')])
def test_kkpxe_returns_to_the_rom_which_still_works(image, nic, tmp_path):
    """From the ROM's own command line: its network has to carry another program afterwards."""
    for name in (image, 'ipxe.pxe'):
        shutil.copy(os.path.join(ROOT, 'bin', name), tmp_path)
    with Machine('bios', nics=[nic], netdev=['user,tftp=%s' % tmp_path], extra=['-boot', 'n'], nic_roms=True) as machine:
        machine.expect_screen(r'Press Ctrl-B for the iPXE command line', 60)
        machine.key('ctrl', 'b')
        machine.expect_screen(r'iPXE>')
        machine.type('dhcp && chain tftp://10.0.2.2/%s && echo came back\n' % image)
        machine.shell()
        assert 'using undionly on' in machine.run('ifstat')
        assert ' ok\n' in machine.run('dhcp && imgfetch %s' % image)
        machine.send('exit\n')
        machine.expect_screen(r'(?m)^came back')
        # Also after the next one, which says that it did not do well.
        machine.type('chain tftp://10.0.2.2/%s || echo no luck\n' % image)
        machine.shell()
        machine.send('exit 1\n')
        machine.expect_screen(r'(?m)^no luck')
        machine.type('chain tftp://10.0.2.2/ipxe.pxe\n')
        machine.shell()
        assert 'using undionly on' not in machine.run('ifstat')
        assert ' ok\n' in machine.run('dhcp && imgfetch tftp://10.0.2.2/ipxe.pxe')


@pytest.mark.parametrize('image', ['ipxe.pxe', 'undionly.kpxe', 'ipxe.kkpxe'])
def test_linux_starts_after_the_rom_has_gone(image, tmp_path):
    shutil.copy(os.path.join(ROOT, 'bin', image), tmp_path)
    (tmp_path / 'vmlinuz').write_bytes(package('linux-image-amd64', 'boot/vmlinuz-*'))
    (tmp_path / 'initrd').write_bytes(initramfs())
    (tmp_path / 'linux.ipxe').write_text('#!ipxe\nkernel vmlinuz console=ttyS0 quiet && initrd initrd && boot\n')
    with Machine('bios', nics=['e1000'], netdev=['user,restrict=on,tftp=%s,bootfile=%s' % (tmp_path, image)],
                 extra=['-boot', 'n'], nic_roms=True) as machine:
        machine.shell()
        machine.send('chain linux.ipxe\n')
        machine.expect(r'guest: cmdline .*console=ttyS0 quiet', 180)
        machine.expect(r'guest: end')

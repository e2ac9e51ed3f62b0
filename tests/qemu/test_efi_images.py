"""UEFI programs, started by us in OVMF: GRUB, systemd-boot, a unified kernel image, the firmware's own shell, memtest86+,
and ourselves. Debian's kernel is in test_linux_efi.py."""
import os
import re
import shutil
import subprocess

import pytest

from conftest import ROOT
from lib import linux, ovmf
from lib.booted import Booted

EFI = os.path.join(ROOT, 'bin-x86_64-efi/ipxe.efi')
KERNEL_TIMEOUT = 180


def read(path):
    with open(path, 'rb') as file:
        return file.read()


def need(*tools):
    for tool in tools:
        if not shutil.which(tool):
            pytest.skip('not installed: ' + tool)


# Linux

def unified_kernel(tmp_path, cmdline):
    """Debian's kernel, our initramfs and a command line behind systemd's stub."""
    need('objcopy')
    stub = linux.package_path('systemd-boot-efi', 'usr/lib/systemd/boot/efi/linuxx64.efi.stub')
    parts = {'.osrel': (b'ID=test\nVERSION_ID=1\nPRETTY_NAME="Test"\n', 0x20000),
             '.cmdline': (cmdline.encode(), 0x30000),
             '.initrd': (linux.initramfs(), 0x4000000),
             '.linux': (linux.kernel(), 0x2000000)}
    command = ['objcopy']
    for name, (content, address) in parts.items():
        path = tmp_path / name[1:]
        path.write_bytes(content)
        command += ['--add-section', '%s=%s' % (name, path),
                    '--change-section-vma', '%s=%#x' % (name, address)]
    subprocess.run(command + [stub, str(tmp_path / 'uki.efi')], check=True)
    return (tmp_path / 'uki.efi').read_bytes()


@pytest.mark.parametrize('args, expected', [('', 'console=ttyS0 quiet built=in'),
                                            (' console=ttyS0 quiet from=outside',
                                             'console=ttyS0 quiet from=outside')])
def test_unified_kernel_image_keeps_its_command_line(plain_iso, tmp_path, args, expected):
    routes = {'/uki.efi': unified_kernel(tmp_path, 'console=ttyS0 quiet built=in')}
    with Booted('efi', plain_iso, routes, memory=768) as (machine, server):
        machine.send('chain %s%s\n' % (server.url('/uki.efi'), args))
        machine.expect(r'guest: cmdline ([^\n]*?) *\n', KERNEL_TIMEOUT)
        assert re.search(r'guest: cmdline ([^\n]*?) *\n', machine.plain).group(1) == expected


@pytest.mark.parametrize('what', ['truncated', 'entry'])
def test_damaged_kernel_is_refused_with_a_reason(plain_iso, what):
    kernel = bytearray(linux.kernel())
    if what == 'truncated':
        del kernel[-100000:]
    else:
        header = int.from_bytes(kernel[0x3c:0x40], 'little') + 24
        kernel[header + 16:header + 20] = b'\xff\xff\xff\x7f'
    with Booted('efi', plain_iso, {'/vmlinuz': bytes(kernel)}) as (machine, server):
        out = machine.run('chain %s' % server.url('/vmlinuz'), 120)
        assert 'Could not boot: Exec format error (https://ipxe.org/2e008081)' in out
        assert ('cut off or damaged: section' if what == 'truncated' else 'the file is damaged') in out


def test_damaged_headers_are_refused_with_a_reason(plain_iso):
    """Ourselves with one thing wrong in the headers, by us or by the firmware; nothing of it runs."""
    good = read(EFI)
    pe = int.from_bytes(good[0x3c:0x40], 'little')
    optional, sections = pe + 24, pe + 24 + int.from_bytes(good[pe + 20:pe + 22], 'little')
    cases = {  # offset, bytes there, what is said
        'dos': (0, b'NZ', 'no script'), 'offset': (0x3c, b'\xff\xff\xff\x7f', 'no script'),
        'signature': (pe, b'PF', 'no script'), 'machine': (pe + 4, b'\x4c\x01', 'no script'),
        'magic': (optional, b'\x0b\x01', 'no script'), 'subsystem': (optional + 68, b'\x03\x00', 'no script'),
        'count': (pe + 6, b'\xff\xff', 'damaged: 65535 sections'), 'sizes': (pe + 20, b'\x08\x00', 'no script'),
        'start': (optional + 16, b'\x00\x00\xff\x7f', 'starts outside of itself'),
        'image': (optional + 56, b'\x00\x10\x00\x00', 'starts outside of itself'),
        'headers': (optional + 60, b'\x00\x00\x00\x10', 'cut off: 268435456 bytes of headers'),
        'raw length': (sections + 16, b'\x00\x00\x00\x10', r'section \.text ends at byte'),
        'raw place': (sections + 20, b'\xff\xff\xff\xff', r'section \.text ends at byte'),
        'place': (sections + 12, b'\x00\x00\xff\x7f', 'firmware does not load place'),
        'length': (sections + 8, b'\x00\x00\xff\x7f', 'firmware does not load length'),
        'fixups': (optional + 112 + 5 * 8, b'\x00\x00\xff\x7f', 'firmware does not load fixups'),
    }
    routes = {}
    for name, (at, what, _) in cases.items():
        routes['/' + name.replace(' ', '-')] = good[:at] + what + good[at + len(what):]
    for length in (1, 64, pe + 3, optional + 100, sections + 30, 4096, len(good) - 1):
        routes['/cut%d' % length] = good[:length]
    with Booted('efi', plain_iso, routes) as (machine, server):
        for path in routes:
            out = machine.run('chain --autofree %s' % server.url(path), 60)
            assert 'initialising' not in out and 'Could not boot' in out, path + out
            why = cases.get(path[1:].replace('-', ' '), (0, b'', 'no script|cut off'))[2]
            assert re.search(why, out.replace('\n', ' ')), path + out
        # Nothing was harmed.
        assert 'good' in machine.run('imgfetch --name good.efi %s && echo good' % server.url('/fixups'))


def test_memtest_runs(plain_iso):
    program = read(linux.package_path('memtest86+', 'boot/memtest86+x64.efi'))
    with Booted('efi', plain_iso, {'/memtest.efi': program}) as (machine, server):
        machine.send('chain %s console=ttyS0,115200\n' % server.url('/memtest.efi'))
        machine.expect(r'Memtest86\+', 60)
        machine.expect(r'Pass|Test', 30)


# Programs that come back

NICS = ['virtio-net-pci', 'e1000', 'e1000e', 'rtl8139']


@pytest.mark.parametrize('nic', NICS)
def test_program_uses_the_nic_and_returns_its_status(plain_iso, nic):
    """Ourselves, started by ourselves: the inner one takes the NIC from the firmware, which got it
    from the outer one; that continues with its old address."""
    routes = {'/ipxe.efi': read(EFI), '/file': b'x' * 100000}
    with Booted('efi', plain_iso, routes, nics=[nic]) as (machine, server):
        server.routes['/autoexec.ipxe'] = ('#!ipxe\ndhcp && imgfetch %s && imgstat && exit 5 ||\n'
                                           'exit 6\n' % server.url('/file')).encode()
        address = machine.run('show net0/ip')
        assert ' ok\n' in machine.run('imgfetch ' + server.url('/autoexec.ipxe'))
        machine.send('chain %s\n' % server.url('/ipxe.efi'))
        machine.expect(r'Lanyard initialising devices\.\.\.', 60)
        machine.expect(r'file\.\.\. ok', 60)
        machine.expect(r'file : 100000 bytes')
        machine.expect(r'Could not boot: Error 0x7f048205 \(https://ipxe\.org/7f048205\)\n'
                       r' *ipxe\.efi ended with status 0x5', 60)
        machine.expect(r'Lanyard> ')
        assert machine.run('show net0/ip') == address
        assert ' ok\n' in machine.run('imgfetch --name again ' + server.url('/file'), 60)
        # Success is success, and it is back in the list.
        machine.run('imgfree autoexec.ipxe')
        assert 'good' in machine.run('chain ipxe.efi exit 0 && echo good', 60).splitlines()
        assert 'ipxe.efi : ' in machine.run('imgstat')


def test_grub_reads_our_files_and_returns(plain_iso, tmp_path):
    need('grub-mkstandalone')
    modules = linux.package_path('grub-efi-amd64-bin', 'usr/lib/grub/x86_64-efi')
    config = tmp_path / 'grub.cfg'
    config.write_text('terminal_output console\nset color_normal=red/red\n'
                      'echo GRUB=$cmdpath\nexit\n')
    subprocess.run(['grub-mkstandalone', '-d', modules, '-O', 'x86_64-efi', '--locales=', '--themes=',
                    '--fonts=', '--install-modules=echo terminal normal minicmd', '-o', str(tmp_path / 'grub.efi'),
                    'boot/grub/grub.cfg=%s' % config], check=True)
    routes = {'/grub.efi': (tmp_path / 'grub.efi').read_bytes()}
    with Booted('efi', plain_iso, routes) as (machine, server):
        machine.send('chain %s && echo came back\n' % server.url('/grub.efi'))
        machine.expect(r'GRUB=', 120)
        machine.expect(r'\ncame back\n', 60)
        machine.expect_screen(r'\ncame back\nLanyard>')
        assert ' ok\n' in machine.run('imgfetch ' + server.url('/grub.efi'), 60)


def test_systemd_boot_returns(plain_iso):
    loader = read(linux.package_path('systemd-boot-efi', 'usr/lib/systemd/boot/efi/systemd-bootx64.efi'))
    with Booted('efi', plain_iso, {'/sd.efi': loader}) as (machine, server):
        machine.send('chain %s && echo came back\n' % server.url('/sd.efi'))
        # It finds nothing to boot beside itself, and says what else can be done.
        machine.expect(r'Reboot Into Firmware Interface', 60)
        machine.send('Q')
        machine.expect(r'came back\n', 30)
        assert ' ok\n' in machine.run('imgfetch --name again ' + server.url('/sd.efi'), 60)


def test_firmwares_shell_sees_our_images(plain_iso):
    routes = {'/shell.efi': ovmf.shell(), '/Notes.TXT': b'these are notes\r\n', '/b.bin': bytes(5000),
              '/startup.nsh': b'@echo -off\r\nfs1:\r\nls\r\ntype notes.txt\r\nexit 7\r\n'}
    with Booted('efi', plain_iso, routes) as (machine, server):
        for name in routes:
            machine.run('imgfetch ' + server.url(name), 60)
        machine.send('imgexec shell.efi -nostartup\n')
        machine.expect(r'Shell> ', 60)
        machine.send('map -b\r')
        machine.expect(r'Shell> ', 60)
        volume = re.findall(r'(FS\d+):[^\n]*\n[^\n]*MAC\(525400123456', machine.plain)
        assert volume
        machine.send('%s:\r' % volume[-1])
        machine.send('ls\r')
        machine.expect(r'5,000 +b\.bin', 30)
        machine.send('type notes.txt\r')
        machine.expect(r'these are notes', 30)
        machine.expect_screen(r'\nthese are notes\n')
        machine.send('exit 7\r')
        machine.expect(r'Could not boot: Error 0x7f048207', 30)
        machine.expect(r'Lanyard> ')
        assert 'still here' in machine.run('echo still here')

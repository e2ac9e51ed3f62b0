"""What is special under UEFI: the PE file, load options, autoexec.ipxe, the firmware's drivers."""
import os
import re
import shutil
import struct
import subprocess

import pytest

from conftest import ROOT
from lib.machine import BOOT_TIMEOUT, Machine
from lib.server import Server

EFI = os.path.join(ROOT, 'bin-x86_64-efi/ipxe.efi')
PAGE = 0x1000


def fat_disk(path, files):
    """A FAT file system, bare; files is {path: host file or bytes}. QEMU options to boot it."""
    with open(path, 'wb') as disk:
        disk.truncate(8 << 20)
    image = str(path)
    subprocess.run(['mformat', '-i', image, '-h', '16', '-s', '32', '-t', '32', '-c', '8', '::'], check=True)
    subprocess.run(['mmd', '-i', image, '::/EFI', '::/EFI/BOOT'], check=True)
    for name, content in files.items():
        if isinstance(content, bytes):
            source = path.parent / 'content'
            source.write_bytes(content)
            content = source
        subprocess.run(['mcopy', '-o', '-i', image, str(content), '::' + name], check=True)
    return ['-drive', 'if=none,id=fat,format=raw,file=' + image,
            '-device', 'virtio-blk-pci,drive=fat,bootindex=1']


def uefi_shell(tmp_path, lines, files=None, **options):
    """A machine that runs lines in the firmware's shell, from a disk that is FS0: there and has files."""
    startup = ''.join(line + '\r\n' for line in ['fs0:'] + lines).encode()
    disk = fat_disk(tmp_path / 'disk.img', {'/startup.nsh': startup, **(files or {'/l.efi': EFI})})
    return Machine('efi', extra=disk, **options)


def pe_sections():
    """(optional header, {name: (address, length, flags, file position)}) of the PE file."""
    with open(EFI, 'rb') as file:
        data = file.read()
    assert data[:2] == b'MZ'
    pe, = struct.unpack_from('<I', data, 0x3c)
    assert data[pe:pe + 4] == b'PE\0\0'
    machine, count, stamp, _, _, opt_len = struct.unpack_from('<HHIIIH', data, pe + 4)
    assert (machine, stamp) == (0x8664, 0)
    opt = data[pe + 24:pe + 24 + opt_len]
    sections = {}
    for index in range(count):
        name, length, address, raw_len, raw_pos = struct.unpack_from(
            '<8sIIII', data, pe + 24 + opt_len + 40 * index)
        flags, = struct.unpack_from('<I', data, pe + 24 + opt_len + 40 * index + 36)
        sections[name.rstrip(b'\0').decode()] = (address, length, flags,
                                                 data[raw_pos:raw_pos + raw_len])
    return opt, sections


def test_pe_file_is_ready_for_secure_boot():
    opt, sections = pe_sections()
    assert struct.unpack_from('<I', opt, 32)[0] == PAGE          # section alignment
    assert struct.unpack_from('<H', opt, 68)[0] == 10            # EFI application
    assert struct.unpack_from('<H', opt, 70)[0] & 0x0100         # NX_COMPAT
    end = 0
    for address, length, flags, _ in sections.values():
        assert address % PAGE == 0 and address >= end
        assert not (flags & 0x20000000 and flags & 0x80000000)   # execute and write
        end = address + length
    generations = [line.split(b',') for line in sections['.sbat'][3].rstrip(b'\0').splitlines()]
    assert [line[:2] for line in generations] == [[b'sbat', b'1'], [b'lanyard', b'1']]
    assert all(len(line) == 6 and all(line) for line in generations)
    relocations = struct.unpack_from('<II', opt, 112 + 5 * 8)
    assert relocations[0] == sections['.reloc'][0] and relocations[1] > 8


def test_autoexec_beside_the_program_comes_before_the_one_in_the_root(tmp_path):
    disk = fat_disk(tmp_path / 'disk.img', {
        '/EFI/BOOT/BOOTX64.EFI': EFI,
        '/EFI/BOOT/autoexec.ipxe': b'#!ipxe\necho beside\nprompt\n',
        '/autoexec.ipxe': b'#!ipxe\necho root\nprompt\n'})
    with Machine('efi', extra=disk) as machine:
        machine.expect_boot()
        machine.expect(r'file:autoexec\.ipxe\.\.\. ok\n')
        machine.expect(r'\nbeside\n')
        assert 'Press Ctrl-B' not in machine.plain and '\nroot\n' not in machine.plain


def test_missing_and_empty_autoexec_are_ignored(tmp_path):
    disk = fat_disk(tmp_path / 'disk.img', {'/EFI/BOOT/BOOTX64.EFI': EFI, '/autoexec.ipxe': b''})
    with Machine('efi', extra=disk) as machine:
        machine.expect_boot()
        machine.expect(r'file:autoexec\.ipxe\.\.\. Not found \(https://ipxe\.org/7f4de18e\)\n')
        machine.expect(r'file:/autoexec\.ipxe\.\.\. ok\n')
        machine.expect(r'Press Ctrl-B')


def test_command_line_status_and_memory(tmp_path):
    """Load options run as a script; the firmware gets the exit status and all memory back."""
    body = bytes(3 << 20)
    with Server({'/file': body}) as server, \
            uefi_shell(tmp_path, ['memmap',
                                  'l.efi dhcp && imgfetch %s && exit 5' % server.url('/file'),
                                  'echo status %lasterror%', 'memmap',
                                  'l.efi dhcp && exit 0', 'echo status %lasterror%',
                                  'l.efi nosuchcommand', 'echo status %lasterror%', 'memmap',
                                  'echo the end']) as machine:
        machine.expect(r'status 0x5\n', BOOT_TIMEOUT['efi'])
        machine.expect(r'status 0x0\n')
        # Exec format error is the firmware's "load error"; its shell drops the top bit.
        machine.expect(r'status 0x1\n')
        machine.expect(r'\nthe end\n')
        text = machine.plain
    assert 'file... ok' in text
    loader = [int(n.replace(',', '')) for n in re.findall(r'LoaderData: +([\d,]+) Pages', text)]
    assert len(loader) == 3 and loader[0] == loader[1] == loader[2]


@pytest.mark.parametrize('nic', ['virtio-net-pci'])
def test_nic_is_given_back_and_we_start_over_the_network(tmp_path, plain_iso, nic):
    """After us the firmware's own PXE client uses the NIC; what it loads is us again."""
    (tmp_path / 'tftp').mkdir()
    shutil.copy(EFI, tmp_path / 'tftp/ipxe.efi')
    netdev = 'user,tftp=%s,bootfile=ipxe.efi' % (tmp_path / 'tftp')
    with Machine('efi', plain_iso, nics=[nic], netdev=[netdev]) as machine:
        machine.shell()
        assert ' ok\n' in machine.run('dhcp')
        machine.send('exit 1\n')
        machine.expect(r'Start PXE over IPv4')
        machine.expect(r'NBP file downloaded successfully', 60)
        machine.shell()
        assert ' ok\n' in machine.run('dhcp')


def test_success_goes_on_to_the_next_boot_option(plain_iso):
    with Machine('efi', plain_iso) as machine:
        machine.shell()
        machine.send('exit 0\n')
        machine.expect(r'BdsDxe: failed to start Boot\d+ .*: Aborted')
        machine.expect(r'>>Start PXE over IPv4|BdsDxe: (loading|starting) Boot\d+ "(?!UiApp)')


def test_layout_is_for_keyboards_not_for_terminals(plain_iso):
    with Machine('efi', plain_iso) as machine:
        machine.shell()
        machine.run('set keymap de')
        machine.type('echo yz/')
        machine.key('alt_r', 'q')
        machine.send('yz/@\n')
        machine.expect(r'\nzy-@yz/@\n')


def test_sleeping_machine_naps(plain_iso):
    with Machine('efi', plain_iso) as machine:
        machine.shell()
        machine.run('ifopen')
        machine.run('sleep 1')
        before = machine.cpu_seconds()
        machine.run('sleep 5')
        assert machine.cpu_seconds() - before < 0.5


def test_firmware_driver_serves_nics_without_one_of_ours(tmp_path):
    """The same NIC through the firmware's Simple Network protocol, then given back."""
    tree = tmp_path / 'tree'
    shutil.copytree(ROOT, tree, symlinks=True, ignore=shutil.ignore_patterns('bin-*', 'tests', '.git'))
    with open(tree / 'config/local/drivers.h', 'a', encoding='ascii') as config:
        config.write('#undef DRIVER_VIRTIO_NET\n#undef DRIVER_INTEL\n#undef DRIVER_REALTEK\n')
    subprocess.run(['make', '-j2', 'bin-x86_64-efi/ipxe.efi'], cwd=tree, check=True,
                   stdout=subprocess.DEVNULL)
    disk = fat_disk(tmp_path / 'disk.img',
                    {'/EFI/BOOT/BOOTX64.EFI': tree / 'bin-x86_64-efi/ipxe.efi'})
    body = os.urandom(1 << 20)
    with Server({'/file': body}) as server, Machine('efi', extra=disk) as machine:
        machine.shell()
        assert re.search(r'net0: 52:54:00:12:34:56 using snp on 0000:00:0\d\.0 ', machine.run('ifstat'))
        assert ' ok\n' in machine.run('dhcp')
        assert ' ok\n' in machine.run('imgfetch ' + server.url('/file'))
        assert 'file : %d bytes' % len(body) in machine.run('imgstat')
        machine.qmp('set_link', name='n0', up=False)
        machine.expect_run('ifstat', r'\[Link:down,', 10)
        machine.qmp('set_link', name='n0', up=True)
        machine.expect_run('ifstat', r'\[Link:up,', 10)

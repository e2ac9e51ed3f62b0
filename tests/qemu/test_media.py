"""What genfsimg makes, started as a stick, as a disk and as a floppy; the hybrid ISO on a stick."""
import os
import re
import shutil
import struct
import subprocess

import pytest

from conftest import IMAGES, ROOT
from lib.machine import Machine

PLUGS = {
    'usb-ehci': ['-device', 'usb-ehci', '-device', 'usb-storage,drive=medium,bootindex=0'],
    'usb-xhci': ['-device', 'qemu-xhci', '-device', 'usb-storage,drive=medium,bootindex=0'],
    'disk': ['-device', 'ide-hd,drive=medium,bootindex=0'],
}


def pack(tmp_path, name, files=IMAGES):
    script = tmp_path / 'script.ipxe'
    script.write_text('#!ipxe\necho started from %s on ${platform}\nshell\n' % name)
    medium = tmp_path / name
    subprocess.run([ROOT + '/util/genfsimg', '-o', str(medium), '-s', str(script)] + files, check=True)
    return medium


@pytest.mark.parametrize('plug', PLUGS)
@pytest.mark.parametrize('name', ['hybrid.iso', 'stick.usb', 'super.sdsk'])
def test_medium_starts(firmware, tmp_path, name, plug):
    medium = pack(tmp_path, name)
    extra = ['-drive', 'if=none,id=medium,format=raw,file=%s' % medium] + PLUGS[plug]
    with Machine(firmware, extra=extra) as machine:
        machine.expect_boot()
        machine.expect(r'started from %s on (pcbios|efi)\n' % name)
        machine.expect(r'Lanyard> ')


def test_floppy_starts(tmp_path):
    medium = pack(tmp_path, 'floppy.sdsk', IMAGES[:1])
    assert medium.stat().st_size == 1474560
    with Machine('bios', extra=['-drive', 'if=floppy,format=raw,file=%s' % medium, '-boot', 'a']) as machine:
        machine.expect_boot()
        machine.expect(r'started from floppy.sdsk on pcbios\n')


def genfsimg(*args):
    return subprocess.run([ROOT + '/util/genfsimg', *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_mistakes_are_named(tmp_path):
    (tmp_path / 'bad.efi').write_bytes(b'MZ' + bytes(100))
    (tmp_path / 'no.efi').write_bytes(b'hello')
    (tmp_path / 'x.bin').write_bytes(b'')
    out = str(tmp_path / 'out.iso')
    for args, message in (([], 'no output file given'), (['-o', out], 'no input files given'),
                          (['-o', out, str(tmp_path / 'x.bin')], 'unrecognised input filename'),
                          (['-o', out, str(tmp_path / 'no.efi')], 'invalid MZ header'),
                          (['-o', out, str(tmp_path / 'bad.efi')], 'invalid PE header'),
                          (['-o', out, str(tmp_path / 'gone.efi')], 'no such file'),
                          (['-o', out, efi_for(tmp_path, 0x1234, 'odd.efi')], 'unrecognised EFI architecture 1234'),
                          (['-o', str(tmp_path / 'none/out.iso')] + IMAGES, 'none: no such folder'),
                          (['-o', out] + IMAGES[1:] * 2, 'duplicate EFI/BOOT/BOOTX64.EFI')):
        result = genfsimg(*args)
        assert result.returncode == 1 and message in result.stderr, (args, result.stderr)
        assert not (tmp_path / 'out.iso').exists()


@pytest.mark.parametrize('date, year', [('', 1980), ('1000000000', 2001)])
def test_same_input_gives_the_same_image(tmp_path, monkeypatch, date, year):
    """Whenever the input was written; all dates are SOURCE_DATE_EPOCH, or the first that FAT knows."""
    monkeypatch.setenv('SOURCE_DATE_EPOCH', date or '0')
    kernel = shutil.copy(IMAGES[0], tmp_path)
    for name in ('a.iso', 'a.usb', 'a.sdsk'):
        os.utime(kernel, (1500000000, 1500000000))
        first = pack(tmp_path, name, [kernel, IMAGES[1]]).read_bytes()
        os.utime(kernel, (1600000000, 1600000000))
        assert pack(tmp_path, name, [kernel, IMAGES[1]]).read_bytes() == first
        if name == 'a.iso':
            assert first[0x8000 + 813:].startswith(b'%d' % year)  # date of the volume
    listing = subprocess.run(['mdir', '-i', str(tmp_path / 'a.sdsk'), '::'], check=True, stdout=subprocess.PIPE, text=True).stdout
    assert set(re.findall(r' (\d{4})-\d\d-\d\d ', listing)) == {str(year)}


def test_padding_makes_room_in_the_file_system(tmp_path):
    for name, files in (('a.usb', IMAGES), ('a.sdsk', IMAGES), ('a.iso', IMAGES[1:])):
        sizes = []
        for padding in ('0', '4096'):
            assert genfsimg('-o', tmp_path / name, '-p', padding, *files).returncode == 0
            sizes.append((tmp_path / name).stat().st_size)
        assert sizes[1] - sizes[0] >= 3 << 20, (name, sizes)  # 4 MB in whole cylinders
    assert 'invalid int value' in genfsimg('-o', tmp_path / 'b.usb', '-p', 'x', *IMAGES).stderr


def test_several_kernels_are_labels_and_the_first_is_the_default(tmp_path):
    kernels = [shutil.copy(IMAGES[0], tmp_path / name) for name in ('b.lkrn', 'a.lkrn')]
    wanted = ('SAY Lanyard boot image\nTIMEOUT 30\nDEFAULT b.lkrn\n'
              'LABEL b.lkrn\n KERNEL b.lkrn\n%sLABEL a.lkrn\n KERNEL a.lkrn\n%s')
    append = ' APPEND initrd=autoexec.ipxe\n'
    for script in ((), ('-s', __file__)):
        assert genfsimg('-o', tmp_path / 'a.sdsk', *script, *kernels).returncode == 0
        assert genfsimg('-o', tmp_path / 'a.iso', *script, *kernels).returncode == 0
        text = wanted % ((append,) * 2 if script else ('', ''))
        assert fat_file(tmp_path / 'a.sdsk', '::/syslinux.cfg') == text.encode()
        for name in ('a.lkrn', 'b.lkrn'):
            assert len(fat_file(tmp_path / 'a.sdsk', '::/' + name)) == os.path.getsize(IMAGES[0])
        subprocess.run(['xorriso', '-osirrox', 'on', '-indev', str(tmp_path / 'a.iso'), '-extract', '/', str(tmp_path / 'iso')],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        assert (tmp_path / 'iso/isolinux.cfg').read_text() == text
        assert {'a.lkrn', 'b.lkrn'} <= set(os.listdir(tmp_path / 'iso'))
        subprocess.run(['chmod', '-R', 'u+w', str(tmp_path / 'iso')], check=True)
        shutil.rmtree(tmp_path / 'iso')


def efi_for(tmp_path, machine, name, more=b''):
    """Our program, but for another machine by its header."""
    with open(IMAGES[1], 'rb') as file:
        data = bytearray(file.read())
    struct.pack_into('<H', data, struct.unpack_from('<I', data, 0x3c)[0] + 4, machine)
    (tmp_path / name).write_bytes(data + more)
    return str(tmp_path / name)


def fat_file(medium, name):
    return subprocess.run(['mcopy', '-i', str(medium), name, '-'], check=True, stdout=subprocess.PIPE).stdout


def on_fat(medium):
    """{name: contents} of the file systems's folder EFI/BOOT."""
    listing = subprocess.run(['mdir', '-b', '-i', str(medium), '::/EFI/BOOT'], check=True, stdout=subprocess.PIPE,
                             text=True).stdout.split()
    return {name.rpartition('/')[2]: fat_file(medium, name) for name in listing}


def test_programs_for_several_machines_lie_side_by_side(tmp_path):
    machines = {0x014c: 'IA32', 0x01c2: 'ARM', 0xaa64: 'AA64', 0x6264: 'LOONGARCH64', 0x5064: 'RISCV64', 0x5032: 'RISCV32'}
    files = [efi_for(tmp_path, machine, name + '.efi') for machine, name in machines.items()]
    medium = tmp_path / 'all.sdsk'
    assert genfsimg('-o', medium, *IMAGES, *files).returncode == 0
    found = on_fat(medium)
    assert set(found) == {'BOOT%s.EFI' % name for name in ['X64', *machines.values()]}
    for path in files:
        with open(path, 'rb') as file:
            assert found['BOOT%s.EFI' % path.rpartition('/')[2][:-4]] == file.read()


def test_shim_takes_the_place_of_the_image(tmp_path):
    """It starts the program whose name is compiled into it. Each machine has its own."""
    shims = [efi_for(tmp_path, 0x8664, 'shimx64.efi', b'shim' + '\\\\grubx64.efi'.encode('utf-16-le')),
             efi_for(tmp_path, 0xaa64, 'shimaa64.efi', b'shim')]
    arm = efi_for(tmp_path, 0xaa64, 'arm.efi')
    medium = tmp_path / 'shim.sdsk'
    assert genfsimg('-o', medium, '-e', shims[0], '-e', shims[1], IMAGES[1], arm).returncode == 0
    wanted = {'BOOTX64.EFI': shims[0], 'GRUBX64.EFI': IMAGES[1], 'BOOTAA64.EFI': shims[1], 'IPXE.EFI': arm}
    found = on_fat(medium)
    assert set(found) == set(wanted)
    for name, path in wanted.items():
        with open(path, 'rb') as file:
            assert found[name] == file.read(), name
    for args, message in ((['-e', shims[0], arm], 'shimx64.efi: nothing for X64 that it could start'),
                          (['-e', shims[0], IMAGES[0]], 'shimx64.efi: nothing for X64 that it could start'),
                          (['-e', shims[0], '-e', shims[0], IMAGES[1]], 'a second shim for X64'),
                          (['-e', efi_for(tmp_path, 0x014c, 'shim.efi'), IMAGES[1]], 'unsupported shim architecture IA32')):
        result = genfsimg('-o', tmp_path / 'no.usb', *args)
        assert result.returncode == 1 and message in result.stderr, result.stderr
        assert not (tmp_path / 'no.usb').exists()

"""What genfsimg makes, started as a stick, as a disk and as a floppy; the hybrid ISO on a stick."""
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
                          (['-o', out] + IMAGES[1:] * 2, 'duplicate EFI/BOOT/BOOTX64.EFI')):
        result = genfsimg(*args)
        assert result.returncode == 1 and message in result.stderr, (args, result.stderr)
        assert not (tmp_path / 'out.iso').exists()


def test_same_input_gives_the_same_image(tmp_path):
    for name in ('a.iso', 'a.usb', 'a.sdsk'):
        first = pack(tmp_path, name).read_bytes()
        assert pack(tmp_path, name).read_bytes() == first


def test_shim_takes_the_place_of_the_image(tmp_path):
    shim = tmp_path / 'shimx64.efi'
    shim.write_bytes(open(IMAGES[1], 'rb').read() + b'shim')
    medium = tmp_path / 'shim.sdsk'
    subprocess.run([ROOT + '/util/genfsimg', '-o', str(medium), '-e', str(shim), IMAGES[1]], check=True)
    listing = subprocess.run(['mdir', '-b', '-/', '-i', str(medium), '::'], check=True, stdout=subprocess.PIPE,
                             text=True).stdout.split()
    assert {'::/EFI/BOOT/BOOTX64.EFI', '::/EFI/BOOT/IPXE.EFI'} <= set(listing)
    copied = subprocess.run(['mcopy', '-i', str(medium), '::/EFI/BOOT/BOOTX64.EFI', '-'], check=True,
                            stdout=subprocess.PIPE).stdout
    assert copied == shim.read_bytes()

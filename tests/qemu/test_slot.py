"""util/embed: script, file, setting and certificate put into finished images of each format, which then boot with them;
and what it refuses."""
import hashlib
import os
import shutil
import struct
import subprocess
import zlib

import pytest

from conftest import ROOT
from lib.machine import Machine
from test_media import PLUGS

EMBED = os.path.join(ROOT, 'util/embed')
MAGIC = b'\xc7LanyardSlot'
SCRIPT = '''#!ipxe
echo greeting is ${greeting}, net0 has ${net0/ip}
imgstat
imgstat a.ipxe && chain a.ipxe ||
shell
'''
FILES = {'bin/ipxe.lkrn': 1, 'bin/ipxe.pxe': 1, 'bin/undionly.kpxe': 1, 'bin/ipxe.kkpxe': 1, 'bin/ipxe.dsk': 1, 'bin/ipxe.hd': 1,
         'bin/virtio-net.rom': 1, 'bin/virtio-net.mrom': 1, 'bin-x86_64-efi/virtio-net.efirom': 1, 'bin/virtio-net.comborom': 2,
         'bin-x86_64-efi/ipxe.efidrv': 1, 'bin-x86_64-efi/ipxe.efi': 1, 'bin/ipxe.iso': 2, 'bin/ipxe.usb': 1,
         'bin-x86_64-efi/ipxe.usb': 1}


def embed(*arguments):
    return subprocess.run([EMBED] + [str(argument) for argument in arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True)


def path(name):
    return os.path.join(ROOT, name)


@pytest.fixture
def parts(tmp_path):
    """What the tests put in: arguments for embed."""
    (tmp_path / 'boot.ipxe').write_text(SCRIPT)
    (tmp_path / 'a.ipxe').write_text('#!ipxe\necho the file ran, too\n')
    return ['-s', tmp_path / 'boot.ipxe', '-f', tmp_path / 'a.ipxe', '--set', 'greeting=hello', '--set', 'net0/ip=10.7.7.7']


@pytest.fixture
def filled(tmp_path, parts):
    """filled(name): a copy of an image with all of that in it."""
    def fill(name):
        output = tmp_path / os.path.basename(name)
        result = embed(*parts, '-o', output, path(name))
        assert result.returncode == 0, result.stderr
        return str(output)
    return fill


def expect_all(machine):
    machine.expect_boot()
    machine.expect(r'greeting is hello, net0 has 10\.7\.7\.7\n')
    machine.expect(r'a\.ipxe : \d+ bytes \[script\]')
    machine.expect(r'the file ran, too\n')
    machine.expect(r'Lanyard> ')


def test_lkrn(filled):
    with Machine('bios', extra=['-kernel', filled('bin/ipxe.lkrn')]) as machine:
        expect_all(machine)


def test_iso_on_both(firmware, filled):
    with Machine(firmware, filled('bin/ipxe.iso')) as machine:
        expect_all(machine)


@pytest.mark.parametrize('name, firmware', [('bin/ipxe.usb', 'bios'), ('bin/ipxe.hd', 'bios'), ('bin-x86_64-efi/ipxe.usb', 'efi')])
def test_stick(name, firmware, filled):
    extra = ['-drive', 'if=none,id=medium,format=raw,file=' + filled(name)] + PLUGS['usb-xhci']
    with Machine(firmware, extra=extra) as machine:
        expect_all(machine)


@pytest.mark.parametrize('name', ['bin/ipxe.pxe', 'bin/undionly.kpxe'])
def test_from_a_pxe_rom(name, tmp_path, filled):
    filled(name)
    with pxe_machine(tmp_path, os.path.basename(name)) as machine:
        expect_all(machine)


@pytest.mark.parametrize('name', ['bin/ipxe.pxe', 'bin/undionly.kpxe'])
def test_image_for_pxe_roms_takes_much(name, tmp_path):
    """More than its own length, whole."""
    (tmp_path / 'boot.ipxe').write_text('#!ipxe\nimgstat\nsha256sum long\nshell\n')
    content = bytes(range(251)) * 1000
    (tmp_path / 'long').write_bytes(content)
    image = tmp_path / os.path.basename(name)
    assert embed('-s', tmp_path / 'boot.ipxe', '-f', tmp_path / 'long', '-o', image, path(name)).returncode == 0
    assert os.path.getsize(image) > os.path.getsize(path(name)) + len(content)
    with pxe_machine(tmp_path, image.name) as machine:
        machine.expect(r'long : %d bytes' % len(content), 120)
        machine.expect(hashlib.sha256(content).hexdigest() + '  long')


def pxe_machine(folder, name):
    netdev = 'user,tftp=%s,bootfile=%s' % (folder, name)
    return Machine('bios', nics=['e1000'], netdev=[netdev], extra=['-boot', 'n'], nic_roms=True)


@pytest.mark.parametrize('capacity', [0, 16, 80, 0x60000, 0xfffffff0])
def test_wrong_length_in_an_image_for_pxe_roms_is_noticed(capacity, tmp_path, filled):
    """Where nothing but the header says how much is to be copied."""
    image = filled('bin/undionly.kpxe')
    with open(image, 'rb') as file:
        data = bytearray(file.read())
    struct.pack_into('<I', data, data.index(MAGIC) + 16, capacity)
    (tmp_path / 'bad.kpxe').write_bytes(data)
    with pxe_machine(tmp_path, 'bad.kpxe') as machine:
        machine.expect(r'The data slot is damaged, ignoring it\n', 90)
        machine.expect(r'Press Ctrl-B')


@pytest.mark.parametrize('firmware, name', [('bios', 'bin/virtio-net.rom'), ('bios', 'bin/virtio-net.mrom'),
                                            ('efi', 'bin-x86_64-efi/virtio-net.efirom'),
                                            ('bios', 'bin/virtio-net.comborom'), ('efi', 'bin/virtio-net.comborom')])
def test_rom(firmware, name, filled):
    machine = Machine(firmware, nics=['virtio-net-pci,bootindex=1'])
    rom = filled(name)
    machine.command = [part.replace('romfile=', 'romfile=' + rom) for part in machine.command]
    with machine:
        expect_all(machine)
    assert subprocess.run([path('util/romtool'), rom], stdout=subprocess.DEVNULL, check=False).returncode == 0


def test_efi_program_from_a_medium(tmp_path, filled):
    """The .efi by itself, packed afterwards."""
    medium = tmp_path / 'a.usb'
    subprocess.run([path('util/genfsimg'), '-o', str(medium), filled('bin-x86_64-efi/ipxe.efi')], check=True)
    extra = ['-drive', 'if=none,id=medium,format=raw,file=%s' % medium] + PLUGS['disk']
    with Machine('efi', extra=extra) as machine:
        expect_all(machine)


def test_script_goes_before_embedded_and_others(tmp_path):
    """The slot's script before that of the command line; its files do not run by themselves."""
    (tmp_path / 'boot.ipxe').write_text('#!ipxe\necho slot first\nimgstat\nshell\n')
    image = tmp_path / 'a.lkrn'
    assert embed('-s', tmp_path / 'boot.ipxe', '-o', image, path('bin/ipxe.lkrn')).returncode == 0
    with Machine('bios', extra=['-kernel', str(image), '-append', 'echo command line']) as machine:
        machine.expect(r'slot first\n', 60)
        machine.expect(r'<CMDLINE> : \d+ bytes')
    assert embed('-f', tmp_path / 'boot.ipxe', '-c', '/dev/stdin', image).returncode == 1
    assert embed('-f', tmp_path / 'boot.ipxe', image).returncode == 0
    with Machine('bios', extra=['-kernel', str(image), '-append', 'echo command line && shell']) as machine:
        machine.expect(r'command line\n', 60)
        assert 'boot.ipxe : ' in machine.run('imgstat')
    with Machine('bios', extra=['-kernel', str(image)]) as machine:
        machine.shell()


def test_script_goes_before_what_was_built_in(tmp_path):
    tree = tmp_path / 'tree'
    shutil.copytree(ROOT, tree, symlinks=True, ignore=shutil.ignore_patterns('bin-*', 'tests'))
    (tree / 'old.ipxe').write_text('#!ipxe\necho built in\nshell\n')
    (tree / 'new.ipxe').write_text('#!ipxe\necho put in\nchain old.ipxe\n')
    subprocess.run(['make', '-s', 'bin/ipxe.lkrn', 'EMBED=old.ipxe', 'DATA_SLOT=2'], cwd=tree, check=True)
    image = tree / 'bin/ipxe.lkrn'
    assert ' of 2016 bytes' in embed('-s', tree / 'new.ipxe', image).stdout
    with Machine('bios', extra=['-kernel', str(image)]) as machine:
        machine.expect(r'put in\n', 60)
        machine.expect(r'built in\n')


def test_damaged_slot_is_ignored_with_a_message(tmp_path, filled):
    image = filled('bin/ipxe.lkrn')
    with open(image, 'rb') as file:
        data = bytearray(file.read())
    data[data.index(b'hello')] ^= 1
    (tmp_path / 'bad.lkrn').write_bytes(data)
    with Machine('bios', extra=['-kernel', str(tmp_path / 'bad.lkrn')]) as machine:
        machine.expect_boot()
        machine.expect(r'The data slot is damaged, ignoring it\n')
        machine.expect(r'Press Ctrl-B')
    for arguments in (['--list'], ['--clear'], ['--set', 'a=b']):
        result = embed(*arguments, tmp_path / 'bad.lkrn')
        assert result.returncode == 1 and 'damaged, or not in one piece' in result.stderr
    assert (tmp_path / 'bad.lkrn').read_bytes() == data


# The tool alone.

@pytest.mark.parametrize('name', FILES)
def test_round_trip(name, tmp_path, parts):
    """Filled, listed, cleared: the same bytes as before; nothing but slots and sums ever changes."""
    with open(path(name), 'rb') as file:
        before = file.read()
    assert before.count(MAGIC) == FILES[name]
    copy = tmp_path / os.path.basename(name)
    result = embed(*parts, '-o', copy, path(name))
    assert result.returncode == 0 and result.stdout.count('slot at ') == FILES[name], result.stderr
    first = copy.read_bytes()
    grows = name.endswith('pxe')
    assert (len(first) > len(before)) if grows else (len(first) == len(before))
    assert embed(*parts, copy).returncode == 0 and copy.read_bytes() == first
    listed = embed('--list', copy).stdout
    for line in ('  script   boot.ipxe %d bytes\n' % len(SCRIPT), '  file     a.ipxe ', '  setting  greeting = hello\n',
                 '  setting  net0/ip = 10.7.7.7\n'):
        assert listed.count(line) == FILES[name]
    at, changed = 0, [index for index in range(0, len(before), 16) if before[index:index + 16] != first[index:index + 16]]
    slots = []
    for _ in range(FILES[name]):
        at = before.index(MAGIC, at + 1)
        slots.append((at, at + struct.unpack_from('<I', first, at + 16)[0]))
    assert not grows or slots == [(len(before) - 32, len(first))]
    outside = [index for index in changed if not any(start <= index < end for start, end in slots)]
    # Of a BIOS option ROM: checksum, and the sum of the program. Of an EFI program: its checksum.
    if name.startswith('bin/') and name.endswith('rom'):
        assert outside[:2] == [0, 32]
        del outside[:2]
    assert len(outside) == sum(before[at + 24:at + 27] == b'efi' for at, _ in slots)
    assert embed('--clear', copy).returncode == 0 and copy.read_bytes() == before


def test_certificate_is_kept_and_said_to_be_of_no_use(tmp_path):
    (tmp_path / 'ca.pem').write_text('-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n')
    image = tmp_path / 'a.lkrn'
    result = embed('-c', tmp_path / 'ca.pem', '-o', image, path('bin/ipxe.lkrn'))
    assert result.returncode == 0 and 'without HTTPS nothing uses them' in result.stdout
    assert 'cert     ca.pem ' in embed('--list', image).stdout
    with Machine('bios', extra=['-kernel', str(image)]) as machine:
        machine.shell()
        assert 'ca.pem : 59 bytes [HIDDEN]' in machine.run('imgstat')


def refused(reason, *arguments):
    result = embed(*arguments)
    assert result.returncode == 1 and result.stdout == ''
    assert result.stderr.startswith('embed: ') and reason in result.stderr and result.stderr.count('\n') == 1, result.stderr


def test_what_does_not_fit_is_refused(tmp_path):
    rom = tmp_path / 'a.rom'
    shutil.copy(path('bin/virtio-net.rom'), rom)
    (tmp_path / 'long').write_bytes(bytes(2000))
    refused('2010 bytes do not fit, it has 992 (make ... DATA_SLOT=2 makes a larger one)', '-f', tmp_path / 'long', rom)
    with open(path('bin/virtio-net.rom'), 'rb') as file:
        assert file.read() == rom.read_bytes()
    # As long as the slot is it fits, and not a byte more.
    room = 992 - 6 - len('long')
    (tmp_path / 'long').write_bytes(bytes(room + 1))
    refused('993 bytes do not fit', '-f', tmp_path / 'long', rom)
    (tmp_path / 'long').write_bytes(bytes(room))
    assert '992 of 992 bytes' in embed('-f', tmp_path / 'long', rom).stdout


def test_growing_has_its_limits(tmp_path):
    image = tmp_path / 'a.kpxe'
    shutil.copy(path('bin/undionly.kpxe'), image)
    room = 480 * 1024 - (os.path.getsize(image) - 32) - 32
    (tmp_path / 'long').write_bytes(bytes(room - 6 - len('long') + 1))
    refused('%d bytes do not fit, it has %d' % (room + 1, room), '-f', tmp_path / 'long', image)
    (tmp_path / 'long').write_bytes(bytes(room - 6 - len('long')))
    assert '%d of %d bytes' % (room, room) in embed('-f', tmp_path / 'long', image).stdout
    assert os.path.getsize(image) == 480 * 1024
    # Within something else, where what comes behind it would be overwritten.
    (tmp_path / 'disk').write_bytes(open(path('bin/undionly.kpxe'), 'rb').read() + bytes(16))
    refused('embed into the image by itself', '--set', 'a=b', tmp_path / 'disk')
    assert embed('--list', tmp_path / 'disk').returncode == 0


def test_mistakes_are_named(tmp_path):
    image = tmp_path / 'a.lkrn'
    shutil.copy(path('bin/ipxe.lkrn'), image)
    before = image.read_bytes()
    (tmp_path / 'text').write_text('echo hello\n')
    (tmp_path / 'other').mkdir()
    (tmp_path / 'other/text').write_text('')
    refused('no data slot in it', '--list', tmp_path / 'text')
    refused('No such file', '--set', 'a=b', tmp_path / 'none')
    refused('No such file', '-f', tmp_path / 'none', image)
    refused('not a script, it does not start with #!ipxe', '-s', tmp_path / 'text', image)
    refused('not a certificate', '-c', tmp_path / 'text', image)
    refused('two files are called text', '-f', tmp_path / 'text', '-f', tmp_path / 'other/text', image)
    refused('a setting is NAME=VALUE', '--set', 'a', image)
    refused('a setting is NAME=VALUE', '--set', 'a b=c', image)
    for arguments in ([image], ['--list', '--clear', image], ['--list', '--set', 'a=b', image], ['--clear']):
        assert embed(*arguments).returncode == 2
    assert image.read_bytes() == before


def test_signed_program_is_refused(tmp_path):
    with open(path('bin-x86_64-efi/ipxe.efi'), 'rb') as file:
        data = bytearray(file.read())
    pe, = struct.unpack_from('<I', data, 0x3c)
    struct.pack_into('<II', data, pe + 24 + 112 + 8 * 4, len(data), 16)
    (tmp_path / 'signed.efi').write_bytes(data + bytes(16))
    refused('is signed, and would not be any more; embed first, sign then', '--set', 'a=b', tmp_path / 'signed.efi')


def test_pe_checksum_stays_right(tmp_path):
    """The build writes one. Where a tool has taken it out, there is none afterwards: it is optional."""
    with open(path('bin-x86_64-efi/ipxe.efi'), 'rb') as file:
        data = bytearray(file.read())
    field = struct.unpack_from('<I', data, 0x3c)[0] + 24 + 64

    def checksum_after():
        (tmp_path / 'a.efi').write_bytes(data)
        assert embed('--set', 'a=b', tmp_path / 'a.efi').returncode == 0
        after = (tmp_path / 'a.efi').read_bytes()
        return struct.unpack_from('<I', after, field)[0], pe_checksum(after, field)
    before = pe_checksum(data, field)
    assert struct.unpack_from('<I', data, field)[0] == before
    found, right = checksum_after()
    assert found == right != before
    data[field:field + 4] = bytes(4)
    assert checksum_after()[0] == 0


def pe_checksum(data, field):
    words = struct.unpack('<%dH' % (len(data) // 2), data[:field] + bytes(4) + data[field + 4:])
    total = 0
    for word in words:
        total += word
        total = (total & 0xffff) + (total >> 16)
    return total + len(data)


def test_rom_within_something_else_is_refused(tmp_path):
    with open(path('bin/virtio-net.rom'), 'rb') as file:
        (tmp_path / 'flash').write_bytes(bytes(4096) + file.read())
    refused('an option ROM within something else', '--set', 'a=b', tmp_path / 'flash')


def test_slot_in_pieces_is_refused(tmp_path):
    """As on a file system that has put the second half elsewhere."""
    with open(path('bin/ipxe.lkrn'), 'rb') as file:
        data = file.read()
    at = (data.index(MAGIC) + 4096) & ~4095
    (tmp_path / 'disk').write_bytes(data[:at] + b'x' * 4096 + data[at:])
    refused('damaged, or not in one piece', '--set', 'a=b', tmp_path / 'disk')


def test_empty_slot_is_as_documented():
    """Header of docs/data-slot.md, byte by byte."""
    with open(path('bin/ipxe.lkrn'), 'rb') as file:
        data = file.read()
    at = data.index(MAGIC)
    crc, capacity, used, form = struct.unpack_from('<3I8s', data, at + 12)
    assert at % 16 == 0 and capacity == 16384 and used == 0 and form == b'lkrn'.ljust(8, b'\0')
    assert data[at + 32:at + capacity] == bytes(capacity - 32)
    assert zlib.crc32(data[at + 16:at + capacity]) == crc


def test_no_slot_on_request(tmp_path):
    result = subprocess.run(['make', '-s', '-n', 'bin/ipxe.lkrn', 'DATA_SLOT=1x'], cwd=ROOT, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)
    assert result.returncode and 'DATA_SLOT=1x: not a number of kilobytes' in result.stderr

"""PCI option ROMs under SeaBIOS, and util/romtool."""
import glob
import importlib.machinery
import importlib.util
import os
import re
import struct
import subprocess

import pytest

from conftest import ROOT
from lib.machine import Machine
from lib.server import Server

ROMTOOL = os.path.join(ROOT, 'util/romtool')
CARDS = [('virtio-net.rom', 'virtio-net-pci'), ('82540em.rom', 'e1000'), ('rtl8139.rom', 'rtl8139'),
         ('virtio-net.mrom', 'virtio-net-pci'), ('808610d3.mrom', 'e1000e'), ('10ec8139.mrom', 'rtl8139')]
RESIDENT_MAX = 8192


def rom_path(name):
    return os.path.join(ROOT, 'bin', name if '.' in name else name + '.rom')


def romtool_module():
    loader = importlib.machinery.SourceFileLoader('romtool', ROMTOOL)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader('romtool', loader))
    loader.exec_module(module)
    return module


def rom_machine(roms, boot='n', nics=('virtio-net-pci',), **options):
    """A machine whose NICs carry ROMs ('' for none)."""
    machine = Machine('bios', nics=nics, extra=['-boot', boot], **options)
    left = iter(roms)
    machine.command = [argument.replace('romfile=', 'romfile=' + next(left)) if ',romfile=' in argument else argument
                       for argument in machine.command]
    return machine


def resident(machine):
    """The lengths of our ROMs in the memory of option ROMs, checksums checked."""
    memory = machine.memory(0x30000, 0xc0000)
    lengths = []
    for at in range(0, len(memory), 2048):
        if memory[at:at + 2] == b'\x55\xaa' and memory[at + 0x1c:at + 0x20] == b'LROM':
            length = memory[at + 2] * 512
            assert sum(memory[at:at + length]) & 0xff == 0, 'the BIOS would not take this ROM'
            lengths.append(length)
    return lengths


def tftp(tmp_path, script):
    (tmp_path / 'boot.ipxe').write_text('#!ipxe\n' + script)
    return 'user,tftp=%s,bootfile=boot.ipxe,restrict=on' % tmp_path


@pytest.mark.parametrize('name, nic', CARDS)
def test_boots_from_its_card(name, nic, tmp_path):
    netdev = tftp(tmp_path, 'echo ran on ${net0/chip} from ${cwuri}\nshell\n')
    with rom_machine([rom_path(name)], nics=(nic,), netdev=[netdev]) as machine:
        machine.expect_boot()
        machine.expect(r'Filename: boot\.ipxe\n')
        machine.expect(r'ran on \S+ from tftp://10\.0\.2\.2/boot\.ipxe\n')
        machine.expect('Lanyard> ')
        sizes = resident(machine)
        assert len(sizes) == 1 and sizes[0] <= RESIDENT_MAX


def test_http_script(tmp_path):
    with Server({'/boot.ipxe': b'#!ipxe\necho over HTTP\nshell\n'}) as server:
        netdev = 'user,bootfile=http://10.0.2.2:%d/boot.ipxe' % server.port
        with rom_machine([rom_path('virtio-net')], netdev=[netdev]) as machine:
            machine.expect_boot()
            machine.expect(r'boot\.ipxe\.\.\. ok\n')
            machine.expect(r'over HTTP\n')


def test_boot_menu_shows_names_and_starts_one(tmp_path):
    """Two cards with ROMs of two kinds."""
    picture = os.path.join(os.environ.get('SCREENSHOTS', tmp_path), 'rom-menu.png')
    with rom_machine([rom_path('virtio-net.rom'), rom_path('10ec8139.mrom')], boot='menu=on',
                     nics=('virtio-net-pci', 'rtl8139'), netdev=['user', tftp(tmp_path, 'echo chosen ${netX/chip}\nshell\n')]) as machine:
        machine.expect_screen(r'Press Ctrl-B to configure Lanyard \(PCI 00:03\.0\)\.\.\.')
        # Not for us: the prompt ends, and the other's too.
        machine.key('a')
        machine.expect_screen(r'Press ESC for boot menu')
        assert 'configure' not in machine.screen_text()
        machine.key('esc')
        machine.expect_screen(r'Select boot device')
        machine.expect_screen(r'\d\. Lanyard \(PCI 00:03\.0\)\n\d\. Lanyard \(PCI 00:04\.0\)\n')
        machine.screenshot(picture)
        with open(picture, 'rb') as file:
            # An 80x25 text screen has 720x400 pixels.
            assert file.read(24) == b'\x89PNG\r\n\x1a\n' + struct.pack('>I4sII', 13, b'IHDR', 720, 400)
        machine.key(re.search(r'(\d)\. Lanyard \(PCI 00:04', machine.screen_text())[1])
        machine.expect_screen(r'Lanyard \(PCI 00:04\.0\) starting execution\.\.\.ok')
        machine.expect(r'chosen rtl8139\n', 60)


def test_ctrl_b_in_the_self_test_is_the_command_line(tmp_path):
    with rom_machine([rom_path('virtio-net')], boot='c') as machine:
        machine.expect_screen(r'Press Ctrl-B to configure')
        machine.key('ctrl', 'b')
        machine.expect(r'This ROM stores no options: what you set is good until the restart\.\n')
        machine.expect(r'Lanyard> ')
        machine.send('exit\n')
        # The self-test starts anew; QEMU ends instead (-no-reboot).
        machine.process.wait(20)


def test_two_cards_each_boots_from_its_own(tmp_path):
    """The second card's ROM does not touch the first card's network; both share one copy of the program."""
    roms = [rom_path('virtio-net')] * 2
    quiet = 'user,restrict=on'
    with rom_machine(roms, nics=('virtio-net-pci',) * 2, netdev=[quiet, tftp(tmp_path, 'echo second ran\nexit 1\n')]) as machine:
        machine.expect_boot()
        machine.expect(r'net0: 52:54:00:12:34:56')
        machine.expect(r'Nothing to boot')
        machine.expect(r'No more network devices')
        first = machine.plain
        assert 'net1:' not in first
        sizes = resident(machine)
        assert len(sizes) == 2 and max(sizes) <= RESIDENT_MAX
        machine.expect_boot()
        machine.expect(r'net1: 52:54:00:12:34:57')
        machine.expect(r'second ran\n')
        assert 'net0: 52' not in machine.plain[len(first):]


def test_exit_goes_on_with_the_next_boot_device(tmp_path):
    with rom_machine([rom_path('virtio-net')], boot='nc', netdev=[tftp(tmp_path, 'echo leaving\nexit\n')]) as machine:
        machine.expect(r'leaving\n', 60)
        machine.expect_screen(r'Booting from Hard Disk')


def without_pmm(tmp_path, name):
    """The same ROM for a BIOS without POST Memory Manager: it looks for another signature."""
    with open(rom_path(name), 'rb') as file:
        data = bytearray(file.read())
    data[data.index(b'$PMM', 0, RESIDENT_MAX)] += 1
    data[6] = (data[6] - 1) & 0xff
    path = tmp_path / 'nopmm.rom'
    path.write_bytes(data)
    return str(path)


def test_program_is_read_from_the_card_without_pmm(tmp_path):
    rom = without_pmm(tmp_path, 'virtio-net')
    with rom_machine([rom], netdev=[tftp(tmp_path, 'echo from the card\nshell\n')]) as machine:
        machine.expect(r'from the card\n', 60)
        machine.expect('Lanyard> ')
        assert resident(machine)[0] <= RESIDENT_MAX


def test_all_of_it_stays_if_nothing_else_works(tmp_path):
    """No POST Memory Manager and on no card (qemu -option-rom)."""
    rom = without_pmm(tmp_path, 'ipxe')
    options = ['-option-rom', rom]
    machine = rom_machine([''], netdev=[tftp(tmp_path, 'echo in place\nshell\n')])
    machine.command += options
    with machine:
        machine.expect_screen(r'Lanyard: all of the ROM stays in memory: no PMM, and the device does not')
        machine.expect(r'in place\n', 60)
        machine.expect('Lanyard> ')
        assert resident(machine) == [os.path.getsize(rom)]


# .mrom: the BIOS copies 2 KB, the program is read from the card.

def test_mrom_is_small_before_initialisation():
    first, second = romtool_module().images(bytearray(open(rom_path('virtio-net.mrom'), 'rb').read()))
    assert first.length <= RESIDENT_MAX and second.code_type != 0


def test_mrom_on_no_card_says_so_and_is_dropped():
    machine = rom_machine([''], boot='menu=on')
    machine.command += ['-option-rom', rom_path('virtio-net.mrom')]
    with machine:
        machine.expect_screen(r'Lanyard: switched off, for the device does not show its ROM')
        machine.expect_screen(r'Press ESC for boot menu')
        machine.key('esc')
        machine.expect_screen(r'Select boot device')
        assert not re.search(r'\d\. Lanyard', machine.screen_text())
        assert resident(machine) == []


def test_mrom_whose_program_is_damaged_goes_on_with_the_next_boot_device(tmp_path):
    with open(rom_path('virtio-net.mrom'), 'rb') as file:
        data = bytearray(file.read())
    data[5000] ^= 0x10
    (tmp_path / 'a.mrom').write_bytes(data)
    with rom_machine([str(tmp_path / 'a.mrom')], boot='nc') as machine:
        machine.expect_screen(r'starting execution\.\.\.', 60)
        machine.expect_screen(r'The rest of the ROM is gone: not whole in memory, and the device does not')
        machine.expect_screen(r'Booting from Hard Disk')


def test_mrom_may_be_larger_than_128_kb(tmp_path):
    module = romtool_module()
    with open(rom_path('virtio-net'), 'rb') as file:
        data = bytearray(file.read())
    start, count, _ = module.Image(data).program()
    data[start + count:] = bytes(256 * 1024)
    module.Image(data).put(0x24, 'I', len(data) - start)
    module.finish(data, True)
    assert len(data) > 256 * 1024
    (tmp_path / 'a.mrom').write_bytes(data)
    with rom_machine([str(tmp_path / 'a.mrom')], netdev=[tftp(tmp_path, 'echo from a large one\nshell\n')]) as machine:
        machine.expect(r'from a large one\n', 60)
        assert resident(machine) == [2048]


def test_program_is_found_behind_another_image(tmp_path):
    """A ROM for two cards: the second one's program is not where it would be alone."""
    both = tmp_path / 'both.rom'
    assert romtool('--join', '-o', both, rom_path('rtl8139'), rom_path('virtio-net.mrom')).returncode == 0
    with rom_machine([str(both)], netdev=[tftp(tmp_path, 'echo from behind\nshell\n')]) as machine:
        machine.expect(r'from behind\n', 60)
        assert resident(machine) == [2048]


# util/romtool

ROMS = ['virtio-net.rom', 'virtio-net.mrom']


def romtool(*arguments):
    return subprocess.run([ROMTOOL] + [str(argument) for argument in arguments], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True)


@pytest.fixture(params=['virtio-net.rom'])
def rom(request, tmp_path):
    """A ROM to be damaged: (path, bytearray, write it)."""
    with open(rom_path(request.param), 'rb') as file:
        data = bytearray(file.read())
    path = tmp_path / 'a.rom'

    def refused(reason):
        path.write_bytes(data)
        result = romtool(path)
        assert result.returncode == 1 and result.stdout == ''
        assert result.stderr.startswith('romtool: %s: ' % path) and reason in result.stderr
        assert len(result.stderr.splitlines()) == 1
    path.write_bytes(data)
    return path, data, refused


def test_romtool_shows_headers(rom):
    result = romtool(rom[0])
    assert result.returncode == 0 and result.stderr == ''
    assert 'PCI        1af4:1000, class 020000\n  also for   1041\n' in result.stdout
    assert 'product    Lanyard (PCI 00:00.0)\n' in result.stdout
    resident_bytes = int(re.search(r'resident +(\d+) bytes', result.stdout)[1])
    assert resident_bytes <= RESIDENT_MAX


def test_romtool_changes_ids(rom, tmp_path):
    other = tmp_path / 'b.rom'
    before = rom[0].read_bytes()
    assert romtool('--ids', '1AF4:1041', '-o', other, rom[0]).returncode == 0
    assert rom[0].read_bytes() == before
    shown = romtool(other).stdout
    assert '1af4:1041' in shown and 'also for' not in shown
    changed = [at for at, (a, b) in enumerate(zip(before, other.read_bytes())) if a != b]
    image = romtool_module().Image(bytearray(before))
    devices = image.device_list()[0]
    assert changed == [6, image.pcir + 6, devices + 1, devices + 2, devices + 3]  # checksum, id, list of 1000 1041
    assert romtool('--ids', 'abc', rom[0]).returncode != 0


@pytest.mark.parametrize('rom', ROMS, indirect=True)
def test_romtool_lists_further_devices_of_the_same_maker(rom):
    path = rom[0]
    assert romtool('--ids', '8086:100e,10ec8139,8086:10d3,8086:100e', path).returncode == 0
    assert 'PCI        8086:100e, class 020000\n  also for   10d3\n' in romtool(path).stdout
    image = romtool_module().images(bytearray(path.read_bytes()))[0]
    assert (image.revision, image.device_list()[1]) == (3, [0x100e, 0x10d3])
    start = image.device_list()[0]
    room = (image.resident - start) // 2 - 1
    assert room >= 52  # the largest driver's
    wanted = ['8086:%04x' % (0x1000 + number) for number in range(room + 1)]
    assert romtool('--ids', ','.join(wanted[1:]), path).returncode == 0
    assert len(romtool_module().images(bytearray(path.read_bytes()))[0].device_list()[1]) == room
    before = path.read_bytes()
    result = romtool('--ids', ','.join(wanted), path)
    assert result.returncode == 1 and 'no room for more than %d PCI ids' % room in result.stderr
    assert path.read_bytes() == before


@pytest.mark.parametrize('at, value, reason', [(0x0a, 0x18, 'the PCI data structure is too short'),
                                               (0x16, 1, 'another length for what may stay')])
def test_romtool_refuses_a_wrong_data_structure(rom, at, value, reason):
    image = romtool_module().Image(rom[1])
    image.put(image.pcir + at, 'H', value)
    image.fix_checksum()
    rom[2](reason)


@pytest.mark.parametrize('rom', ['virtio-net.mrom'], indirect=True)
def test_romtool_refuses_a_list_of_devices_without_end(rom):
    image = romtool_module().Image(rom[1])
    start = image.device_list()[0]
    rom[1][start:image.length] = b'\x10' * (image.length - start)
    rom[2]('the list of devices has no end')


@pytest.mark.parametrize('at, reason', [(0, 'no signature'), (2, 'two lengths'), (6, 'wrong checksum'),
                                        (5000, 'wrong checksum')])
def test_romtool_refuses_a_changed_byte(rom, at, reason):
    rom[1][at] ^= 0x10
    rom[2](reason)


@pytest.mark.parametrize('rom', ROMS, indirect=True)
def test_romtool_finds_each_flipped_bit_of_the_headers(rom):
    module = romtool_module()
    data = rom[1]
    for image in module.images(data):
        for at in [*range(image.at, image.at + 0x30), *range(image.at + image.pcir, image.at + image.pcir + 0x1c)]:
            for bit in range(8):
                data[at] ^= 1 << bit
                with pytest.raises(module.Damaged):
                    module.images(data)
                data[at] ^= 1 << bit


@pytest.mark.parametrize('keep', [0, 1, 0x19, 0x30, 0x44, 512, 2048, 2048 + 0x30, -512, -1])
@pytest.mark.parametrize('rom', ROMS, indirect=True)
def test_romtool_refuses_truncation(rom, keep):
    del rom[1][keep:]
    rom[2]('')


def test_romtool_makes_a_mrom_of_a_rom(rom, tmp_path):
    module, made = romtool_module(), tmp_path / 'made.mrom'
    assert romtool('--mrom', '-o', made, rom[0]).returncode == 0
    before, after = module.images(rom[1])[0], module.images(bytearray(made.read_bytes()))[0]
    assert after.length == 2048 and before.ids == after.ids
    assert before.bytes(*before.program()[:2]) == after.bytes(*after.program()[:2])
    again = romtool('--mrom', '-o', made, made)
    assert again.returncode == 1 and 'not a .rom of ours' in again.stderr


def test_romtool_joins(tmp_path):
    both = tmp_path / 'both.rom'
    assert romtool('--join', '-o', both, rom_path('virtio-net.mrom'), rom_path('rtl8139')).returncode == 0
    shown = romtool(both).stdout
    assert [line.split()[-1] for line in shown.splitlines() if line.startswith('image')] == ['PC-AT', 'other', 'PC-AT']
    assert '1af4:1000' in shown and '10ec:8139' in shown
    one = romtool('--join', '-o', both, rom_path('virtio-net.mrom'))
    assert one.returncode == 0
    with open(rom_path('virtio-net.mrom'), 'rb') as file:
        assert both.read_bytes() == file.read()


@pytest.mark.parametrize('arguments, reason', [(['a', 'b'], '--join'), (['--join', 'a'], '--output'),
                                               (['--efi', '-o', 'c', 'a'], '--ids'),
                                               (['--efi', '--join', 'a'], 'only one of')])
def test_romtool_says_what_is_missing(arguments, reason):
    result = romtool(*arguments)
    assert result.returncode == 2 and reason in result.stderr


def test_romtool_refuses_a_swapped_program(rom):
    """Two changes that the checksum does not see."""
    rom[1][5000] ^= 0xff
    rom[1][6] = (rom[1][6] - sum(rom[1])) & 0xff
    rom[2]('wrong sum of the program')


@pytest.mark.parametrize('at', [0x18, 0x1a])
def test_romtool_refuses_pointers_behind_the_end(rom, at):
    struct.pack_into('<H', rom[1], at, 0xffff)
    del rom[1][0xf000:]
    rom[2]('')


def test_romtool_reads_roms_of_others():
    """Those of QEMU's network cards and of SeaBIOS's graphics: all are sound, and a turned bit is found."""
    roms = sorted(glob.glob('/usr/lib/ipxe/qemu/pxe-*.rom') + glob.glob('/usr/share/seabios/vgabios-stdvga.bin'))
    both = sorted(glob.glob('/usr/lib/ipxe/qemu/efi-*.rom'))
    if not roms or not both:
        pytest.skip('not installed: ipxe-qemu, seabios')
    module = romtool_module()
    for rom in roms + both:
        with open(rom, 'rb') as file:
            data = bytearray(file.read())
        assert [image.code_type for image in module.images(data)] == ([0, 3] if rom in both else [0])
        data[3000] ^= 1
        with pytest.raises(module.Damaged, match='wrong checksum'):
            module.images(data)
    assert '8086:100e' in romtool('/usr/lib/ipxe/qemu/pxe-e1000.rom').stdout


def test_romtool_says_what_it_cannot_open(tmp_path):
    result = romtool(tmp_path / 'none')
    assert result.returncode == 1 and 'No such file' in result.stderr

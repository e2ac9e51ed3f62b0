"""What make makes: images with some drivers, CONFIG=, DEBUG=, and no more work than there is."""
import os
import re
import shutil
import subprocess

import pytest

from conftest import ROOT
from lib.machine import Machine
from lib.sizes import sizes, too_large

LKRN = 'bin/ipxe.lkrn'


class Tree:
    """A copy of the built tree, so that tests do not disturb each other."""

    def __init__(self, path):
        self.path = path
        shutil.copytree(ROOT, path, symlinks=True,
                        ignore=shutil.ignore_patterns('bin-host', 'bin-fuzz', 'tests'))

    def make(self, *args, ok=True):
        result = subprocess.run(['make', *args], cwd=self.path, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True)
        assert (result.returncode == 0) == ok, result.stdout
        return result.stdout

    def compiled(self, *args):
        """Objects that make compiled, without folder."""
        return {os.path.basename(line.split()[1]) for line in self.make(*args).splitlines()
                if line.startswith('  CC ')}

    def read(self, name):
        return (self.path / name).read_bytes()


@pytest.fixture
def tree(tmp_path):
    return Tree(tmp_path / 'tree')


def nics(machine):
    """What ifstat names: [(MAC, chip)]."""
    lines = machine.run('ifstat').splitlines()
    return [(line.split()[1], line.split()[3]) for line in lines if line.startswith('net')]


def test_image_has_only_the_drivers_of_its_name(tree):
    tree.make('bin/virtio_net.iso')
    tree.make('bin/8086100e--1af41000.iso')
    both = ['virtio-net-pci', 'e1000']
    with Machine('bios', str(tree.path / 'bin/virtio_net.iso'), nics=both) as machine:
        machine.shell()
        assert nics(machine) == [('52:54:00:12:34:56', 'virtio-net')]
        assert ' ok\n' in machine.run('dhcp')
    with Machine('bios', str(tree.path / 'bin/8086100e--1af41000.iso'), nics=both) as machine:
        machine.shell()
        assert {chip for _, chip in nics(machine)} == {'virtio-net', '82540em'}


def test_efi_image_with_one_driver_leaves_the_other_nic_alone(tree):
    tree.make('bin-x86_64-efi/intel.iso')
    with Machine('efi', str(tree.path / 'bin-x86_64-efi/intel.iso'),
                 nics=['virtio-net-pci', 'e1000']) as machine:
        machine.shell()
        assert nics(machine) == [('52:54:00:12:34:57', '82540em')]


def test_snponly_uses_the_nic_that_it_was_loaded_from(tree):
    tree.make('bin-x86_64-efi/snponly.efi')
    netdev = 'user,tftp=%s,bootfile=snponly.efi' % (tree.path / 'bin-x86_64-efi')
    with Machine('efi', nics=['virtio-net-pci', 'virtio-net-pci,bootindex=1'],
                 netdev=['user', netdev]) as machine:
        machine.expect(r'NBP file downloaded successfully', 90)
        machine.shell()
        assert nics(machine) == [('52:54:00:12:34:57', 'snp')]
        assert ' ok\n' in machine.run('dhcp')


def test_snponly_from_a_disk_has_no_nic(tree):
    tree.make('bin-x86_64-efi/snponly.iso')
    with Machine('efi', str(tree.path / 'bin-x86_64-efi/snponly.iso')) as machine:
        machine.shell()
        assert 'Not loaded over the network: snponly has no NIC to use\n' in machine.plain
        assert nics(machine) == []


@pytest.mark.parametrize('goal, text', [
    ('bin/virtio-nt.lkrn', 'bin/virtio-nt: no such driver, ROM name or PCI id. Drivers here are intel, '),
    ('bin/intel--8086ffff.pxe', 'bin/8086ffff: no such driver'),
    ('bin/snp.lkrn', 'bin/snp: no such driver'),
])
def test_mistyped_element_says_what_there_is(tree, goal, text):
    out = tree.make(goal, ok=False)
    assert text in out and 'list-drivers' in out
    assert not (tree.path / goal).exists()


def test_goals_and_variables_of_others_are_refused_with_a_reason():
    for goal, text in (('bin/ipxe.vhd', 'bin/ipxe.vhd: no such format. In bin/ there are .lkrn, .pxe, '),
                       ('bin-x86_64-efi/ipxe.rom', 'In bin-x86_64-efi/ there are .efi, .efidrv, .efirom, '),
                       ('bin-i386-efi/ipxe.efi', 'images for BIOS are in bin/, for 64-bit UEFI in bin-x86_64-efi/'),
                       ('TRUST=ca.pem', 'TRUST=ca.pem: there is no HTTPS'), ('CERT=ca.pem', 'CERT=ca.pem: there is no HTTPS')):
        result = subprocess.run(['make', '-n', goal], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        assert result.returncode == 2 and text in result.stderr, result.stderr
    for goal in ('bin/ipxe.lkrn.elf', 'bin/util/pack', 'bin/obj/core/uri.o', 'EMBEDDED_IMAGE=README.md'):
        subprocess.run(['make', '-n', goal], cwd=ROOT, stdout=subprocess.DEVNULL, check=True)


def test_commands_are_shown_and_warnings_let_be_warnings(tree):
    goal, source = 'bin/obj/core/uri.o', tree.path / 'src/core/uri.c'
    source.write_text(source.read_text() + 'static int of_no_use;\n')
    command = '-c -o %s src/core/uri.c' % goal
    out = tree.make(goal, ok=False)
    assert 'error: ' in out and '  CC       %s\n' % goal in out and command not in out
    out = tree.make(goal, 'NO_WERROR=1', 'V=1')
    assert 'warning: ' in out and command in out and '-Werror' not in out and '  CC ' not in out


def test_rom_has_the_ids_of_its_elements_the_first_one_in_front():
    result = subprocess.run(['make', '-n', 'bin/808610d3--10ec8139--82540em.rom', 'bin/virtio-net.mrom', 'bin/ipxe.rom'],
                            cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    for line in ('--ids 808610d3,10ec8139,8086100e bin/808610d3--10ec8139--82540em.rom', '--ids 1af41000,1af41041 bin/virtio-net.mrom',
                 '--ids 00000000 bin/ipxe.rom'):
        assert line in result.stdout, line


def test_lists_name_drivers_and_formats(tree):
    drivers = tree.make('list-drivers')
    for line in ('virtio-net   BIOS UEFI', '    8086100e 82540em', '    10ec8139 rtl8139', 'snponly      UEFI'):
        assert line in drivers
    formats = tree.make('list-formats')
    assert 'bin/ELEMENTS.lkrn ' in formats and 'bin-x86_64-efi/ELEMENTS.efi ' in formats


def test_named_configuration_compiles_only_what_depends_on_it(tree):
    plain = tree.read(LKRN)
    out = tree.make(LKRN, 'CONFIG=nosuch', ok=False)
    assert 'CONFIG=nosuch: no config/nosuch/*.h' in out and 'qemu' in out
    tree.make(LKRN)
    assert tree.read(LKRN) == plain

    compiled = tree.compiled(LKRN, 'CONFIG=qemu')
    assert 'main.o' in compiled and not compiled & {'tcp.o', 'intel.o', 'settings.o'}
    assert tree.read(LKRN) != plain

    # config/local comes after config/<name>, config/local/<name> after both.
    local = tree.path / 'config/local'
    (local / 'mine').mkdir()
    (local / 'general.h').write_text('#undef PING_CMD\n#undef NTP_CMD\n')
    (local / 'mine/general.h').write_text('#define NTP_CMD\n')
    tree.make(LKRN, 'CONFIG=mine')
    objects = tree.read('bin/ipxe.list').decode()
    assert 'ntp_cmd.o' in objects and 'ping_cmd.o' not in objects
    report = tree.make('config-report', 'CONFIG=mine')
    assert 'off          (config/local/general.h) ' in report
    assert 'on           (config/local/mine/general.h) ' in report

    (local / 'general.h').write_text('')
    tree.make(LKRN)
    assert tree.read(LKRN) == plain


def test_rom_without_a_prompt_in_the_self_test(tree):
    """The other prompt, that of the program, is a switch of its own."""
    prompt = b'Press Ctrl-B to configure'
    assert prompt in tree.read('bin/virtio-net.rom')
    report = tree.make('config-report', 'CONFIG=qemu')
    assert re.search(r' ROM_BANNER_TIMEOUT +0 +\(config/qemu/general\.h\)', report)
    tree.make('bin/virtio-net.rom', 'CONFIG=vbox')
    assert prompt not in tree.read('bin/virtio-net.rom')
    with Machine('bios', extra=['-boot', 'n', '-device', 'virtio-net-pci,romfile=%s/bin/virtio-net.rom' % tree.path],
                 nics=()) as machine:
        machine.shell()
        assert 'menu: command not found' in machine.run('menu')


def test_debug_puts_log_lines_in(tree):
    assert 'no image has a file of that name' in tree.make('DEBUG=nosuch', ok=False)
    for wrong in ('tcp:9', 'tcp:0', 'tcp:1:2', 'tcp:2:x'):
        assert 'levels are 1 to 3' in tree.make('DEBUG=' + wrong, ok=False)
    for left in (tree.path / 'bin/obj').rglob('*.log??.o'):
        left.unlink()
    tree.make(LKRN)
    plain = tree.read(LKRN)
    compiled = tree.compiled(LKRN, 'DEBUG=dhcp:2,pci,tcp:2:0,netif,arp,fetch,tftp:2,nbp')
    assert {'dhcp.log22.o', 'pci.log11.o', 'tcp.log20.o'} <= compiled and not compiled & {'dhcp.o', 'tcp.o'}
    # The assembler of a module has no lines.
    assert 'nbp.log11.o' in compiled and not any(name.startswith('nbp_launch.log') for name in compiled)
    iso = str(tree.path / 'debug.iso')
    subprocess.run(['./util/genfsimg', '-o', iso, LKRN], cwd=tree.path, check=True)
    # A program that returns.
    (tree.path / 'boot.0').write_bytes(b'\x31\xc0\xcb')
    with Machine('bios', iso, netdev=['user,tftp=%s' % tree.path]) as machine:
        machine.shell()
        assert re.search(r'\[ *\d+\.\d{6}\] pci: 00:\S+: virtio-net takes virtio-net\n', machine.plain)
        assert '] netif: net0: virtio-net at 0000:00:03.0, 52:54:00:12:34:56\n' in machine.plain
        assert '] netif: net0: link up\n' in machine.plain
        out = machine.run('dhcp')
        assert '] netif: net0: open\n' in out
        assert '] dhcp: net0: answer of type 2' in out and '] dhcp: net0: acknowledged\n' in out
        # From the URI to the program's end.
        said = re.findall(r'\] (.*)', machine.run('chain tftp://10.0.2.2/boot.0'))
        expected = [r'fetch: begins: tftp://10\.0\.2\.2/boot\.0', r'tftp: asks 10\.0\.2\.2:69 for boot\.0',
                    r'arp: net0: 10\.0\.2\.2 is [0-9a-f:]{17}', r'tftp: agreed: blksize 1428, windowsize 1, tsize 3',
                    r'tftp: ends after 3 bytes in blocks of 1428: complete', r'fetch: ends after 3 bytes: complete',
                    r'nbp: boot\.0: 3 bytes to 0000:7c00, .*', r'netif: net0: closed; .*', r'netif: net0: open',
                    r'nbp: boot\.0: returned, status 0x00']
        assert len(said) == len(expected) and all(map(re.fullmatch, expected, said)), said
        # Switched at the shell.
        assert 'tcp:0 of 2\n' in machine.run('log') and 'dhcp:2 of 2\n' in machine.run('log')
        assert 'connects to' not in machine.run('imgfetch http://10.0.2.2:1/x ||')
        assert 'No log lines of "tc" in this image' in machine.run('log tc:1')
        assert not machine.run('log tcp:1 dhcp:1').strip()
        assert re.search(r'\] tcp: port \d+: connects to', machine.run('imgfetch http://10.0.2.2:1/x ||'))
        out = machine.run('dhcp')
        assert 'answer of type' not in out and '] dhcp: net0: acknowledged\n' in out
    assert not tree.compiled(LKRN)
    assert tree.read(LKRN) == plain


def test_same_sources_give_the_same_images(tree, tmp_path):
    goals = [LKRN, 'bin-x86_64-efi/ipxe.efi', 'bin/intel.pxe']
    tree.make(*goals)
    images = [tree.read(goal) for goal in goals]
    shutil.rmtree(tree.path / 'bin')
    shutil.rmtree(tree.path / 'bin-x86_64-efi')
    tree.make('-j2', *goals)
    assert [tree.read(goal) for goal in goals] == images


def test_no_image_is_larger_than_it_may_be():
    assert not too_large(sizes(ROOT))


def prerequisites(database):
    """{target: prerequisites, order-only ones too} of what "make --print-data-base" prints."""
    found = {}
    for line in database.splitlines():
        match = re.fullmatch(r'([^\s#:=|%]+)::? *([^=]*)', line)
        if match:
            found.setdefault(match[1], set()).update(match[2].replace('|', ' ').split())
    return found


def test_from_a_clean_tree_nothing_is_compiled_before_what_it_includes(tmp_path):
    """Any goal alone: a file that a built tree's object was made of, and that a clean tree does not have, must be
    a prerequisite of the object by the Makefile alone."""
    tree = tmp_path / 'clean'
    shutil.copytree(ROOT, tree, symlinks=True, ignore=shutil.ignore_patterns('bin', 'bin-*', 'tests'))
    goals = ['bin/ipxe.' + name for name in ('lkrn', 'pxe', 'kpxe', 'kkpxe', 'rom', 'mrom', 'dsk')]
    goals += ['bin/undionly.kpxe', 'bin/virtio-net.comborom', 'bin-x86_64-efi/ipxe.efi', 'bin-x86_64-efi/ipxe.efidrv']
    result = subprocess.run(['make', '--dry-run', '--print-data-base', *goals], cwd=tree, stdout=subprocess.PIPE, text=True,
                            check=True)
    rules = prerequisites(result.stdout)

    def all_of(target, seen):
        for name in rules.get(target, ()):
            if name not in seen:
                seen.add(name)
                all_of(name, seen)
        return seen

    objects = [target for target in rules if target.startswith('bin') and target.endswith('.o')]
    looked_at = generated = 0
    for target in objects:
        depends = os.path.join(ROOT, target[:-2] + '.d')
        if os.path.exists(depends):
            with open(depends, encoding='utf-8') as file:
                includes = file.read().partition('\n\n')[0].replace('\\\n', ' ').partition('\n')[0].split()[1:]
            missing = {name for name in includes if not (tree / name).exists()}
            assert missing <= all_of(target, set()), '%s needs %s first' % (target, missing)
            looked_at += 1
            generated += len(missing)
    # Else there is nothing to be seen.
    assert looked_at > 200 and generated >= 10, (looked_at, generated)


def test_nothing_is_made_twice(tree):
    goals = ['all', 'bin/intel.pxe', 'bin-x86_64-efi/intel.efi']
    tree.make(*goals)
    out = tree.make(*goals)
    assert '  ' not in out, out


def test_makes_at_once_do_not_disturb_each_other(tree):
    """What each make looks at anew, and writes if it has changed."""
    names = ['bin/version.h', 'bin/embed.S', 'bin/ipxe.list', 'bin/slot/length', 'bin/slot/lkrn.bin']
    tree.make(*names)
    before = [tree.read(name) for name in names[:4]]
    for _ in range(2):
        for name in names:
            (tree.path / name).unlink(missing_ok=True)
        makes = [subprocess.Popen(['make', *names], cwd=tree.path, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True) for _ in range(4)]
        for make in makes:
            out = make.communicate()[0]
            assert make.returncode == 0, out
        assert [tree.read(name) for name in names[:4]] == before
        assert not list(tree.path.glob('bin*/**/*.new'))

"""Boot sectors and network bootstrap programs as images on BIOS: what they find, what they may overwrite, and coming back
from them. pxelinux and GRUB through the PXE ROM that has loaded us; programs of our own that take all they are told is free."""
import hashlib
import os
import shutil
import subprocess

import pytest

from conftest import ROOT
from lib.linux import initramfs, noise, package, package_path
from lib.machine import Machine
from lib.server import Server

GUEST = os.path.join(ROOT, 'tests/qemu/guest')
MBR = '/usr/lib/syslinux/mbr/mbr.bin'

# Prints through INT 10h and the serial port, as a boot sector does; then what the test is about.
PROGRAM = '''
    .code16
    .globl _start
_start:
    movw %%cs, %%ax
    movw %%ax, %%ds
    movw $text, %%si
    movw $0x3f8, %%dx
1:  lodsb
    outb %%al, %%dx
    cmpb $'\\n', %%al
    jne 1b
    %s
text: .ascii "hello from the program\\r\\n"
'''


def assemble(source, folder):
    """A program for 0000:7c00 from the text of its source, or from a file of tests/qemu/guest."""
    if not source.endswith('.S'):
        path = os.path.join(folder, 'program.S')
        with open(path, 'w', encoding='ascii') as file:
            file.write(source)
    else:
        path = os.path.join(GUEST, source)
    objects, linked = os.path.join(folder, 'program.o'), os.path.join(folder, 'program')
    subprocess.run(['gcc', '-m32', '-c', '-o', objects, path], check=True)
    subprocess.run(['ld', '-m', 'elf_i386', '-Ttext', '0x7c00', '--oformat', 'binary', '-o', linked, objects], check=True)
    with open(linked, 'rb') as file:
        return file.read()


def test_program_returns_to_the_script(script_iso, tmp_path):
    """Status 0, another one, INT 18h; memory, interfaces and screen are as before."""
    programs = {'/good': 'xorw %ax, %ax\n lretw', '/bad': 'movw $0x1234, %ax\n lretw', '/give-up': 'int $0x18',
                # Protected mode, another stack and GDT, A20 off, graphics: nothing is left as it was.
                '/wild': '''cli
                    lgdtl gdtr
                    movl %cr0, %eax
                    orb $1, %al
                    movl %eax, %cr0
                    movw $8, %ax
                    movw %ax, %ds
                    movw $16, %ax
                    ltr %ax
                    movl %cr0, %eax
                    andb $0xfe, %al
                    movl %eax, %cr0
                    xorw %ax, %ax
                    movw %ax, %ds
                    movw %ax, %ss
                    movw $0x7000, %sp
                    inb $0x92, %al
                    andb $0xfc, %al
                    outb %al, $0x92
                    movw $0x0013, %ax
                    int $0x10
                    int $0x18
                    .balign 8
                gdt: .quad 0, 0x000093000000ffff, 0x0000890080000067
                gdtr: .word 23
                    .long gdt'''}
    routes = {path: assemble(PROGRAM % code, str(tmp_path)) for path, code in programs.items()}
    body = noise(3 << 20, 1)
    digest = hashlib.sha256(body).hexdigest()
    with Server(dict(routes, **{'/body': body})) as server:
        iso = script_iso('''
dhcp
imgfetch %(url)s/body
chain --autofree %(url)s/good && echo good: ${errno} || echo good failed
chain --autofree %(url)s/bad && echo bad succeeded || echo bad: ${errno}
chain --autofree %(url)s/give-up && echo give-up succeeded || echo give-up: ${errno}
chain --autofree %(url)s/wild && echo wild succeeded || echo wild: ${errno}
imgstat
sha256sum body
imgfetch --name again --sha256 %(digest)s %(url)s/body && echo the network works
shell
''' % {'url': server.url(''), 'digest': digest})
        with Machine('bios', iso) as machine:
            machine.expect_boot()
            hello = r'hello from the program\s+'
            machine.expect(hello + r'good: 0x0+\n', 60)
            machine.expect(hello + r'Could not boot: .*7f04a134\)\n  bad ended with status 0x1234\nbad: 0x7f04a134\n')
            machine.expect(hello + r'Could not boot: .*7f04a200\)\n  give-up gave up \(INT 18h\)\ngive-up: 0x7f04a200\n')
            machine.expect(hello + r'(?s:.*)  wild gave up \(INT 18h\)\nwild: 0x7f04a200\n')
            machine.expect(r'body : 3145728 bytes\n' + digest + r'  body\n')
            machine.expect(r'body\.\.\..* ok\nthe network works\n')
            machine.expect(r'Lanyard> ')
            # Screen and keyboard.
            machine.type('echo typed\n')
            machine.expect(r'typed\n')
            machine.expect_screen(r'(?m)^typed$')


@pytest.mark.parametrize('memory', [64, 512, 5120])
def test_what_is_told_to_be_free_is(plain_iso, memory, tmp_path):
    """A program that overwrites all of it: images and we are still there. It is told of nearly all memory."""
    body = noise(16 << 20, memory)
    digest = hashlib.sha256(body).hexdigest()
    with Server({'/body': body, '/fill': assemble('fill.S', str(tmp_path))}) as server, \
            Machine('bios', plain_iso, memory=memory) as machine:
        machine.shell()
        assert ' ok\n' in machine.run('dhcp && imgfetch %s' % server.url('/body'), 60)
        out = machine.run('chain %s' % server.url('/fill'), 120)
        assert 'filled\n' in out and 'Could not' not in out
        ranges = [(int(f[0] + f[1], 16), int(f[2] + f[3], 16), int(f[4], 16))
                  for f in (line.split()[1:] for line in out.splitlines() if line.startswith('range '))]
        usable = sum(size for _, size, kind in ranges if kind == 1)
        assert usable > (memory - 16 - 8) << 20
        base_kb = int(out.partition('base ')[2][:8], 16)
        assert [base_kb * 1024] == [size for start, size, kind in ranges if kind == 1 and start == 0]
        assert 600 < base_kb < 636
        low, high = (int(word, 16) for word in out.partition('e801 ')[2].split('\n')[0].split())
        from_1m = next(size for start, size, kind in ranges if kind == 1 and start == 1 << 20)
        assert low == min(from_1m >> 10, 15360) and high == max(from_1m - (15 << 20), 0) >> 16
        assert int(out.partition('\n88 ')[2][:8], 16) == min(low + high * 64, 0xffff)
        assert machine.run('sha256sum body', 60) == digest + '  body\n'
        # As many pages as there are, again.
        assert ' ok\n' in machine.run('imgfetch --name again %s && imgfree body' % server.url('/body'), 60)
        assert machine.run('sha256sum again', 60) == digest + '  again\n'
        assert '[PXE-NBP]' in machine.run('imgstat fill')


def test_master_boot_record(plain_iso):
    """Syslinux' own, with nothing to boot."""
    if not os.path.exists(MBR):
        pytest.skip('no ' + MBR)
    with open(MBR, 'rb') as file, Server({'/mbr': file.read()}) as server, Machine('bios', plain_iso) as machine:
        machine.shell()
        out = machine.run('dhcp && chain %s' % server.url('/mbr'))
        assert 'mbr gave up (INT 18h)\n' in out
        machine.expect_screen(r'(?m)^Missing operating system')


def test_what_is_no_program_is_not_run(plain_iso):
    pxelinux = package('pxelinux', 'usr/lib/PXELINUX/pxelinux.0')
    large = b'\xfa' * ((0xa0000 - 0x7c00) - 4096)
    routes = {'/page': b'<!DOCTYPE html>\n<html>\n', '/gz': b'\x1f\x8b\x08' + bytes(500), '/large': large,
              '/huge': large + bytes(8192), '/pxelinux.0': pxelinux,
              '/efi': package('systemd-boot-efi', 'usr/lib/systemd/boot/efi/systemd-bootx64.efi')}
    with Server(routes) as server, Machine('bios', plain_iso) as machine:
        machine.shell()
        machine.run('dhcp')
        for name, why in (('page', r'page begins with "<!DOCTYPE html>": no script'), ('gz', r'gz begins with'),
                          ('huge', r'huge begins with'), ('efi', r'efi begins with "MZ'),
                          ('large', r'large needs base memory up to 0x9f000, but it ends at 0x9[0-9a-f]{4}\n'),
                          ('pxelinux.0', r'pxelinux\.0 needs a PXE API: no PXE ROM is kept, and one of our own is not built in\n')):
            machine.send('chain --autofree %s\n' % server.url('/' + name))
            machine.expect(r'Could not boot: .*\n  ' + why, 60)
            machine.expect(r'Lanyard> ')


@pytest.fixture
def tftp(tmp_path):
    """Folder of the ROM's TFTP server with our images in it."""
    for name in ('undionly.kpxe', 'undionly.kkpxe', 'ipxe.kkpxe', 'ipxe.pxe'):
        shutil.copy(os.path.join(ROOT, 'bin', name), tmp_path)
    (tmp_path / 'hello.txt').write_text('text over TFTP\n')
    return tmp_path


def loaded_by_rom(folder, image, nic):
    return Machine('bios', nics=[nic], netdev=['user,restrict=on,tftp=%s,bootfile=%s' % (folder, image)],
                   extra=['-boot', 'n'], nic_roms=True)


@pytest.mark.parametrize('nic, program', [('virtio-net-pci', 'pxelinux.0'), ('e1000', 'lpxelinux.0'), ('rtl8139', 'pxelinux.0')])
def test_pxelinux_boots_linux_through_the_rom(tftp, nic, program):
    """pxelinux.0 uses the ROM's base code, lpxelinux.0 its UNDI and a stack of its own."""
    shutil.copy(package_path('pxelinux', 'usr/lib/PXELINUX/' + program), tftp)
    shutil.copy('/usr/lib/syslinux/modules/bios/ldlinux.c32', tftp)
    (tftp / 'vmlinuz').write_bytes(package('linux-image-amd64', 'boot/vmlinuz-*'))
    (tftp / 'initrd').write_bytes(initramfs())
    (tftp / 'pxelinux.cfg').mkdir()
    (tftp / 'pxelinux.cfg/default').write_text('DEFAULT l\nLABEL l\nKERNEL vmlinuz\nINITRD initrd\nAPPEND console=ttyS0 quiet\n')
    with loaded_by_rom(tftp, 'undionly.kkpxe', nic) as machine:
        machine.shell()
        machine.send('chain %s\n' % program)
        machine.expect(r'guest: cmdline BOOT_IMAGE=vmlinuz console=ttyS0 quiet', 150)
        machine.expect(r'guest: end')


def test_grub_reads_through_the_rom_and_comes_back(tftp):
    modules = package_path('grub-pc-bin', 'usr/lib/grub/i386-pc')
    config = tftp / 'grub.cfg'
    config.write_text('serial\nterminal_output serial\ncat (pxe)/hello.txt\nexit\n')
    subprocess.run(['grub-mkimage', '-d', modules, '-O', 'i386-pc-pxe', '-p', '(pxe)', '-c', str(config), '-o',
                    str(tftp / 'grub.0'), 'pxe', 'tftp', 'serial', 'terminal', 'cat', 'minicmd'], check=True)
    with loaded_by_rom(tftp, 'undionly.kkpxe', 'e1000') as machine:
        machine.shell()
        out = machine.run('chain grub.0', 60)
        assert 'text over TFTP\n' in out and out.endswith('  grub.0 gave up (INT 18h)\n')
        assert ' ok\n' in machine.run('imgfetch hello.txt', 60)
        assert 'Configuring' in machine.run('dhcp', 60)
        assert ' ok\n' in machine.run('imgfetch tftp://10.0.2.2/hello.txt', 60)


@pytest.mark.parametrize('nic', ['virtio-net-pci', 'e1000'])
def test_another_of_us_returns(tftp, nic):
    """The other one has its core and its images where ours would be. It leaves the ROM as it was."""
    with loaded_by_rom(tftp, 'undionly.kkpxe', nic) as machine:
        machine.shell()
        machine.run('set outer yes')
        for status, last in (('0', ''), ('3', '  undionly.kkpxe ended with status 0x01\n')):
            machine.send('chain --autofree undionly.kkpxe\n')
            machine.shell()
            assert machine.run('echo inner ${outer} ${net0/ip}') == 'inner  10.0.2.15\n'
            assert ' ok\n' in machine.run('imgfetch hello.txt', 60)
            machine.send('exit %s\n' % status)
            machine.expect(last.replace('.', r'\.') + r'Lanyard> ')
            assert machine.run('echo outer ${outer} ${net0/ip}') == 'outer yes 10.0.2.15\n'
            assert ' ok\n' in machine.run('imgfetch hello.txt', 60)


@pytest.mark.parametrize('image, other', [('undionly.kpxe', 'undionly.kpxe'), ('ipxe.kkpxe', 'ipxe.pxe')])
def test_rom_that_was_sent_away_is_missed(tftp, image, other):
    with loaded_by_rom(tftp, image, 'e1000') as machine:
        machine.shell()
        machine.send('chain %s\n' % other)
        machine.shell()
        assert ' ok\n' in machine.run('dhcp && imgfetch tftp://10.0.2.2/hello.txt', 60)
        machine.send('exit\n')
        machine.expect(r'The PXE ROM does not answer any more: \S.*\n')
        machine.expect(r'%s gave up \(INT 18h\)\nLanyard> ' % other.replace('.', r'\.'))
        assert machine.run('ifstat') == ''
        machine.expect_screen(r'The PXE ROM does not answer any more')

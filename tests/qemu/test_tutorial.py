"""The three scripts of the tutorial, word for word: EMBED, a script over HTTP, edit and try again."""
import shutil
import subprocess
import time

from conftest import ROOT
from lib.machine import Machine
from lib.server import Server

HELLO = '#!ipxe\necho hello world!\necho sleeping for 5 seconds ....\nsleep 5\n'


def expect_handed_back(machine):
    """After a script that ended well: the BIOS's next boot device, UEFI's next boot option."""
    if machine.firmware == 'bios':
        machine.expect_screen(r'No bootable device')
    else:
        machine.expect(r'BdsDxe: failed to start Boot\d+ .*: Aborted')
        machine.expect(r'>>Start PXE|BdsDxe: (loading|starting)')


def embed(tmp_path, script):
    """Build an ISO with EMBED=, in a copy of the build tree so that tests do not disturb others."""
    tree = tmp_path / 'tree'
    shutil.copytree(ROOT, tree, symlinks=True,
                    ignore=shutil.ignore_patterns('bin-host', 'bin-fuzz', 'tests'))
    (tree / 'boot.ipxe').write_text(script)
    result = subprocess.run(['make', 'bin/ipxe.lkrn', 'bin-x86_64-efi/ipxe.efi', 'EMBED=boot.ipxe'],
                            cwd=tree, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert result.returncode == 0, result.stdout
    subprocess.run(['./util/genfsimg', '-o', 'ipxe.iso', 'bin/ipxe.lkrn', 'bin-x86_64-efi/ipxe.efi'],
                   cwd=tree, check=True)
    return str(tree / 'ipxe.iso'), result.stdout


def test_embedded_script_chains_over_http_and_gives_control_back(firmware, tmp_path):
    with Server({'/boot-http.ipxe': HELLO}) as server:
        iso, log = embed(tmp_path, '#!ipxe\necho Configure dhcp ....\ndhcp\nchain %s\n'
                         % server.url('/boot-http.ipxe'))
        # Only what depends on EMBED is built again.
        assert log.count('EMBED') == 2 and ' CC ' not in log
        with Machine(firmware, iso) as machine:
            machine.expect_boot()
            machine.expect(r'Configure dhcp \.\.\.\.\n')
            machine.expect(r'Configuring \(net0 52:54:00:12:34:56\)\.\.\.+ ok\n')
            machine.expect(r'/boot-http\.ipxe\.\.\. ok\n')
            machine.expect(r'hello world!\n')
            machine.expect(r'sleeping for 5 seconds \.\.\.\.\n')
            start = time.monotonic()
            expect_handed_back(machine)
            assert 4.5 < time.monotonic() - start < 9
        assert server.paths() == ['/boot-http.ipxe']


def test_script_is_edited_on_the_server_and_tried_again(boot_script):
    with Server({'/loop.ipxe': '#!ipxe\necho first version\n'}) as server:
        script = ('dhcp\nset uri %s\n:loading\nprompt Press any key to continue loading from ${uri}\n'
                  'chain ${uri} ||\ngoto loading\n' % server.url('/loop.ipxe'))
        with boot_script(script) as machine:
            machine.expect_boot()
            machine.expect(r'Press any key to continue loading from http://', 30)
            for version in ('first', 'second', 'third'):
                server.routes['/loop.ipxe'] = ('#!ipxe\necho %s version\n' % version).encode()
                machine.key('ret')
                machine.expect(version + r' version\n')
                machine.expect(r'Press any key to continue loading from http://')
            del server.routes['/loop.ipxe']
            machine.key('ret')
            machine.expect(r'/loop\.ipxe\.\.\. Not found \(https://ipxe\.org/2d0c61')
            machine.expect(r'Press any key to continue loading from http://')


def test_banner_prompt_and_autoboot_without_a_key(firmware, plain_iso):
    with Machine(firmware, plain_iso) as machine:
        machine.expect_boot()
        machine.expect(r'Lanyard \d+\.\d+\.\d+.* -- Network Boot Firmware')
        machine.expect(r'Features: .*HTTP')
        machine.expect(r'Press Ctrl-B for the Lanyard command line\.\.\.')
        start = time.monotonic()
        machine.expect(r'net0: 52:54:00:12:34:56 using virtio-net on 0000:00:03\.0 \(Ethernet\) \[open\]', 10)
        assert 1.5 < time.monotonic() - start < 4
        machine.expect(r'Configuring \(net0 52:54:00:12:34:56\)\.\.\.+ ok\n')
        machine.expect(r'net0: 10\.0\.2\.15/255\.255\.255\.0 gw 10\.0\.2\.2\n')
        machine.expect(r'Nothing to boot: No such file or directory \(https://ipxe\.org/2d03e1')
        machine.expect(r'No more network devices\n')


def test_genfsimg_script_needs_no_build(boot_script):
    with boot_script('echo no build was needed\nshell\n') as machine:
        machine.expect_boot()
        machine.expect(r'no build was needed\n')
        machine.expect(r'Lanyard> ')


def test_several_embedded_files(tmp_path, firmware):
    other = tmp_path / 'other.ipxe'
    other.write_text('#!ipxe\necho second file\n')
    tree = tmp_path / 'tree'
    iso, _ = embed(tmp_path, '#!ipxe\nimgstat\nchain other.ipxe ||\nshell\n')
    shutil.copy(other, tree / 'other.ipxe')
    subprocess.run(['make', '-s', 'bin/ipxe.lkrn', 'bin-x86_64-efi/ipxe.efi', 'EMBED=boot.ipxe,other.ipxe'],
                   cwd=tree, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(['./util/genfsimg', '-o', 'ipxe.iso', 'bin/ipxe.lkrn', 'bin-x86_64-efi/ipxe.efi'],
                   cwd=tree, check=True)
    with Machine(firmware, iso) as machine:
        machine.expect_boot()
        machine.expect(r'other\.ipxe : 24 bytes \[script\]')
        machine.expect(r'second file\n')
        machine.expect(r'Lanyard> ')

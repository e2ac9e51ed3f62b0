"""TFTP against real servers: QEMU's own on user networking, dnsmasq on a wire of its own, and one with windows
(lib/tftp.py, which can also be odd)."""
import os
import random

import pytest

from lib.lan import NETWORK, Lan, need
from lib.machine import Machine
from lib.tftp import Server
from lib.wire import Wire

POOL = '--dhcp-range=%s100,%s110,255.255.255.0' % (NETWORK, NETWORK)


def test_autoboot_from_dhcp_filename(firmware, plain_iso, tmp_path):
    (tmp_path / 'boot.ipxe').write_text('#!ipxe\necho from ${cwuri}\nchain sub/next.ipxe || shell\n')
    (tmp_path / 'sub').mkdir()
    (tmp_path / 'sub/next.ipxe').write_text('#!ipxe\necho next from ${cwduri}\nimgfetch nothere || shell\n')
    netdev = 'user,tftp=%s,bootfile=boot.ipxe,restrict=on' % tmp_path
    with Machine(firmware, plain_iso, netdev=[netdev]) as machine:
        machine.expect_boot()
        machine.expect(r'Next server: 10\.0\.2\.2\nFilename: boot\.ipxe\n')
        machine.expect(r'tftp://10\.0\.2\.2/boot\.ipxe\.\.\. ok\n')
        machine.expect(r'boot\.ipxe : \d+ bytes \[script\]')
        machine.expect(r'from tftp://10\.0\.2\.2/boot\.ipxe\n')
        machine.expect(r'tftp://10\.0\.2\.2/sub/next\.ipxe\.\.\. ok\n')
        machine.expect(r'next from tftp://10\.0\.2\.2/sub/\n')
        machine.expect(r'tftp://10\.0\.2\.2/sub/nothere\.\.\. Not found \(https://ipxe\.org/2d1261[0-9a-f]{2}\)\n')
        machine.expect(r'Lanyard> ')


def test_slirp_files_and_errors(firmware, plain_iso, tmp_path):
    body = random.Random(1).randbytes(3 << 20)
    (tmp_path / 'file').write_bytes(body)
    (tmp_path / 'empty').write_bytes(b'')
    with Machine(firmware, plain_iso, netdev=['user,tftp=%s,restrict=on' % tmp_path]) as machine:
        machine.shell()
        assert ' ok\n' in machine.run('dhcp')
        assert machine.run('show -q cwuri') == 'tftp://10.0.2.2/\n'
        assert 'tftp://10.0.2.2/file... ok\n' in machine.run('imgfetch file', 60)
        assert ' ok\n' in machine.run('imgfetch tftp://10.0.2.2/empty')
        out = machine.run('imgstat')
        assert 'file : %d bytes' % len(body) in out and 'empty : 0 bytes' in out
        assert machine.holds(body), 'the file is not in memory as it was sent'
        out = machine.run('imgfetch tftp://10.0.2.2/nothere')
        assert 'Not found (https://ipxe.org/2d1261' in out and 'the server says: 1 ' in out


@pytest.fixture
def lan():
    with Lan() as lan:
        yield lan


def test_dnsmasq(firmware, plain_iso, tmp_path, lan):
    root = tmp_path / 'root'
    root.mkdir()
    body = random.Random(2).randbytes(40 << 20)
    # More than 65535 blocks of 512 bytes.
    (root / 'large file').write_bytes(body)
    (root / 'boot.ipxe').write_text('#!ipxe\necho script from ${next-server} ran\nshell\n')
    (root / 'secret').write_text('x')
    os.chmod(root / 'secret', 0)
    for path in (tmp_path, root, root / 'large file', root / 'boot.ipxe'):
        os.chmod(path, 0o755)
    log = lan.dnsmasq(1, POOL, '--enable-tftp', '--tftp-root=%s' % root, '--dhcp-boot=boot.ipxe')
    lan.wait_for(log, 'TFTP root')
    with lan.attach(Machine(firmware, plain_iso, netdev=[lan.netdev])) as machine:
        machine.expect_boot()
        machine.expect(r'tftp://10\.9\.0\.1/boot\.ipxe\.\.\. ok\n')
        machine.expect(r'script from 10\.9\.0\.1 ran\n')
        machine.expect(r'Lanyard> ')
        assert ' ok\n' in machine.run('imgfetch large%20file', 120)
        assert 'large file : %d bytes' % len(body) in machine.run('imgstat')
        assert machine.holds(body), 'the file is not in memory as it was sent'
        assert 'Not found' in machine.run('imgfetch nothere')
        # Ctrl-C: the server is told at once, if it has begun to send.
        machine.send('imgfetch large%20file again\n')
        machine.expect(r'tftp://10\.9\.0\.1/large%20file\.\.\. *\d+%')
        machine.send('\x03')
        machine.expect(r'Operation canceled')
        machine.expect(r'Lanyard> ')
        # Nobody listens there.
        assert 'Connection refused' in machine.run('imgfetch tftp://10.9.0.1:70/file', 5)
    lan.wait_for(log, 'TFTP Aborted')


def test_atftpd(plain_iso, tmp_path, lan):
    """A server of a distribution that knows windows."""
    need('atftpd')
    body = random.Random(4).randbytes(16 << 20)
    (tmp_path / 'file').write_bytes(body)
    log = lan.dnsmasq(1, POOL, '--dhcp-option=option:server-ip-address,%s1' % NETWORK)
    lan.wait_for(log, 'DHCP, IP range')
    messages = os.path.join(lan.work, 'atftpd.log')
    with open(messages, 'w', encoding='utf-8') as output:
        lan.spawn(lan.namespaces[1], 'atftpd', '--daemon', '--no-fork', '--user', 'root', '--group', 'root', '--verbose=7',
                  '--trace', '--logfile', '-', '--bind-address', NETWORK + '1', str(tmp_path), stdout=output)
    with lan.attach(Machine('bios', plain_iso, netdev=[lan.netdev])) as machine:
        machine.shell()
        assert ' ok\n' in machine.run('dhcp')
        assert ' ok\n' in machine.run('imgfetch tftp://%s1/file' % NETWORK, 60)
        assert 'file : %d bytes' % len(body) in machine.run('imgstat')
        assert machine.holds(body), 'the file is not in memory as it was sent'
        assert 'Not found' in machine.run('imgfetch tftp://%s1/nothere' % NETWORK)
    with open(messages, encoding='utf-8', errors='replace') as said:
        assert 'windowsize: 128' in said.read()


@pytest.mark.parametrize('cell', [{'delay_ms': 10}, {'loss': 0.01, 'delay_ms': 2}, {'dup': 0.05, 'reorder': 0.05, 'delay_ms': 2},
                                  {'corrupt': 0.01}], ids=lambda cell: '-'.join(cell))
@pytest.mark.parametrize('window', [1, 65535])
def test_bad_wires(plain_iso, cell, window):
    body = random.Random(3).randbytes((16 << 20) if window > 1 else (512 << 10))
    with Wire(**cell) as wire, Server({'file': body}, host=wire.host, window=window) as server, \
            Machine('bios', plain_iso, netdev=[wire.netdev]) as machine:
        machine.shell()
        assert ' ok\n' in machine.run('dhcp || dhcp || dhcp', 60)
        assert ' ok\n' in machine.run('imgfetch tftp://%s:%d/file' % (wire.host, server.port), 120)
        assert 'file : %d bytes' % len(body) in machine.run('imgstat')
        assert machine.holds(body), 'the file is not in memory as it was sent'

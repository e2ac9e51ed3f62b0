"""What can go wrong says so in a clear line; the next `||` branch, the shell and memory still work after it.

One machine a firmware runs all cases, so that what a case leaves behind would hurt the next.
"""
import os
import re
import socket
import subprocess
import time

import pytest

from conftest import IMAGES, ROOT
from lib.machine import Machine
from lib.server import Server

GIB = 1 << 30
MIB = 1 << 20
URL = r'https://ipxe\.org/'


def endless(length):
    """A body of that many bytes (None: until we are gone), made as it is sent."""
    def route(request):
        request.send_response(200)
        if length is not None:
            request.send_header('Content-Length', str(length))
        else:
            request.send_header('Connection', 'close')
            request.close_connection = True
        request.end_headers()
        block = bytes(MIB)
        left = length if length is not None else 1 << 60
        try:
            while left > 0:
                request.wfile.write(block[:min(left, MIB)])
                left -= MIB
        except OSError:
            request.close_connection = True
    return route


def dies(request):
    """Half a body, then nothing more; asked again, a server that knows no ranges does the same."""
    request.send_response(200)
    request.send_header('Content-Length', '1000')
    request.end_headers()
    request.wfile.write(b'#!ipxe\necho half\n')
    request.wfile.flush()
    request.close_connection = True
    request.connection.shutdown(socket.SHUT_WR)


ROUTES = {
    '/good': '#!ipxe\necho good script\n',
    '/plain': 'echo not run\n',
    '/label': '#!ipxe\ngoto nowhere || echo no label\ngoto nowhere\necho not run\n',
    '/unknown': '#!ipxe\necho first\nfrobnicate\necho not run\n',
    '/self': '#!ipxe\nchain self\n',
    '/double': '#!ipxe\nset x 0123456789abcdef\n:again\nset x ${x}${x} || goto large\ngoto again\n'
               ':large\necho too large ${errno}\nset n:int32 0\n'
               ':fill\nimgfetch 100 && goto fill ||\n:top\nimgfetch 4 && goto top ||\n'
               ':more\nset x${n} ${x} || goto full\ninc n\ngoto more\n'
               ':full\necho heap is full ${errno}\n'
               ':less\nclear x${n}\niseq ${n} 0 && goto empty ||\ninc n -1\ngoto less\n'
               ':empty\nclear x\nclear n\n',
    '/dies': dies,
    '/error': lambda request: request.reply(503, 'Come back later'),
    '/giant': endless(GIB),
    '/endless': endless(None),
    '/100': endless(100 * MIB),
    '/4': endless(4 * MIB),
}


@pytest.fixture(scope='module')
def server():
    with Server(ROUTES) as http:
        yield http


@pytest.fixture(scope='module', params=['bios', 'efi'])
def machine(request, plain_iso):
    with Machine(request.param, plain_iso) as qemu:
        qemu.shell()
        assert ' ok' in qemu.run('dhcp')
        yield qemu


@pytest.fixture(autouse=True)
def still_alive(machine, server):
    """After each case the shell answers, no image is left, and a script can be fetched and run."""
    yield
    machine.run('imgfree')
    assert 'good script' in machine.run('chain --autofree ' + server.url('/good'))


def refused_url():
    with socket.socket() as unused:
        unused.bind(('127.0.0.1', 0))
        return 'http://10.0.2.2:%d/x' % unused.getsockname()[1]


CASES = [
    ('unknown command', 'frobnicate', r'^frobnicate: command not found\n'),
    ('bad option', 'chain --wrong x', r'^Unrecognised option "--wrong"\nUsage:\n\n  chain '),
    ('missing argument', 'sleep', r'^Usage:\n\n  sleep <seconds>\n'),
    ('bad number', 'sleep 1x', r'^"1x": invalid integer value\n'),
    ('label outside a script', 'goto x', r'^Not in a script: Nothing is running \(%s3d0280' % URL),
    ('label', 'chain @/label', r' ok\nno label\nCould not boot: No such file or directory \(%s2d0280\w\w\)\n'
     r'  label line 3: goto nowhere\n' % URL),
    ('unknown command in a script', 'chain @/unknown', r'first\nfrobnicate: command not found\n'
     r'Could not boot: Exec format error \(%s2e0220\w\w\)\n  unknown line 3: frobnicate\n' % URL),
    ('no magic', 'chain @/plain', r'Could not boot: Exec format error \(%s2e0080\w\w\)\n'
     r'  plain begins with "echo not run": no script \(#!ipxe\)' % URL),
    ('refused', 'chain ' + refused_url(), r'Connection refused \(%s0e0a60\w\w\)\n  10\.0\.2\.2:\d+ refused' % URL),
    ('404', 'chain @/missing', r'\.\.\. Not found \(%s2d0c61\w\w\)\n  the server says: 404 File not found\n' % URL),
    ('503', 'chain @/error', r'\.\.\. HTTP 5xx Server Error \(%s1d0c65\w\w\)\n'
     r'  the server says: 503 Come back later\n' % URL),
    ('scheme', 'chain gopher://x/', r'\.\.\. Operation not supported \(%s3c0920\w\w\)\n  cannot download' % URL),
]


@pytest.mark.parametrize('line,answer', [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_mistake_has_a_clear_answer(machine, server, line, answer):
    line = line.replace('@', server.url())
    out = machine.run(line)
    assert re.search(answer, out), out
    assert 'branch\n' in machine.run(line + ' || echo branch')


def test_unknown_host(machine):
    out = machine.run('chain http://no-such-host.example/x || echo branch', 60)
    assert re.search(r'(timed out|Error 0x3e11\w+) \(%s\w+\)\n.*no-such-host\.example' % URL, out), out
    assert out.endswith('branch\n')


def test_server_that_dies_each_time(machine, server):
    """Resuming is tried for a while; a server that gives no more is left in the end."""
    out = machine.run('chain %s || echo branch' % server.url('/dies'), 90)
    assert re.search(r'(Connection reset|Input/output error|Error 0x\w+) \(%s\w+\)\n' % URL, out), out
    assert 'half\n' not in out, 'ran a truncated script'
    assert out.endswith('branch\n')


@pytest.mark.parametrize('path', ['/giant', '/endless'])
def test_script_larger_than_memory(machine, server, path):
    out = machine.run('chain %s || echo branch' % server.url(path), 120)
    assert re.search(r'Not enough space \(%s31\w+\)\n  .* do not fit in memory' % URL, out), out
    assert out.endswith('branch\n')


def test_memory_is_full_and_free_again(machine, server):
    counts = []
    for _ in range(2):
        for count in range(8):
            out = machine.run('imgfetch %s || echo branch' % server.url('/100'), 60)
            if 'branch' in out:
                break
        assert re.search(r'Not enough space \(%s31\w+\)\n' % URL, out), out
        # What does not fit leaves the others as they were.
        assert len(re.findall(r'^100 : 104857600 bytes$', machine.run('imgstat'), re.M)) == count
        assert machine.run('imgfree') == ''
        counts.append(count)
    assert counts[0] == counts[1] >= 3, counts


def test_heap_is_full_and_free_again(machine, server):
    for _ in range(2):
        out = machine.run('chain --autofree ' + server.url('/double'), 60)
        assert re.search(r'Could not expand "\$\{x\}\$\{x\}": Result too large \(%s46\w+\)\n'
                         r'  it becomes longer than 262144 bytes\ntoo large 0x46' % URL, out), out[-500:]
        machine.run('imgfree')
        assert re.search(r': Not enough space \(%s31\w+\)\nheap is full 0x31\w+\n' % URL, out), out[-500:]


def test_script_that_runs_itself(machine, server):
    out = machine.run('chain %s || echo branch' % server.url('/self'), 60)
    assert ': scripts and commands nested more than 32 deep\n' in out
    # Each of the scripts says where it was; nothing of it is lost on the way.
    says = re.findall(r'^Could not boot: Error 0x\w+ \(%s\w+\)\n  self line 2: chain self\b' % URL, out, re.M)
    assert len(says) == out.count('self... ok\n') == 32
    assert out.endswith('branch\n')


def test_settings_nested_without_end(machine):
    path = '.'.join(['a'] * 60)
    assert re.search(r'^"a\.a\..*/x": invalid setting\n', machine.run('set %s/x 1' % path))
    machine.run('show x')


def test_no_link(machine):
    machine.run('ifclose')
    machine.qmp('set_link', name='n0', up=False)
    try:
        out = machine.run('iflinkwait --timeout 1000 net0 || echo branch')
        assert re.search(r'^Waiting for link-up on net0\.\.\.+ Down \(%s380861\w\w\)\n' % URL, out), out
        assert out.endswith('branch\n')
        out = machine.run('dhcp || echo branch', 40)
        assert re.search(r'^Waiting for link-up on net0\.\.\.+ Down \(%s380861\w\w\)\n' % URL, out), out
        assert out.endswith('branch\n')
    finally:
        machine.qmp('set_link', name='n0', up=True)
    assert ' ok' in machine.run('dhcp', 40)


def test_no_dhcp_server(machine, plain_iso):
    """A wire without anybody on it."""
    with Machine(machine.firmware, plain_iso, netdev=['hubport,hubid=0']) as alone:
        alone.shell()
        start = time.monotonic()
        out = alone.run('dhcp || echo branch', 60)
        assert re.search(r'^Configuring \(net0 52:54:00:12:34:56\)\.\.\.+ No configuration methods succeeded '
                         r'\(%s040ee1\w\w\)\n' % URL, out), out
        assert out.endswith('branch\n')
        assert 12 < time.monotonic() - start < 30
        assert 'alive' in alone.run('echo alive')


@pytest.mark.parametrize('script,answer', [
    ('echo not run\n', r'Could not boot: Exec format error \(%s2e0080\w\w\)\n  \S+ begins with "echo not run' % URL),
    ('#!ipxe\necho first\ngoto nowhere\n', r'first\nCould not boot: No such file or directory \(%s2d0280\w\w\)\n'
     r'  \S+ line 3: goto nowhere\n' % URL),
], ids=['no magic', 'label'])
def test_first_script_says_why_it_failed(machine, tmp_path, script, answer):
    path, iso = tmp_path / 'script', tmp_path / 'script.iso'
    path.write_text(script)
    subprocess.run([os.path.join(ROOT, 'util/genfsimg'), '-o', str(iso), '-s', str(path)] + IMAGES, check=True)
    with Machine(machine.firmware, str(iso)) as other:
        other.expect_boot()
        other.expect(answer)

"""Downloads over bad wires: 64 MiB arrive byte-exact whatever the wire does to the frames."""
import mmap
import os
import random
import socket

import pytest

from lib.machine import Machine
from lib.server import Server
from lib.wire import Wire

SIZE = 64 * 1024 * 1024
MEMORY = 256

# The sender's congestion control decides how fast a lossy wire is; BBR keeps the slowest cell short.
CONGESTION_CONTROL = b'bbr'

CELLS = [dict(loss=loss, delay_ms=delay / 2) for loss in (0, 0.01, 0.05) for delay in (0, 50, 100)] + [
    dict(reorder=0.01, delay_ms=5), dict(dup=0.01, delay_ms=5), dict(corrupt=0.001, delay_ms=5),
    dict(loss=0.01, dup=0.01, reorder=0.01, corrupt=0.001, delay_ms=25)]


def cell_name(cell):
    return '-'.join('%s%g' % (name, value * (2 if name == 'delay_ms' else 100)) for name, value in cell.items())


def serve(body):
    def route(handler):
        try:
            handler.connection.setsockopt(socket.IPPROTO_TCP, 13, CONGESTION_CONTROL)
        except OSError:
            pass  # a kernel without it: slower, not wrong
        handler.reply(200, 'OK', body)
    return route


def assert_in_memory(machine, tmp_path, body):
    """The image lies in one piece in the guest's memory: find its start, compare all of it."""
    path = str(tmp_path / 'memory')
    machine.qmp('pmemsave', val=0, size=MEMORY << 20, filename=path)
    with open(path, 'rb') as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as memory:
        start = memory.find(body[:64])
        found = False
        while start >= 0 and not found:
            found = memory[start:start + len(body)] == body
            start = memory.find(body[:64], start + 1)
    os.unlink(path)
    assert found, 'the file is not in memory as it was sent'


@pytest.mark.parametrize('cell', CELLS, ids=cell_name)
def test_file_arrives_byte_exact(firmware, plain_iso, tmp_path, cell):
    body = random.Random(cell_name(cell)).randbytes(SIZE)
    with Wire(**cell) as wire, Server({'/file': serve(body)}, host=wire.host, guest_host=wire.host) as server, \
            Machine(firmware, plain_iso, netdev=[wire.netdev], memory=MEMORY) as machine:
        machine.shell()
        assert ' ok\n' in machine.run('dhcp || dhcp || dhcp', 60)
        out = machine.run('imgfetch ' + server.url('/file'), 300)
        assert ' ok\n' in out, out
        assert 'file : %d bytes' % SIZE in machine.run('imgstat')
        assert_in_memory(machine, tmp_path, body)

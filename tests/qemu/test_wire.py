"""Downloads over bad wires: 64 MiB arrive byte-exact whatever the wire does to the frames."""
import random
import socket

import pytest

from lib.machine import Machine
from lib.server import Server
from lib.wire import Wire

SIZE = 64 * 1024 * 1024

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


@pytest.mark.parametrize('cell', CELLS, ids=cell_name)
def test_file_arrives_byte_exact(firmware, plain_iso, cell):
    body = random.Random(cell_name(cell)).randbytes(SIZE)
    with Wire(**cell) as wire, Server({'/file': serve(body)}, host=wire.host, guest_host=wire.host) as server, \
            Machine(firmware, plain_iso, netdev=[wire.netdev], memory=256) as machine:
        machine.shell()
        assert ' ok\n' in machine.run('dhcp || dhcp || dhcp', 60)
        out = machine.run('imgfetch ' + server.url('/file'), 300)
        assert ' ok\n' in out, out
        assert 'file : %d bytes' % SIZE in machine.run('imgstat')
        assert machine.holds(body), 'the file is not in memory as it was sent'

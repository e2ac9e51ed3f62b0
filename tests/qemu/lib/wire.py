"""A wire with faults between a machine and a real Linux sender: relay.c, a TAP device, dnsmasq."""
import itertools
import os
import shutil
import subprocess
import tempfile
import time

from lib.lan import need
from lib.process import start

RELAY = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../../bin-host/relay')
_count = itertools.count()


class Wire:
    """Wire(delay_ms=50, loss=0.01, ...): delay is one way, probabilities are 0..1, rate is Mbit/s.

    netdev goes to Machine; host is the address of this end, where servers listen.
    """

    def __init__(self, delay_ms=0, rate=0, loss=0, dup=0, reorder=0, corrupt=0, seed=1):
        need('dnsmasq', 'ip')
        self.options = ['delay=%d' % (delay_ms * 1000), 'rate=%d' % rate, 'seed=%d' % seed]
        for name, value in (('loss', loss), ('dup', dup), ('reorder', reorder), ('corrupt', corrupt)):
            self.options.append('%s=%d' % (name, round(value * 1e6)))
        # Two test processes share the namespace: a network and a device name of our own.
        number = (os.getpid() % 100) * 100 + next(_count) % 100
        self.tap = 'wire%d' % number
        self.network = '10.%d.%d.' % (100 + number // 250, number % 250)
        self.host = self.network + '1'
        self.guest = self.network + '2'

    def __enter__(self):
        self.work = tempfile.mkdtemp(prefix='lanyard-wire-')
        path = os.path.join(self.work, 'socket')
        self.netdev = 'stream,server=off,addr.type=unix,addr.path=' + path
        self.relay = start([RELAY, path, self.tap] + self.options,
                           stdout=subprocess.PIPE, text=True)
        self.dnsmasq = None
        try:
            assert self.relay.stdout.readline() == 'ready\n'
            for command in (['address', 'add', self.host + '/24', 'dev', self.tap],
                            ['link', 'set', self.tap, 'up', 'txqueuelen', '20000']):
                subprocess.run(['ip'] + command, check=True)
            self.dnsmasq = start(
                ['dnsmasq', '--keep-in-foreground', '--port=0', '--interface=' + self.tap, '--bind-interfaces',
                 '--conf-file=/dev/null', '--user=root', '--pid-file=', '--no-ping',
                 '--dhcp-authoritative', '--dhcp-leasefile=%s/leases' % self.work,
                 '--dhcp-range=%s,%s,1h' % (self.guest, self.guest), '--log-facility=%s/log' % self.work])
            time.sleep(0.3)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in (self.dnsmasq, self.relay):
            if process:
                process.kill()
                process.wait()
        shutil.rmtree(self.work, ignore_errors=True)

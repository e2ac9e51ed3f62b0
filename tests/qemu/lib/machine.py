"""A QEMU machine under test: started from an image, watched on its serial line, typed at over QMP.

Software emulation unless ACCEL=kvm is set. Every NIC gets an empty ROM, or QEMU's own boot firmware
would pass our tests; nic_roms leaves it in, for tests that are loaded by it.
"""
import codecs
import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import threading
import time

from lib import screen
from lib.ovmf import OVMF_CODE, OVMF_VARS
from lib.process import start

# From power-on to our first output; UEFI firmware takes its time under emulation.
BOOT_TIMEOUT = {'bios': 60, 'efi': 120}

KEY_NAMES = {' ': 'spc', '\n': 'ret', '-': 'minus', '=': 'equal', '/': 'slash', '.': 'dot',
             ',': 'comma', ';': 'semicolon', "'": 'apostrophe', '[': 'bracket_left',
             ']': 'bracket_right', '\\': 'backslash', '`': 'grave_accent', '\t': 'tab',
             '\x1b': 'esc', '\x08': 'backspace'}
SHIFTED = dict(zip('~!@#$%^&*()_+{}|:"<>?', '`1234567890-=[]\\;\',./'))

ANSI = re.compile(r'\x1b\[[0-9;?=]*[A-Za-z]')
ANSI_BEGUN = re.compile(r'\x1b(\[[0-9;?=]*)?\Z')


def erased(text):
    """Text without what was erased again by backspaces, as progress is, and where in it each character was,
    and its end."""
    if '\b' not in text:
        return text, range(len(text) + 1)
    left = []
    for index, char in enumerate(text):
        if char == '\b':
            if left and text[left[-1]] != '\n':
                left.pop()
        else:
            left.append(index)
    return ''.join(text[index] for index in left), left + [len(text)]


class Machine:
    """One running QEMU; a context manager that ends it whatever happens."""

    def __init__(self, firmware, iso=None, nics=('virtio-net-pci',), memory=512, netdev=None,
                 extra=(), nic_roms=False, code=OVMF_CODE, variables=OVMF_VARS):
        """netdev: one -netdev option for each NIC, default user networking of this namespace.
        nic_roms: the NICs have QEMU's boot firmware. code, variables: another build of OVMF."""
        self.firmware = firmware
        self.memory_len = memory << 20
        self.work = tempfile.mkdtemp(prefix='lanyard-qemu-')
        self.plain = ''  # all that was printed, without ANSI sequences and carriage returns
        self.ended = False
        self._more = threading.Condition()
        self._mark = 0
        self._qmp_id = 0
        command = ['qemu-system-x86_64', '-accel', os.environ.get('ACCEL', 'tcg'), '-m', str(memory),
                   '-display', 'none', '-vga', 'std', '-nodefaults', '-no-reboot',
                   # Not a socket: it is full with a few hundred single characters, and firmware drops what
                   # a serial line does not take.
                   '-serial', 'pipe:%s/serial' % self.work, '-monitor', 'none',
                   '-qmp', 'unix:%s/qmp,server=on,wait=off' % self.work]
        if firmware == 'efi':
            copy = os.path.join(self.work, 'vars.fd')
            shutil.copyfile(variables, copy)
            command += ['-drive', 'if=pflash,format=raw,readonly=on,file=' + code,
                        '-drive', 'if=pflash,format=raw,file=' + copy]
        if iso:
            command += ['-boot', 'd', '-cdrom', iso]
        netdev = netdev or ['user'] * len(nics)
        for index, (nic, backend) in enumerate(zip(nics, netdev)):
            kind, _, options = backend.partition(',')
            command += ['-netdev', '%s,id=n%d%s' % (kind, index, ',' + options if options else ''),
                        '-device', '%s,netdev=n%d,%smac=52:54:00:12:34:%02x'
                        % (nic, index, '' if nic_roms else 'romfile=,', 0x56 + index)]
        self.command = command + list(extra)
        self.process = None
        self.serial_in = None

    def __enter__(self):
        self.started = time.monotonic()
        self.log = open(os.path.join(self.work, 'qemu.log'), 'w+', encoding='utf-8')
        for direction in ('in', 'out'):
            os.mkfifo('%s/serial.%s' % (self.work, direction))
        self.process = start(self.command, stdin=subprocess.DEVNULL, stdout=self.log,
                             stderr=subprocess.STDOUT)
        try:
            self.qmp_socket = self._connect('qmp')
            self.qmp_file = self.qmp_socket.makefile('rw', encoding='utf-8')
            self.qmp_file.readline()
            self.qmp('qmp_capabilities')
            # QEMU has opened its ends now.
            self.serial_in = open(self.work + '/serial.in', 'r+b', buffering=0)
            threading.Thread(target=self._reader, daemon=True).start()
        except (OSError, ValueError) as error:
            self.process.kill()
            self.process.wait()
            self.log.seek(0)
            said = self.log.read()
            self.__exit__()
            raise RuntimeError('QEMU ended: ' + said) from error
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.process.kill()
        if self.process:
            self.process.wait()
        if self.serial_in:
            self.serial_in.close()
        self.log.close()
        shutil.rmtree(self.work, ignore_errors=True)

    def _connect(self, name):
        path = os.path.join(self.work, name)
        for _ in range(200):
            if self.process.poll() is not None:
                raise OSError('it is gone')
            try:
                connection = socket.socket(socket.AF_UNIX)
                connection.connect(path)
                return connection
            except OSError:
                connection.close()
                time.sleep(0.05)
        raise OSError('no answer on ' + path)

    # QMP

    def qmp(self, execute, **arguments):
        """Run a QMP command and return its result; events are skipped."""
        self._qmp_id += 1
        self.qmp_file.write(json.dumps({'execute': execute, 'arguments': arguments,
                                        'id': self._qmp_id}) + '\n')
        self.qmp_file.flush()
        while True:
            answer = json.loads(self.qmp_file.readline())
            if answer.get('id') == self._qmp_id:
                if 'error' in answer:
                    raise RuntimeError('%s: %s' % (execute, answer['error']['desc']))
                return answer['return']

    def key(self, *names):
        """Press keys together, by QEMU's names: key('ctrl', 'b')."""
        self.qmp('send-key', keys=[{'type': 'qcode', 'data': name} for name in names])
        time.sleep(0.12)  # released after 100 ms; the firmware sees one key at a time

    def type(self, text):
        """Type text on a US keyboard."""
        for char in text:
            shift = char.isupper() or char in SHIFTED
            base = SHIFTED.get(char, char.lower())
            self.key(*(['shift'] if shift else []), KEY_NAMES.get(base, base))

    def screenshot(self, path):
        """Write the screen to a PNG file."""
        self.qmp('screendump', filename=path, format='png')

    def _written(self, command, **arguments):
        """What a QMP command writes to a file."""
        path = os.path.join(self.work, 'written')
        self.qmp(command, filename=path, **arguments)
        with open(path, 'rb') as file:
            written = file.read()
        os.unlink(path)
        return written

    def memory(self, length, start=0):
        """Bytes of physical memory."""
        return self._written('pmemsave', val=start, size=length)

    def holds(self, body):
        """Does a file lie in one piece in the machine's memory?"""
        return body in self.memory(self.memory_len)

    def screen_text(self):
        """The text on the screen: 80x25 characters of a BIOS machine, 100x31 of UEFI."""
        if self.firmware == 'efi':
            return screen.text(self._written('screendump'))
        cells = self.memory(4000, 0xb8000)[::2].decode('cp437')
        return '\n'.join(cells[row * 80:row * 80 + 80].rstrip() for row in range(25))

    def expect_screen(self, pattern, timeout=30):
        """Wait for a regular expression in the text on the screen."""
        deadline = time.monotonic() + timeout
        while not re.search(pattern, self.screen_text()):
            if time.monotonic() >= deadline:
                raise AssertionError('no %r within %s s on the screen:\n%s'
                                     % (pattern, timeout, self.screen_text()))
            time.sleep(0.1)

    # Serial line

    def send(self, text):
        """Type on the serial line."""
        data = text.encode()
        if 'graphics=off' not in ' '.join(self.command):
            self.serial_in.write(data)
            return
        # SeaBIOS reads the line then, too, and drops what its 15 keys do not hold.
        for at in range(0, len(data), 8):
            self.serial_in.write(data[at:at + 8])
            time.sleep(0.1)

    def _reader(self):
        """Take from the serial line what QEMU writes, all the time."""
        decoder = codecs.getincrementaldecoder('utf-8')('replace')
        begun = ''
        with open(self.work + '/serial.out', 'rb', buffering=0) as line:
            data = True
            while data:
                data = line.read(65536)
                text = begun + decoder.decode(data)
                cut = ANSI_BEGUN.search(text)
                begun = cut.group() if cut else ''
                text = ANSI.sub('', text[:len(text) - len(begun)]).replace('\r', '')
                with self._more:
                    self.plain += text
                    self.ended = not data
                    self._more.notify_all()

    def expect(self, pattern, timeout=30):
        """Wait for a regular expression in what was printed after the last match; the match."""
        deadline = time.monotonic() + timeout
        with self._more:
            while True:
                text = self.plain[self._mark:]
                # On a busy machine progress may be shown anywhere, and is erased again.
                clean, index = erased(text)
                match = re.search(pattern, clean)
                if match:
                    self._mark += index[match.end()]
                    return match
                left = deadline - time.monotonic()
                if left <= 0 or self.ended:
                    raise AssertionError('no %r within %s s; printed since the last match:\n%s'
                                         % (pattern, timeout, text[-3000:]))
                self._more.wait(left)

    def expect_boot(self, pattern=r'Lanyard initialising devices\.\.\.'):
        """Wait until our firmware, and nobody else's, starts."""
        return self.expect(pattern, BOOT_TIMEOUT[self.firmware])

    def shell(self):
        """From power-on to the shell prompt."""
        self.expect_boot()
        self.expect(r'Press Ctrl-B for the Lanyard command line\.\.\.')
        self.send('\x02')
        self.expect(r'Lanyard> ')

    def run(self, line, timeout=30):
        """Run a line at the shell; what it printed."""
        self.send(line + '\n')
        self.expect(re.escape(line) + r' ?\n', timeout)
        return self.expect(r'((?s:.*?))Lanyard> ', timeout).group(1)

    def expect_run(self, line, pattern, timeout=30):
        """Run a line again and again until its output matches."""
        deadline = time.monotonic() + timeout
        while True:
            out = self.run(line)
            match = re.search(pattern, out)
            if match:
                return match
            if time.monotonic() >= deadline:
                raise AssertionError('%s: no %r within %s s, but:\n%s' % (line, pattern, timeout, out))
            time.sleep(0.3)

    def switches(self):
        """How often QEMU's threads have gone to sleep: two or three times for each nap of the machine."""
        tasks = '/proc/%d/task' % self.process.pid
        text = ''.join(open('%s/%s/status' % (tasks, task), encoding='utf-8').read() for task in os.listdir(tasks))
        return sum(map(int, re.findall(r'^voluntary_ctxt_switches:\s*(\d+)', text, re.M)))

    def cpu_seconds(self):
        """Processor time that QEMU has used."""
        with open('/proc/%d/stat' % self.process.pid, encoding='ascii') as stat:
            fields = stat.read().rpartition(')')[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')

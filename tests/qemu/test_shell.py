"""The shell as a person uses it: keys over QMP on the keyboard, mistakes, the line editor, help."""
import re
import time

import pytest

from lib.machine import Machine


def typed(machine, text, answer, timeout=15):
    """Type a line on the keyboard and wait for the answer."""
    machine.type(text + '\n')
    return machine.expect(answer, timeout)


def test_commands_typed_on_the_keyboard(firmware, plain_iso):
    with Machine(firmware, plain_iso) as machine:
        machine.expect_boot()
        machine.expect(r'Press Ctrl-B for the Lanyard command line\.\.\.')
        machine.key('ctrl', 'b')
        machine.expect(r'Lanyard> ')
        typed(machine, 'echo Hello,   World', r'Hello, World\n')
        typed(machine, 'set name:string value', r'Lanyard> ')
        typed(machine, 'show name', r'name:string = value\n')
        typed(machine, 'dhcp', r'Configuring \(net0 52:54:00:12:34:56\)\.\.\.+ ok\n')
        typed(machine, 'ifstat', r'net0: 52:54:00:12:34:56 using virtio-net on 0000:00:03\.0 '
              r'\(Ethernet\) \[open\]\n  \[Link:up, TX:\d+ TXE:0 RX:\d+ RXE:0\]\n')
        typed(machine, 'route', r'net0: 10\.0\.2\.15/255\.255\.255\.0 gw 10\.0\.2\.2\n')
        typed(machine, 'show net0.dhcp/dns', r'net0\.dhcp/dns:ipv4 = 10\.0\.2\.3\n')
        typed(machine, 'ping -c 1 10.0.2.2', r'64 bytes from 10\.0\.2\.2: seq=1\n')
        typed(machine, 'nstat', r'net0 IPv4 10\.0\.2\.2 is Ethernet 52:55:0a:00:02:02\n')


def test_line_editor_keys(firmware, plain_iso):
    with Machine(firmware, plain_iso) as machine:
        machine.expect_boot()
        machine.expect(r'Press Ctrl-B')
        machine.key('ctrl', 'b')
        machine.expect(r'Lanyard> ')
        machine.type('cho middle')
        machine.key('home')
        machine.type('e')
        machine.key('end')
        machine.type(' end\n')
        machine.expect(r'\nmiddle end\n')
        machine.key('up')
        machine.key('ctrl', 'w')
        machine.type('again\n')
        machine.expect(r'\nmiddle again\n')
        machine.type('echo abcd')
        for _ in range(2):
            machine.key('left')
        machine.key('ctrl', 'k')
        machine.type('z\n')
        machine.expect(r'\nabz\n')
        machine.type('garbage')
        machine.key('ctrl', 'u')
        machine.type('ech')
        machine.key('tab')
        machine.type('completed\n')
        machine.expect(r'\ncompleted\n')
        machine.type('half a line')
        machine.key('ctrl', 'c')
        machine.expect(r'Lanyard> ')
        machine.type('echo alive\n')
        machine.expect(r'\nalive\n')


MISTAKES = [
    ('frobnicate', r'frobnicate: command not found\n'),
    ('echo --wrong', r'Unrecognised option "--wrong"\nUsage:\n\n  echo'),
    ('sleep', r'Usage:\n\n  sleep .*<seconds>'),
    ('sleep soon', r'"soon": invalid integer value\n'),
    ('ifopen net7', r'"net7": no such network device\n'),
    ('show net7/ip', r'"net7/ip": invalid setting\n'),
    ('show nothing', r'Could not find "nothing": No such file or directory \(https://ipxe\.org/2d0c20'),
    ('goto nowhere', r'Not in a script: .*\(https://ipxe\.org/3d0280'),
    ('imgstat nothing', r'"nothing": no such image\n'),
    ('chain gopher://10.0.2.2/', r'gopher://10\.0\.2\.2/\.\.\. Operation not supported \(https://ipxe\.org/3c0920'),
    ('prompt --timeout x', r'"x": invalid integer value\n'),
    ('chain http://10.0.2.2/', r'Network unreachable \(https://ipxe\.org/280a60'),
]


def test_mistakes_are_answered_and_the_shell_goes_on(shell):
    for line, answer in MISTAKES:
        out = shell.run(line)
        assert re.search(answer, out), '%s answered %r' % (line, out)
    assert 'branch taken' in shell.run('frobnicate || echo branch taken')
    assert shell.run('false_command && echo no ; echo yes').endswith('yes\n')


def test_every_command_explains_itself(shell):
    names = set(re.findall(r'^ .*$', shell.run('help'), re.M))
    commands = {name for line in names for name in line.split()} - {'Available', 'commands:'}
    for name in ('autoboot chain dhcp echo exit goto help ifclose ifconf ifopen ifstat imgargs imgexec imgfetch '
                 'imgfree imgselect imgstat inc iseq isset nslookup nstat ntp param params ping poweroff prompt '
                 'read reboot route set shell show sleep sync time').split():
        assert name in commands or name in shell.plain, name
        assert 'Usage:' in shell.run(name + ' --help'), name


def test_ctrl_c_ends_a_sleep_at_once(shell):
    shell.send('sleep 60\n')
    time.sleep(1)
    start = time.monotonic()
    shell.send('\x03')
    shell.expect(r'Lanyard> ', 5)
    assert time.monotonic() - start < 2
    assert 'slept 0xb0220' in shell.run('echo slept ${errno}')


@pytest.mark.parametrize('seconds', [3])
def test_sleep_takes_its_time(shell, seconds):
    start = time.monotonic()
    shell.run('sleep %d' % seconds)
    assert seconds - 0.2 < time.monotonic() - start < seconds + 2


def test_waiting_machine_naps(shell):
    time.sleep(1)
    before, start = shell.cpu_seconds(), time.monotonic()
    time.sleep(5)
    prompt = (shell.cpu_seconds() - before) / (time.monotonic() - start)
    shell.send('sleep 6\n')
    time.sleep(0.5)
    before, start = shell.cpu_seconds(), time.monotonic()
    time.sleep(5)
    sleeping = (shell.cpu_seconds() - before) / (time.monotonic() - start)
    assert prompt < 0.5 and sleeping < 0.5, 'a busy loop: %.2f %.2f of a core' % (prompt, sleeping)


def test_screen_shows_what_the_serial_line_shows(shell, tmp_path):
    shell.run('echo on both')
    path = tmp_path / 'screen.png'
    shell.screenshot(str(path))
    assert path.read_bytes()[:8] == b'\x89PNG\r\n\x1a\n'
    # Not an empty screen: text is drawn.
    assert path.stat().st_size > 2000

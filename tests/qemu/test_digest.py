"""Digests of real downloads, beside what this machine's sha256sum and its like say."""
import os
import subprocess

from lib.server import Server

SUMS = ['md5sum', 'sha1sum', 'sha224sum', 'sha256sum', 'sha384sum', 'sha512sum']
SCRIPT = b'#!ipxe\necho it runs\n'
WRONG = '0123456789abcdef' * 4


def real_sum(command, data):
    return subprocess.run([command], input=data, stdout=subprocess.PIPE, check=True).stdout.split()[0].decode()


def test_digest_commands_agree_with_coreutils(shell):
    files = {'/empty': b'', '/one': b'1', '/block': os.urandom(64), '/odd': os.urandom((3 << 20) + 5)}
    names = [path[1:] for path in files]
    with Server(files) as server:
        shell.run('dhcp')
        out = shell.run('sha256sum ' + ' '.join(map(server.url, files)))
        for path, data in files.items():
            assert '%s... ok\n%s  %s\n' % (server.url(path), real_sum('sha256sum', data), path[1:]) in out
        for command in SUMS:
            out = shell.run(command + ' ' + ' '.join(names), 60)
            assert ''.join('%s  %s\n' % (real_sum(command, files['/' + name]), name) for name in names) in out
        assert len(server.requests) == len(files)
        shell.run('sha1sum --set sum odd')
        assert 'sum:hexraw = %s\n' % real_sum('sha1sum', files['/odd']) in shell.run('show sum')
        same = 'sha512sum --set sum odd && iseq ${sum} %s && echo the same' % real_sum('sha512sum', files['/odd'])
        assert shell.run(same) == 'the same\n'
        assert 'nothing... Not found' in shell.run('md5sum ' + server.url('/nothing'))


def test_right_digest_runs_and_wrong_one_does_not(shell):
    digest = real_sum('sha256sum', SCRIPT)
    with Server({'/script': SCRIPT}) as server:
        shell.run('dhcp')
        url = server.url('/script')
        assert '... ok\nit runs\n' in shell.run('chain --autofree --sha256 %s %s' % (digest.upper(), url))
        out = shell.run('chain --sha256 %s %s || echo not run' % (WRONG, url))
        assert '%s... Wrong digest (https://ipxe.org/020082' % url in out
        assert '\n  SHA-256  %s\n  expected %s\nnot run\n' % (digest, WRONG) in out
        out = shell.run('kernel --sha256 %s %s || imgstat' % (digest[:-1], url))
        assert '" is no SHA-256 digest (64 hex digits)\n' in out
        assert len(server.requests) == 2
        # Whatever was refused is not there to be run by its name.
        assert 'script :' not in shell.run('imgstat')
        assert ' ok\n' in shell.run('imgfetch ' + url)
        assert 'script... ok\nit runs\n' in shell.run('chain --sha256 %s script' % digest)
        assert 'script... Wrong digest' in shell.run('chain --sha256 %s script' % WRONG)
        assert 'script :' not in shell.run('imgstat')


def test_script_ends_at_a_wrong_digest(boot_script):
    with Server({'/script': SCRIPT}) as server:
        with boot_script('dhcp\nchain --sha256 %s %s\necho not here\nshell\n' % (WRONG, server.url('/script'))) as machine:
            machine.expect(r'  SHA-256  %s\n  expected %s\n' % (real_sum('sha256sum', SCRIPT), WRONG), 60)
            machine.expect(r'Could not boot: Wrong digest')
            assert 'not here' not in machine.plain and 'it runs' not in machine.plain


def test_ctrl_c_stops_a_long_digest(shell):
    """64 MiB take more than a second in software emulation, so Ctrl-C comes in the middle."""
    data = bytes(64 << 20)
    with Server({'/large': data}) as server:
        shell.run('dhcp')
        assert 'large' in shell.run('imgfetch %s && imgstat' % server.url('/large'), 120)
        assert '%s  large\n' % real_sum('sha256sum', data) in shell.run('sha256sum large', 120)
        shell.send('chain --sha256 %s large || echo rc ${errno}\n' % WRONG)
        shell.expect(r'large\.\.\.')
        shell.send('\x03')
        shell.expect(r'Operation canceled \(https://ipxe\.org/0b0720')
        shell.expect(r'rc 0xb0720')

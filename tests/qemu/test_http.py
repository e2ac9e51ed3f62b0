"""Downloads from servers that behave, misbehave, die and come back."""
import hashlib
import random
import socket
import time

import pytest

from lib.server import Server


@pytest.fixture
def online(shell):
    """A shell with an address."""
    assert ' ok\n' in shell.run('dhcp')
    return shell


def free_port():
    """A port that nobody listens on."""
    with socket.socket() as sock:
        sock.bind(('127.0.0.1', 0))
        return sock.getsockname()[1]


def script(text):
    return ('#!ipxe\n' + text).encode()


def test_relative_chain(online):
    with Server({'/a/first.ipxe': script('chain second.ipxe\n'), '/a/second.ipxe': script('chain ../b/third.ipxe\n'),
                 '/b/third.ipxe': script('echo at ${cwuri}\n')}) as server:
        out = online.run('chain ' + server.url('/a/first.ipxe'))
        assert 'at ' + server.url('/b/third.ipxe') in out
        assert server.paths() == ['/a/first.ipxe', '/a/second.ipxe', '/b/third.ipxe']


def test_redirects_absolute_and_relative(online):
    def redirect(to):
        return lambda handler: handler.reply(302, 'Found', headers=[('Location', to)])
    with Server() as server:
        server.routes = {'/one': redirect(server.url('/two')), '/two': redirect('three'),
                         '/three': script('echo arrived at ${cwuri}\n'), '/loop': redirect('/loop')}
        assert 'arrived at ' + server.url('/three') in online.run('chain ' + server.url('/one'))
        out = online.run('chain ' + server.url('/loop') + ' || echo gave up')
        assert 'gave up' in out and len(server.requests) < 60


def test_chunked_body(online):
    def chunked(handler):
        handler.send_response(200)
        handler.send_header('Transfer-Encoding', 'chunked')
        handler.end_headers()
        for part in (b'#!ip', b'xe\necho in ', b'pieces\n'):
            handler.wfile.write(b'%x;ext=1\r\n%s\r\n' % (len(part), part))
        handler.wfile.write(b'0\r\nTrailer: x\r\n\r\n')
    with Server({'/chunked': chunked}) as server:
        assert 'in pieces' in online.run('chain ' + server.url('/chunked'))


def test_errors_name_what_happened(online):
    with Server({'/busy': lambda h: h.reply(503, 'Back soon'), '/secret': lambda h: h.reply(403, 'Forbidden')}) as server:
        out = online.run('chain ' + server.url('/missing'))
        assert '/missing... Not found (https://ipxe.org/2d0c61' in out and 'File not found' in out
        out = online.run('chain ' + server.url('/busy'))
        assert 'HTTP 5xx Server Error (https://ipxe.org/1d0c65' in out and 'Back soon' in out
        assert 'Operation not permitted (https://ipxe.org/410c61' in online.run('chain ' + server.url('/secret'))
    out = online.run('chain http://10.0.2.2:%d/' % free_port())
    assert 'Connection re' in out and 'refused the connection' in out
    out = online.run('chain http://no.such.host.invalid/', 60)
    assert '(https://ipxe.org/3e11' in out or '(https://ipxe.org/4c11' in out


def test_script_without_magic_is_no_script(online):
    with Server({'/plain.txt': b'echo hello\n'}) as server:
        out = online.run('chain ' + server.url('/plain.txt'))
        assert 'Could not boot: Exec format error (https://ipxe.org/2e0080' in out
        assert 'hello' not in out.replace('echo hello', '')


def test_basic_auth_and_request_header_order(online):
    def secret(handler):
        if handler.headers.get('Authorization') != 'Basic dXNlcjpwYSBzcw==':
            return handler.reply(401, 'Unauthorized', headers=[('WWW-Authenticate', 'Basic realm="x"')])
        return handler.reply(200, 'OK', script('echo let in\n'))
    with Server({'/secret': secret}) as server:
        url = 'http://user:pa%20ss@10.0.2.2:{}/secret?x=%41&y'.format(server.port)
        out = online.run('chain ' + url)
        assert 'let in' in out and 'http://10.0.2.2:%d/secret... ok' % server.port in out
        _, method, path, headers, _ = server.requests[-1]
        assert (method, path) == ('GET', '/secret?x=%41&y')
        assert list(headers)[:3] == ['Connection', 'User-Agent', 'Host']
        assert headers['Host'] == '10.0.2.2:%d' % server.port
        assert headers['User-Agent'].startswith('iPXE/')


def test_post_of_params(online):
    with Server({'/form': script('echo posted\n')}) as server:
        online.run('params')
        online.run('param mac ${net0/mac}')
        online.run('param --header X-Extra a b')
        assert 'posted' in online.run('chain ' + server.url('/form##params'))
        _, method, _, headers, body = server.requests[-1]
        assert method == 'POST' and body == b'mac=52%3A54%3A00%3A12%3A34%3A56'
        assert headers['X-Extra'] == 'a b'
        assert headers['Content-Type'] == 'application/x-www-form-urlencoded'


def test_connection_is_kept_and_reused(online):
    ports = []

    def remember(handler):
        ports.append(handler.client_address[1])
        handler.reply(200, 'OK', script('echo ok\n'))
    with Server({'/a': remember, '/b': remember}) as server:
        online.run('imgfetch ' + server.url('/a'))
        online.run('imgfetch ' + server.url('/b'))
        assert len(ports) == 2 and ports[0] == ports[1]


def test_ctrl_c_stops_a_download_at_once(online):
    def slow(handler):
        handler.send_response(200)
        handler.send_header('Content-Length', '1000000')
        handler.end_headers()
        try:
            for _ in range(300):
                handler.wfile.write(b'x' * 100)
                time.sleep(0.2)
        except OSError:
            pass
    with Server({'/slow': slow}) as server:
        online.send('imgfetch %s || echo rc ${errno}\n' % server.url('/slow'))
        online.expect(r'/slow\.\.\.')
        time.sleep(2.5)
        start = time.monotonic()
        online.send('\x03')
        online.expect(r'Operation canceled \(https://ipxe\.org/0b0720', 5)
        assert time.monotonic() - start < 1.5
        online.expect(r'rc 0xb0720')
        online.expect(r'Lanyard> ')
        assert online.run('imgstat') == ''


class Flaky:
    """Serves a body with ranges and an ETag; hangs up after so many bytes a few times, and is gone for a while."""

    def __init__(self, body, break_after):
        self.body, self.break_after = body, list(break_after)
        self.etag = '"%s"' % hashlib.sha256(body).hexdigest()[:16]

    def __call__(self, handler):
        start = 0
        wanted = handler.headers.get('Range')
        if wanted and handler.headers.get('If-Range') in (None, self.etag):
            start = int(wanted.removeprefix('bytes=').partition('-')[0])
        handler.send_response(206 if start else 200)
        if start:
            handler.send_header('Content-Range', 'bytes %d-%d/%d' % (start, len(self.body) - 1, len(self.body)))
        handler.send_header('Content-Length', str(len(self.body) - start))
        handler.send_header('ETag', self.etag)
        handler.send_header('Accept-Ranges', 'bytes')
        handler.end_headers()
        end = len(self.body)
        if self.break_after:
            end = min(end, start + self.break_after.pop(0))
        handler.wfile.write(self.body[start:end])
        if end < len(self.body):
            handler.close_connection = True


def make_body(size, seed=1):
    return random.Random(seed).randbytes(size)


def test_transfer_resumes_after_the_server_hangs_up(online):
    body = make_body(3000000)
    flaky = Flaky(body, [700000, 900000, 1])
    with Server({'/big': flaky}) as server:
        out = online.run('imgfetch ' + server.url('/big'), 60)
        assert ' ok\n' in out
        assert 'big : 3000000 bytes' in online.run('imgstat')
        ranges = [request[3].get('Range') for request in server.requests]
        assert ranges == [None, 'bytes=700000-', 'bytes=1600000-', 'bytes=1600001-']
        assert all(request[3].get('If-Range') == flaky.etag for request in server.requests[1:])


def test_transfer_resumes_after_the_server_was_down(online):
    body = make_body(2000000, 2)
    flaky = Flaky(body, [1000000])
    server = Server({'/big': flaky})
    port = server.port
    with server:
        online.send('imgfetch %s\n' % server.url('/big'))
        deadline = time.monotonic() + 20
        while not server.requests and time.monotonic() < deadline:
            time.sleep(0.01)
        assert server.requests
    time.sleep(4)
    with Server({'/big': flaky}, port=port) as again:
        online.expect(r'/big\.\.\..* ok\n', 60)
        assert again.requests[-1][3].get('Range', '').startswith('bytes=')
        assert 'big : 2000000 bytes' in online.run('imgstat')

"""An HTTP server on loopback that can be made to misbehave, and remembers what it was asked."""
import http.server
import socketserver
import threading
import time


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *_):
        pass

    def do_GET(self):
        server = self.server.owner
        length = int(self.headers.get('Content-Length') or 0)
        body = self.rfile.read(length)
        server.requests.append((time.monotonic(), self.command, self.path, dict(self.headers), body))
        path = self.path.partition('?')[0]
        route = server.routes.get(path)
        if route is None:
            return self.reply(404, 'File not found')
        if callable(route):
            return route(self)
        return self.reply(200, 'OK', route)

    do_POST = do_HEAD = do_PUT = do_GET

    def reply(self, status, reason, body=b'', headers=()):
        self.send_response(status, reason)
        self.send_header('Content-Length', str(len(body)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != 'HEAD':
            self.wfile.write(body)


class Server:
    """routes: path -> bytes, or a function of the handler. url is as the guest sees it."""

    def __init__(self, routes=None, port=0, host='127.0.0.1', guest_host='10.0.2.2'):
        self.routes = {path: body.encode() if isinstance(body, str) else body
                       for path, body in (routes or {}).items()}
        self.requests = []
        self.guest_host = guest_host

        class Threading(socketserver.ThreadingMixIn, http.server.HTTPServer):
            daemon_threads = True
            allow_reuse_address = True
            request_queue_size = 64

            def handle_error(self, request, client_address):
                """A machine that is switched off resets its connections: no news."""

        self.http = Threading((host, port), Handler)
        self.http.owner = self
        self.port = self.http.server_address[1]
        self.thread = threading.Thread(target=self.http.serve_forever, kwargs={'poll_interval': 0.05},
                                       daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.http.shutdown()
        self.http.server_close()

    def url(self, path=''):
        return 'http://%s:%d%s' % (self.guest_host, self.port, path)

    def paths(self):
        return [request[2] for request in self.requests]

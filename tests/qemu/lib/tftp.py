"""A TFTP server with options and windows (RFC 7440), which servers of distributions seldom have."""
import socket
import struct
import threading
import time


class Server:
    """Server({name: bytes}); window: largest that it agrees to, 1: does not know the option."""

    def __init__(self, files, host='127.0.0.1', window=64, port=0):
        self.files = files
        self.host = host
        self.window = window
        self.requests = []  # (time, name)
        self.done = []  # (time, name) of acknowledged files
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((host, port))
        self.port = self.socket.getsockname()[1]

    def __enter__(self):
        self._stop = False
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._stop = True

    def _listen(self):
        self.socket.settimeout(0.2)
        while not self._stop:
            try:
                data, peer = self.socket.recvfrom(65536)
            except socket.timeout:
                continue
            if data[:2] == b'\0\1':
                threading.Thread(target=self._serve, args=(data, peer), daemon=True).start()
        self.socket.close()

    def _serve(self, request, peer):
        words = request[2:].split(b'\0')[:-1]
        name = words[0].decode()
        options = {key.lower(): int(value) for key, value in zip(words[2::2], words[3::2])}
        self.requests.append((time.monotonic(), name))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.bind((self.host, 0))
            sock.connect(peer)
            sock.settimeout(1)
            if name not in self.files:
                sock.send(b'\0\5\0\1no such file\0')
                return
            try:
                self._send(sock, self.files[name], options)
            except OSError:
                return
        self.done.append((time.monotonic(), name))

    def _send(self, sock, body, options):
        blksize = options.get(b'blksize', 512)
        window = min(options.get(b'windowsize', 1), self.window)
        oack = b''
        if options:
            oack = b'\0\6tsize\0%d\0' % len(body)
            if b'blksize' in options:
                oack += b'blksize\0%d\0' % blksize
            if window > 1:
                oack += b'windowsize\0%d\0' % window
        blocks = len(body) // blksize + 1
        acked = -1 if oack else 0
        tries = 0
        while acked < blocks and tries < 15:
            if acked < 0:
                sock.send(oack)
                sent = 0
            else:
                sent = min(acked + window, blocks)
                for block in range(acked, sent):
                    sock.send(struct.pack('>HH', 3, block + 1 & 0xffff) + body[block * blksize:(block + 1) * blksize])
            acked, moved = self._await_ack(sock, acked, sent)
            tries = 0 if moved else tries + 1

    @staticmethod
    def _await_ack(sock, acked, sent):
        """An ACK of something not acknowledged before, or a second of silence."""
        while True:
            try:
                data = sock.recv(2048)
            except socket.timeout:
                return acked, False
            if data[:2] == b'\0\5':
                raise OSError('aborted')
            if data[:2] != b'\0\4':
                continue
            block = acked + ((struct.unpack('>H', data[2:4])[0] - acked) & 0xffff)
            if acked < block <= sent:
                return block, True

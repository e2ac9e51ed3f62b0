#!/usr/bin/env python3
"""Cost of a download: guest instructions a byte, and CPU seconds of QEMU for 100 MB.

Each run boots an image in QEMU (software emulation), lets DHCP lead it to a script that fetches a
large file over HTTP from a server on loopback through QEMU's user network, and measures from the request for the file to the
next request, which the script makes as soon as the file is complete. Instructions are counted by
the plugin insn_count.c in one run, CPU time is taken in another without it, for it costs time
itself. All runs of all images alternate; medians are printed.

    tests/bench/instructions.py bin/ipxe.lkrn /usr/lib/ipxe/ipxe.lkrn
    tests/bench/instructions.py --nic e1000 --runs 5 bin-x86_64-efi/ipxe.efi /usr/lib/ipxe/ipxe.efi

Images: Linux kernel format (booted with -kernel) or .efi (OVMF, from a FAT folder). Ratios are to
the last image given.

QEMU's user network sends frames of 1500 bytes and is itself most of the cost. With --wire tap the server
is behind a TAP device instead, as virtual machines have it, with all offloads that the guest takes; this
wants root and a network namespace of its own:

    unshare --net sh -c 'ip link set lo up; tests/bench/instructions.py --wire tap bin/ipxe.lkrn /usr/lib/ipxe/ipxe.lkrn'
"""
import argparse
import http.server
import mmap
import os
import shutil
import socket
import socketserver
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
OVMF = "/usr/share/OVMF/OVMF_CODE_4M.fd"
OVMF_VARS = "/usr/share/OVMF/OVMF_VARS_4M.fd"
CHUNK = 1 << 20
SCRIPT = """#!ipxe
imgfetch --name big {url}/big || goto failed
imgfetch --name done {url}/done || goto failed
poweroff
:failed
imgfetch --name failed {url}/failed ||
poweroff
"""


class Meter:
    """What has been used so far: a snapshot for each request that marks something."""

    def __init__(self):
        self.pid = None
        self.counter = None
        self.marks = {}
        self.finished = threading.Event()

    def mark(self, name):
        with open(f"/proc/{self.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        cpu = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        count = 0
        if self.counter:
            with open(self.counter, "rb") as file:
                with mmap.mmap(file.fileno(), 8, prot=mmap.PROT_READ) as view:
                    count = struct.unpack("=Q", view[:])[0]
        self.marks[name] = (count, cpu, time.monotonic())


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):  # noqa: N802 (name given by the library)
        name = self.path.strip("/")
        length = self.server.length if name == "big" else 2
        if name == "script":
            body = SCRIPT.format(url=self.server.url).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            return
        self.server.meter.mark(name)
        self.send_response(200)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        left = length
        try:
            while left:
                left -= self.wfile.write(self.server.data[:min(left, CHUNK)])
        except OSError:
            return
        if name in ("done", "failed"):
            self.server.meter.finished.set()

    def log_message(self, format, *args):  # pylint: disable=redefined-builtin
        pass


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """A machine that is switched off resets its connections."""


class UserNetwork:
    """QEMU's own: the guest sees the host's loopback as 10.0.2.2."""

    listen = "127.0.0.1"
    guest_sees = "10.0.2.2"

    def netdev(self, bootfile):
        return f"user,id=net,bootfile={bootfile}"

    def close(self):
        pass


class Tap:
    """A TAP device of a namespace of ours, with a DHCP server."""

    listen = guest_sees = "10.9.0.1"

    def __init__(self):
        if len(socket.if_nameindex()) != 1:
            sys.exit("--wire tap wants a network namespace of its own, see --help")
        for command in ("tuntap add tap0 mode tap", "address add 10.9.0.1/24 dev tap0", "link set tap0 up"):
            subprocess.run(["ip", *command.split()], check=True)
        self.dnsmasq = None

    def netdev(self, bootfile):
        self.close()
        # pylint: disable-next=consider-using-with
        self.dnsmasq = subprocess.Popen(
            ["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--interface=tap0", "--pid-file=",
             "--leasefile-ro", "--user=root", "--no-ping", "--dhcp-range=10.9.0.10,10.9.0.99", f"--dhcp-boot={bootfile}"],
            stderr=subprocess.DEVNULL)
        return "tap,id=net,ifname=tap0,script=no,downscript=no"

    def close(self):
        if self.dnsmasq:
            self.dnsmasq.terminate()
            self.dnsmasq.wait()
            self.dnsmasq = None


def boot_args(image, folder):
    """QEMU options that boot an image."""
    if not image.endswith(".efi"):
        return ["-kernel", image]
    boot = os.path.join(folder, "fs", "EFI", "BOOT")
    os.makedirs(boot)
    shutil.copy(image, os.path.join(boot, "BOOTX64.EFI"))
    variables = os.path.join(folder, "vars.fd")
    shutil.copy(OVMF_VARS, variables)
    return ["-drive", f"if=pflash,format=raw,readonly=on,file={OVMF}",
            "-drive", f"if=pflash,format=raw,file={variables}",
            "-drive", f"format=raw,file=fat:rw:{folder}/fs"]


def run(image, args, wire, plugin):
    """One download. Returns (instructions a byte or None, CPU s per 100 MB, MB/s)."""
    meter = Meter()
    server = Server((wire.listen, 0), Handler)
    server.length = args.size << 20
    server.data = os.urandom(CHUNK)
    server.meter = meter
    server.url = f"http://{wire.guest_sees}:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as folder:
        command = ["qemu-system-x86_64", "-accel", "tcg", "-machine", "q35", "-m", "1024",
                   "-display", "none", "-serial", f"file:{folder}/serial.log", "-no-reboot",
                   "-netdev", wire.netdev(server.url + "/script"), "-device", f"{args.nic},netdev=net,romfile="]
        command += boot_args(image, folder)
        if plugin:
            meter.counter = os.path.join(folder, "count")
            command += ["-plugin", f"{plugin},out={meter.counter}"]
        with subprocess.Popen(command) as qemu:
            meter.pid = qemu.pid
            deadline = time.monotonic() + args.timeout
            while qemu.poll() is None and time.monotonic() < deadline:
                if meter.finished.wait(0.2):
                    break
            done = meter.finished.is_set()
            qemu.terminate()
            qemu.wait()
        server.shutdown()
        server.server_close()
        if not done or "done" not in meter.marks or "big" not in meter.marks:
            with open(f"{folder}/serial.log", encoding="latin-1") as log:
                sys.exit(f"{image}: no download\n{log.read()[-2000:]}")
    begin, end = meter.marks["big"], meter.marks["done"]
    length = args.size << 20
    return ((end[0] - begin[0]) / length, (end[1] - begin[1]) / (length / 1e8),
            length / 1e6 / (end[2] - begin[2]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("images", nargs="+")
    parser.add_argument("--nic", default="virtio-net-pci", help="QEMU device")
    parser.add_argument("--wire", choices=["user", "tap"], default="user")
    parser.add_argument("--size", type=int, default=256, help="MiB")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--timeout", type=int, default=180, help="seconds a run")
    args = parser.parse_args()
    wire = Tap() if args.wire == "tap" else UserNetwork()
    with tempfile.TemporaryDirectory() as folder:
        plugin = os.path.join(folder, "insn_count.so")
        subprocess.run(["gcc", "-O2", "-shared", "-fPIC", "-o", plugin,
                        os.path.join(HERE, "insn_count.c")], check=True)
        results = {image: ([], [], []) for image in args.images}
        for _ in range(args.runs):
            for image in args.images:
                results[image][0].append(run(image, args, wire, plugin)[0])
                _, cpu, speed = run(image, args, wire, None)
                results[image][1].append(cpu)
                results[image][2].append(speed)
    wire.close()
    rows = {image: [statistics.median(column) for column in columns]
            for image, columns in results.items()}
    base = rows[args.images[-1]]
    print(f"{args.nic}, {args.wire}, {args.size} MiB over HTTP, medians of {args.runs}")
    for image, (insns, cpu, speed) in rows.items():
        print(f"{image}: {insns:.2f} instructions/byte, {cpu:.2f} CPU s/100 MB "
              f"({cpu / base[1]:.2f} of the last), {speed:.0f} MB/s")


if __name__ == "__main__":
    main()

"""A machine at our shell, with an address, and an HTTP server for it."""
from lib.machine import Machine
from lib.server import Server


class Booted:
    """with Booted('efi', iso, routes) as (machine, server)"""

    def __init__(self, firmware, iso, routes, **options):
        self.server = Server(routes)
        self.machine = Machine(firmware, iso, **options)
    def __enter__(self):
        self.server.__enter__()
        try:
            self.machine.__enter__()
            self.machine.shell()
            assert ' ok\n' in self.machine.run('dhcp', 60)
        except BaseException:
            self.__exit__()
            raise
        return self.machine, self.server

    def __exit__(self, *_):
        self.machine.__exit__()
        self.server.__exit__()

#!/usr/bin/env python3
"""The PCI ids in the tables of the drivers, as make variables (scripts/elements.mk).

ids.py COMPILER DRIVER=OBJECT[,OBJECT...]...

The sources are read as the compiler sees them, for tables are written with macros. A ROM name or id
that several drivers have is the first one's.
"""
import concurrent.futures
import os
import re
import subprocess
import sys

TABLE = re.compile(r'struct\s+pci_id\s+\w+\[\]\s*=\s*\{(.*?)\}\s*;', re.S)
ENTRY = re.compile(r'\{\s*(0x[0-9a-f]+)\s*,\s*(0x[0-9a-f]+)\s*,\s*"([^"]+)"', re.I)


def entries(compiler, source):
    """[(id, ROM name)] of one source."""
    with open(source) as file:
        if 'struct pci_id' not in file.read():
            return []
    text = subprocess.run(compiler + ['-E', '-P', source], check=True, stdout=subprocess.PIPE,
                          text=True).stdout
    return [('%04x%04x' % (int(vendor, 16), int(device, 16)), name.lower().replace('_', '-'))
            for table in TABLE.findall(text) for vendor, device, name in ENTRY.findall(table)]


def main():
    compiler = sys.argv[1].split()
    drivers = {}
    for argument in sys.argv[2:]:
        name, objects = argument.split('=')
        drivers[name] = [source for source in ('src/' + o[:-2] + '.c' for o in objects.split(','))
                         if os.path.exists(source)]
    with concurrent.futures.ThreadPoolExecutor() as pool:
        found = {name: [entry for part in pool.map(lambda s: entries(compiler, s), sources)
                        for entry in part] for name, sources in drivers.items()}
    print('ids-known := y')
    taken = set(drivers)
    for driver, pairs in found.items():
        ids = {driver: [pci for pci, _ in pairs]}
        for pci, rom in pairs:
            ids.setdefault(pci, [pci])
            ids.setdefault(rom, [])
            if pci not in ids[rom]:
                ids[rom].append(pci)
        for element, its in ids.items():
            if element == driver or element not in taken:
                print('id-%s := %s\nids-%s := %s' % (element, driver, element, ' '.join(its)))
        taken.update(ids)
        print('names-%s := %s' % (driver, ' '.join('"%s %s"' % pair for pair in pairs)))


if __name__ == '__main__':
    main()

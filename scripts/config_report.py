#!/usr/bin/env python3
"""What is in the images of a platform, and which file says so (make config-report).

config_report.py FOLDER COMPILER IMAGE=DRIVER,DRIVER...
"""
import glob
import os
import re
import subprocess
import sys

DEFINE = r'^\s*#\s*(define|undef)\s+%s\b'
NAMES = re.compile(r'^\s*#\s*define\s+([A-Z][A-Z0-9_]*)\b', re.M)
INCLUDE = re.compile(r'#include "(.*)"')


def read(path):
    with open(path) as file:
        return file.read()


def main():
    folder, compiler = sys.argv[1], sys.argv[2].split()
    makefiles = ''.join(read(path) for path in glob.glob('src/**/build.mk', recursive=True))
    makefiles = makefiles.replace('\\\n', ' ')
    makefiles = re.sub(r'\$\(addprefix (\S+),(.*?)\)', lambda match: ' '.join(
        match[1] + name for name in match[2].split()), makefiles)
    print('%s/' % folder)
    for argument in sys.argv[3:]:
        image, drivers = argument.split('=')
        with open('%s/%s.list' % (folder, image)) as objects:
            print('  %s: %d objects, drivers %s' % (image, len(objects.readlines()),
                                                   drivers.replace(',', ', ') or 'none'))
    for path in sorted(glob.glob('config/*.h')):
        files = [path] + INCLUDE.findall(read('%s/config/overrides/%s' % (folder, os.path.basename(path))))
        values = {}
        text = subprocess.run(compiler + ['-E', '-dM', '-undef', path], check=True, text=True,
                              stdout=subprocess.PIPE).stdout
        for line in text.splitlines():
            _, name, value = (line + '  ').split(' ', 2)
            values[name] = value.strip()
        print('  ' + path)
        names = [name for file in files for name in NAMES.findall(read(file)) if not name.endswith('_H')]
        for name in dict.fromkeys(names):
            said = [file for file in files if re.search(DEFINE % name, read(file), re.M)]
            links = re.findall(r'^(?:obj|drivers)-\$\(%s\) \+= (.*)$' % name, makefiles, re.M)
            value = (values[name] or 'on') if name in values else 'off'
            why = ['(%s)' % said[-1]] if said[-1] != path else []
            print(('    %-26s %-12s %s' % (name, value, ' '.join(why + ' '.join(links).split()))).rstrip())


if __name__ == '__main__':
    main()

"""scripts/fetch-source against a small archive of Debian source packages of our own."""
import gzip
import hashlib
import os
import subprocess
import tarfile

import pytest

from conftest import ROOT

FETCH = os.path.join(ROOT, 'scripts/fetch-source')
CONTROL = '''Source: wool
Maintainer: Nobody <nobody@example.com>
Standards-Version: 4.6.2

Package: wool
Architecture: all
Description: test
'''


class Archive:
    """apt sources with wool 1.2, of which there are two revisions; the newer one patches it."""

    def __init__(self, path):
        self.path = path
        upstream = path / 'wool-1.2'
        (upstream / 'lib').mkdir(parents=True)
        (upstream / 'doc').mkdir()
        (upstream / 'lib/wool.c').write_text('int wool = 1;\n')
        with tarfile.open(path / 'wool_1.2.orig.tar.gz', 'w:gz') as tar:
            tar.add(upstream, 'wool-1.2')
        self.sha256 = hashlib.sha256((path / 'wool_1.2.orig.tar.gz').read_bytes()).hexdigest()
        (upstream / 'debian/source').mkdir(parents=True)
        (upstream / 'debian/source/format').write_text('3.0 (quilt)\n')
        (upstream / 'debian/control').write_text(CONTROL)
        self.revision(upstream, '1.2-2')
        (upstream / 'debian/patches').mkdir()
        (upstream / 'debian/patches/series').write_text('two.patch\n')
        (upstream / 'debian/patches/two.patch').write_text(
            '--- a/lib/wool.c\n+++ b/lib/wool.c\n@@ -1 +1 @@\n-int wool = 1;\n+int wool = 2;\n')
        self.revision(upstream, '1.2-10')
        index = subprocess.run(['dpkg-scansources', '.'], cwd=path, check=True, stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL).stdout
        (path / 'Sources.gz').write_bytes(gzip.compress(index))
        (path / 'empty').mkdir()
        # As on a machine without deb-src.
        (path / 'sources.list').write_text('# comment\ndeb [trusted=yes] file:%s ./\n' % path)
        (path / 'apt.conf').write_text('Dir::Etc::sourcelist "%s/sources.list";\nDir::Etc::sourceparts "%s/empty";\n'
                                       % (path, path))

    @staticmethod
    def revision(tree, version):
        (tree / 'debian/changelog').write_text('wool (%s) unstable; urgency=low\n\n  * Test.\n\n -- Nobody '
                                               '<nobody@example.com>  Mon, 01 Jan 2024 00:00:00 +0000\n' % version)
        subprocess.run(['dpkg-source', '-b', tree.name], cwd=tree.parent, check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)

    def fetch(self, version, sha256, *folders, **env):
        return subprocess.run([FETCH, 'wool', version, sha256, str(self.path / 'out'), *folders],
                              env={**os.environ, 'APT_CONFIG': str(self.path / 'apt.conf'), **env},
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def left(self):
        """What is in the folder afterwards."""
        return sorted(os.listdir(self.path / 'out')) if (self.path / 'out').exists() else []


@pytest.fixture
def archive(tmp_path):
    return Archive(tmp_path)


def test_newest_revision_is_fetched_with_its_patches(archive):
    result = archive.fetch('1.2', archive.sha256, 'lib')
    assert result.returncode == 0, result.stdout
    assert archive.left() == ['wool-1.2']
    assert os.listdir(archive.path / 'out/wool-1.2') == ['lib']
    assert (archive.path / 'out/wool-1.2/lib/wool.c').read_text() == 'int wool = 2;\n'
    # Somebody else was faster: fine.
    assert archive.fetch('1.2', archive.sha256, 'lib').returncode == 0
    assert archive.left() == ['wool-1.2']


def test_deb822_sources_are_understood_too(archive):
    (archive.path / 'sources.list').unlink()
    (archive.path / 'empty/local.sources').write_text(
        'Types: deb\nURIs: file:%s\nSuites: ./\nTrusted: yes\n' % archive.path)
    result = archive.fetch('1.2', archive.sha256, 'lib')
    assert result.returncode == 0, result.stdout


def test_wrong_checksum_version_or_machine_leaves_nothing(archive):
    advice = 'Without apt: unpack wool %s as DIR/wool-%s and say make THIRD_PARTY=DIR'
    result = archive.fetch('1.2', '0' * 64, 'lib')
    assert result.returncode == 1 and 'no sources of wool 1.2: the checksum is wrong' in result.stdout
    assert advice % ('1.2', '1.2') in result.stdout
    result = archive.fetch('1.3', archive.sha256, 'lib')
    assert result.returncode == 1 and 'no sources of wool 1.3: apt finds 1.2-2 1.2-10' in result.stdout
    (archive.path / 'bin').mkdir()
    result = archive.fetch('1.2', archive.sha256, 'lib', PATH=str(archive.path / 'bin'))
    assert result.returncode == 1 and 'there is no apt-get on this machine' in result.stdout
    assert archive.left() == []

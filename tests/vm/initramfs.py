# SPDX-License-Identifier: MIT
"""
The guest's root: a cpio archive in the kernel's "newc" format, written directly, because then device nodes and root's
ownership need no privileges here.
"""

import os
import re
import stat
import subprocess


class Archive:
    """Files of the guest. Everything belongs to root; folders are made as they are needed, each path once."""

    def __init__(self, stream):
        self.stream = stream
        self.paths = set()

    def entry(self, path, mode, data=b"", device=(0, 0)):
        name = path.lstrip("/").encode() + b"\0"
        numbers = (len(self.paths), mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(name), 0)
        head = b"070701" + b"".join(b"%08X" % number for number in numbers) + name
        for part in (head, data):
            self.stream.write(part + bytes(-len(part) % 4))

    def add(self, path, mode, data=b"", device=(0, 0)):
        if path in self.paths:
            return
        parent = os.path.dirname(path)
        if parent != "/":
            self.folder(parent)
        self.paths.add(path)
        self.entry(path, mode, data, device)

    def folder(self, path):
        self.add(path, stat.S_IFDIR | 0o755)

    def link(self, path, target):
        self.add(path, stat.S_IFLNK | 0o777, target.encode())

    def data(self, path, data, mode=0o644):
        self.add(path, stat.S_IFREG | mode, data)

    def file(self, path, source):
        """`source` as `path`, and the libraries it names, these at the paths they have here."""
        with open(source, "rb") as file:
            data = file.read()
        self.data(path, data, 0o755 if os.access(source, os.X_OK) else 0o644)
        if data.startswith(b"\x7fELF"):
            for library in libraries(source):
                self.file(library, library)

    def close(self):
        self.entry("TRAILER!!!", 0)


def libraries(source):
    """The absolute paths that the dynamic loader resolves for an ELF file, itself included; none for a static one."""
    listing = subprocess.run(["ldd", source], capture_output=True, text=True).stdout
    missing = re.findall(r"^\s*(\S+) => not found", listing, re.M)
    if missing:
        raise FileNotFoundError(f"{source}: needs {', '.join(missing)}, not found")
    return re.findall(r"^\s*(?:\S+ => )?(/\S+) \(0x", listing, re.M)


def build(image, files):
    """
    Writes the archive to `image`. `files`: (path in the guest, path here) or (path in the guest, bytes); the guest's
    path may end in "/": then the file keeps its name.
    """
    with open(image, "wb") as stream:
        archive = Archive(stream)
        # The kernel opens it for /init before devtmpfs is there.
        archive.add("/dev/console", stat.S_IFCHR | 0o600, device=(5, 1))
        for folder in ("/proc", "/sys", "/tmp", "/mnt", "/run", "/root"):
            archive.folder(folder)
        for path, source in files:
            if isinstance(source, bytes):
                archive.data(path, source, 0o755)
            else:
                archive.file(path + os.path.basename(source) if path.endswith("/") else path, source)
        archive.link("/bin/sh", "busybox")
        archive.close()

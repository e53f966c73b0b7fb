# SPDX-License-Identifier: MIT
"""
Memory that is slow to touch: the first access to each of its pages waits, in the kernel too, until a thread of this
process has slept. So a system call that is given such a page takes as long as is wanted, and no shorter.
"""
import ctypes
import fcntl
import mmap
import os
import struct
import threading
import time

from files_calls import call

PAGE = mmap.PAGESIZE
UFFD_API = 0xAA
UFFDIO_API, UFFDIO_REGISTER, UFFDIO_COPY = 0xC018AA3F, 0xC020AA00, 0xC028AA03
UFFDIO_REGISTER_MODE_MISSING = 1
MSG_SIZE, MSG_ADDRESS = 32, 16  # struct uffd_msg, and where arg.pagefault.address lies in it


class Slow:
    """`pages` pages, each with the content of `fill` once it is there."""

    def __init__(self, pages, seconds, fill=b"s"):
        self.memory = mmap.mmap(-1, pages * PAGE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        self.base = ctypes.addressof(ctypes.c_char.from_buffer(self.memory))
        self.content = ctypes.create_string_buffer(fill.ljust(PAGE, b"\0"), PAGE)
        self.seconds = seconds
        self.fd = call("userfaultfd", os.O_CLOEXEC)
        if self.fd < 0:
            raise OSError(-self.fd, "userfaultfd")
        fcntl.ioctl(self.fd, UFFDIO_API, struct.pack("QQQ", UFFD_API, 0, 0))
        region = struct.pack("QQQQ", self.base, pages * PAGE, UFFDIO_REGISTER_MODE_MISSING, 0)
        fcntl.ioctl(self.fd, UFFDIO_REGISTER, region)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            message = os.read(self.fd, MSG_SIZE)
            address = struct.unpack_from("Q", message, MSG_ADDRESS)[0] & -PAGE
            time.sleep(self.seconds)
            copy = struct.pack("QQQQq", address, ctypes.addressof(self.content), PAGE, 0, 0)
            fcntl.ioctl(self.fd, UFFDIO_COPY, copy)

    def page(self, n):
        return self.base + n * PAGE

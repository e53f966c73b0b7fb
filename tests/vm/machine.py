# SPDX-License-Identifier: MIT
"""One boot in qemu without KVM, bounded in time. What the guest says comes on three serial lines, a file each."""

import os
import subprocess
import time

# ttyS0: the kernel's console; ttyS1: what the tests print; ttyS2: nothing but the VM- lines.
SERIAL = ("console", "output", "results")


class Boot:
    """What a boot left: the seconds it took, why it ended too early (or None), the text of each line."""

    def __init__(self, seconds, error, texts):
        self.seconds = seconds
        self.error = error
        self.console, self.output, self.results = texts


def read(path):
    try:
        with open(path, errors="replace") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def boot(vmlinuz, image, arguments, folder, timeout):
    paths = [os.path.join(folder, name) for name in SERIAL]
    # setpriv: qemu dies with this process, however that ends.
    command = ["setpriv", "--pdeathsig", "KILL", "qemu-system-x86_64"]
    # One thread: qemu before 8.1 may keep a translation of code that another CPU has just patched, as the kernel does
    # for each tracepoint that is attached, and the guest then dies of "Oops: int3".
    command += "-M q35 -accel tcg,thread=single -cpu max -smp 2 -m 512 -nodefaults -display none -no-reboot -no-user-config".split()
    command += ["-kernel", vmlinuz, "-initrd", image]
    command += ["-append", f"console=ttyS0 quiet panic=-1 mitigations=off {arguments}"]
    for path in paths:
        command += ["-serial", f"file:{path}"]
    start, error = time.monotonic(), None
    qemu = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            text=True)
    try:
        said, _ = qemu.communicate(timeout=timeout)
        if qemu.returncode:
            error = f"qemu ended with {qemu.returncode}: {said.strip()}"
    except subprocess.TimeoutExpired:
        error = f"not over after {timeout} s"
    finally:
        qemu.kill()
        qemu.wait()
    return Boot(time.monotonic() - start, error, [read(path) for path in paths])

# SPDX-License-Identifier: MIT
"""What the tests of the command line share: running eunomia and looking at what came of it."""
import os
import subprocess
import tempfile
import unittest

EUNOMIA = os.path.abspath(os.environ.get("EUNOMIA", "build/bin/eunomia"))
LIMIT = 60
NOBODY = 65534
# codes of the contract
OK, FAILED, USAGE, KERNEL = 0, 1, 2, 4


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="eunomia-cli-")
        self.addCleanup(folder.cleanup)
        self.dir = folder.name
        os.chmod(self.dir, 0o755)

    def path(self, name, content=None):
        path = os.path.join(self.dir, name)
        if content is not None:
            with open(path, "wb") as file:
                file.write(content)
        return path

    def run_it(self, *args, **how):
        """(exit code, stdout, stderr), the outputs as bytes."""
        how.setdefault("stdin", subprocess.DEVNULL)
        done = subprocess.run([EUNOMIA, *map(str, args)], capture_output=True, timeout=LIMIT, **how)
        return done.returncode, done.stdout, done.stderr

    def good(self, *args, **how):
        """Ends with 0 and says nothing; its stdout as text."""
        status, out, err = self.run_it(*args, **how)
        self.assertEqual((status, err), (OK, b""), args)
        return out.decode()

    def bad(self, status, text, *args, **how):
        """Ends with `status` and exactly one line on stderr, which has `text` in it; its stdout as bytes."""
        got, out, err = self.run_it(*args, **how)
        self.assertEqual(got, status, (args, err))
        self.assertRegex(err.decode(), r"\Aeunomia: [^\n]+\n\Z", args)
        self.assertIn(text, err.decode(), args)
        return out


def as_nobody():
    """For run_it(): as a user without privileges, if this one has some."""
    return {} if os.geteuid() else {"user": NOBODY, "group": NOBODY, "extra_groups": []}


def nobody_can_run():
    """The build tree may lie where only its owner can look."""
    try:
        return subprocess.run([EUNOMIA, "--version"], capture_output=True, timeout=LIMIT, **as_nobody()).returncode == 0
    except OSError:
        return False

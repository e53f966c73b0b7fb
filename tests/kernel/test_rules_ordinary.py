# SPDX-License-Identifier: MIT
"""The small part of tests/ordinary: all shipped rules are quiet beside a build, a repository and Python's own work."""
import os
import shutil
import sys
import unittest

import eun

sys.path.insert(1, os.path.join(eun.TREE, "tests", "ordinary"))
import oci
import work

PROGRAMS = ("git", "cmake", "make", "cc")


class Ordinary(unittest.TestCase):
    def quiet(self, least, script, *, image=None):
        """image: a function that gives the lower layer of the container that it is done in."""
        result = work.do(self.id(), work.Work(script, image))
        self.assertEqual((dict(result.alerts), result.problems), ({}, []))
        self.assertGreater(result.events, least)

    def setUp(self):
        os.environ.update(FILES="20", COMMITS="30")

    @unittest.skipUnless(all(map(shutil.which, PROGRAMS)) and len(oci.NEEDED) == 2, "needs runc, git, cmake, make, cc")
    def test_container(self):
        """On the machine's own root as the lower layer."""
        self.quiet(5000, "build.sh", image=lambda: "/")
        self.quiet(1000, "git.sh", image=lambda: "/")

    def test_host(self):
        self.quiet(1000, "python.sh")


if __name__ == "__main__":
    eun.main()

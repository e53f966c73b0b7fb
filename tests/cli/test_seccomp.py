# SPDX-License-Identifier: MIT
"""`eunomia seccomp` with profiles alone, and requests that can't be: no root, no kernel."""
import json
import unittest

import cli

CONFIG = 3


class Profiles(cli.Case):
    def test_merge_subtract_diff(self):
        a, b = self.path("a", b"read write ioctl[1=1]"), self.path("b", b"@default errno(ENOSYS)\nread close")
        both = self.path("both")
        status, out, err = self.run_it("seccomp", "merge", a, b, "-o", both)
        self.assertEqual((status, out), (cli.OK, b""))
        self.assertIn(b"its default action is another", err)
        with open(both, encoding="utf-8") as file:
            self.assertEqual(json.load(file)["syscalls"][0]["names"], ["close", "read", "write"])
        self.assertEqual(self.good("seccomp", "subtract", both, b, "--format", "text"),
                         "@default errno(EPERM)\n@arch x86_64\nwrite\nioctl[1=0x1]\n")
        self.assertEqual(self.run_it("seccomp", "diff", a, b),
                         (1, b"~ default errno(EPERM) -> errno(ENOSYS)\n- write allow\n+ close allow\n"
                             b"- ioctl[1=0x1] allow\n", b""))
        self.assertEqual(self.good("seccomp", "diff", both, both), "")

    def test_base(self):
        shown = self.good("seccomp", "show", self.path("a", b"read"), "--base", "always,command", "--for", "runc")
        for name in ("read", "exit_group", "execve", "capset"):
            self.assertIn(f"\n{name}\n", shown)

    def test_check(self):
        good = self.path("good", b"read exit exit_group rt_sigreturn restart_syscall")
        self.assertIn("0 warnings: the kernel takes it", self.good("seccomp", "check", good))
        status, out, err = self.run_it("seccomp", "check", self.path("poor", b"read frobnicate"))
        self.assertEqual(status, cli.OK)
        self.assertIn(b"5 warnings", out)
        self.assertIn(b"poor: line 1: unknown system call 'frobnicate', left out", err)
        self.assertIn(b"exit_group is not allowed, and every program needs it", err)

    def test_bad_files(self):
        self.bad(CONFIG, "bad:2:5: JSON: ", "seccomp", "check", self.path("bad", b"{\n\"a\" 1}"))
        self.bad(CONFIG, "bad:1: no action is named 'frob'", "seccomp", "show", self.path("bad", b"read:frob"))
        self.bad(CONFIG, "nothing: No such file or directory", "seccomp", "show", self.path("nothing"))
        self.bad(CONFIG, "larger than 4 MiB", "seccomp", "show", self.path("large", b" " * (4 << 20 | 1)))

    def test_bad_requests(self):
        a = self.path("a", b"read")
        self.bad(cli.USAGE, "usage: eunomia seccomp diff FILE FILE", "seccomp", "diff", a)
        self.bad(cli.USAGE, "learn from what?", "seccomp")
        self.bad(cli.USAGE, "learn from what?", "seccomp", "-p", "1", "-c", "x")
        self.bad(cli.USAGE, "a program to run stands behind --", "seccomp", "true")
        self.bad(cli.USAGE, "--format: 'xml' is none of", "seccomp", "show", a, "--format", "xml")
        self.bad(cli.USAGE, "--action: 'allow' is none of", "seccomp", "show", a, "--action", "allow")
        self.bad(cli.USAGE, "--errno: 'EFROB' is no error", "seccomp", "show", a, "--errno", "EFROB")
        self.bad(cli.USAGE, "there is no set of calls 'x' (there are always,", "seccomp", "show", a, "--base", "x")
        for one in (["-sp", "1"], ["-tc", "x"], ["-sp", "1", "-sc", "x", "-tp", "1"], ["-sp", "1", "-tp", "2", "-p", "3"]):
            self.bad(cli.USAGE, "from whom to whom?", "seccomp", *one)
        self.bad(cli.USAGE, "--sp: 'x' is not a process id", "seccomp", "-sp", "x", "-tp", "1")
        self.bad(cli.USAGE, "--tp needs a value", "seccomp", "-sp", "1", "-tp")
        self.bad(cli.USAGE, "unknown option '-t'", "seccomp", "-sp", "1", "-tx", "1")
        self.bad(cli.USAGE, "--canary: 'x' is not a time", "seccomp", "apply", a, "-p", "1", "--canary", "x")
        self.bad(cli.USAGE, "'lxc' is no runtime known here (there are runc and crun)", "seccomp", "show", a, "--for", "lxc")


if __name__ == "__main__":
    unittest.main()

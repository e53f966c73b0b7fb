# SPDX-License-Identifier: MIT
"""process.exec: max_args and env; execsnoop's options that need them."""
import os

import eun
from process_case import Case, fork, of_stream

TRUE = "/bin/true"


class Args(Case):
    def execs(self, argv, environ, *sets):
        def act():
            fork(os.execve, TRUE, argv, environ)
            fork(os.execve, "/no/such", argv, environ)

        _, events = of_stream("exec", act, sets=sets)
        good, bad = events
        self.check(good, ret=0)
        self.check(bad, ret=-2)
        return good, bad

    def test_some(self):
        argv = ["zero", "", "two words", "three", "four"]
        for most in 1, 3, 4, 5, 6:
            good, bad = self.execs(argv, {}, f"process.max_args={most}")
            for event in good, bad:
                self.check(event, argv=argv[:most], event_flags=["truncated"] if most < 5 else [])
            self.check(good, argc=5)
            self.check(bad, argc=min(most, 5))

    def test_all(self):
        """Without the option, and with more than is read of a failed call."""
        argv = [f"argument {number}" for number in range(150)]
        for option, most in ("0", 150), ("128", 128), ("25", 25), (None, 150):
            sets = [f"process.max_args={option}"] if option else ()
            good, bad = self.execs(argv, {}, *sets)
            self.check(good, argv=argv[:most], argc=150)
            self.check(bad, argv=argv[:20], event_flags=["truncated"])

    def test_long(self):
        """What doesn't fit into a field is cut, whatever the option says."""
        argv = ["x" * 3000, "y" * 3000, "z"]
        good, _ = self.execs(argv, {}, "process.max_args=2")
        self.check(good, argv=[argv[0], "y" * (4095 - 3001)], event_flags=["truncated"])

    def test_env(self):
        """Only what the dynamic loader obeys; wherever it stands, up to the 512th."""
        many = {f"V{number}": "x" * (number % 50) for number in range(300)}
        steering = {"LD_PRELOAD": "/tmp/evil.so", "GLIBC_TUNABLES": "glibc.malloc.check=1"}
        close = {"LDX": "1", "XLD_": "1", "GLIBC_TUNABLE": "1", "L": ""}
        for environ in ({"A": "1", **steering, **close}, {**many, **close, **steering}):
            good, _ = self.execs(["x"], environ, "process.env=true")
            self.check(good, env=[f"{name}={value}" for name, value in steering.items()], argv=["x"], event_flags=[])
        good, _ = self.execs(["x"], {**many, **{f"W{number}": "" for number in range(300)}, **steering},
                             "process.env=true")
        self.check(good, env=None, event_flags=["truncated"])
        good, _ = self.execs(["x"], {"LDX": "1"}, "process.env=true")
        self.check(good, env=None, event_flags=[])

    def test_env_off(self):
        good, _ = self.execs(["x"], {"LD_PRELOAD": "/tmp/evil.so"})
        self.check(good, env=None)


class Tool(Case):
    def rows(self, *options):
        """execsnoop's rows without TIME, of a known program and one more."""
        def act():
            fork(os.execv, "/bin/echo", ["echo", "", 'a "b" c', "d"])
            fork(os.execv, TRUE, ["true", "x"])

        child = eun.Child(act)
        run = eun.Run("run", "execsnoop", "-p", child.pid, "--follow", *options, fmt="text").started()
        child.go()
        child.wait()
        head, *rows = run.end().splitlines()
        self.assertEqual(head.split(), ["TIME", "UID", "PCOMM", "PID", "PPID", "RET", "ARGS"])
        return [" ".join(row.split()[2:3] + row.split()[5:]) for row in rows]

    def test_quote(self):
        for option in "-q", "--quote":
            self.assertEqual(self.rows(option)[1], 'true 0 "true" "x"')
        self.assertEqual(self.rows("-q")[0], 'echo 0 "echo" "" "a \\"b\\" c" "d"')
        self.assertEqual(self.rows()[1], "true 0 true x")

    def test_name(self):
        self.assertEqual(self.rows("--name", "ru"), ["true 0 true x"])
        self.assertEqual(self.rows("--name", "nobody"), [])

    def test_line(self):
        self.assertEqual(self.rows("-l", "x"), ["true 0 true x"])

    def test_max_args(self):
        self.assertEqual(self.rows("--max-args", "1"), ["echo 0 echo", "true 0 true"])


if __name__ == "__main__":
    eun.main()

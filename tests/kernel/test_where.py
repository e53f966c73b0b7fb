# SPDX-License-Identifier: MIT
"""Filters in the kernel: what cannot match never enters a ring, and is counted."""
import os

import eun
from live import Case, Live, accounts

PATHS = ("/etc/hostname", "/etc/passwd", "/dev/null", "/proc/self/status", "/usr/bin/env")
TIMES = 10
ALL = TIMES * len(PATHS)


def opens():
    for _ in range(TIMES):
        for path in PATHS:
            os.close(os.open(path, os.O_RDONLY))


# filter, events that match, events that enter the ring
FILTERS = (
    ("path startswith /etc", 20, 20),
    ("path = /dev/null", 10, 10),
    ("path endswith hostname or path = /usr/bin/env", 20, 20),
    ("not path startswith /etc", 30, 30),
    ("path != /etc/passwd", 40, 40),
    ("path in (/etc/passwd, /dev/null) and uid = 0", 20, 20),
    ("comm != python3", 0, 0),
    ("flags has O_WRONLY", 0, 0),
    ("uid in (0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18)", ALL, ALL),
    # what the kernel isn't asked passes it
    ("path contains pass", 10, ALL),
    ("path contains pass and path startswith /etc", 10, 20),
    ("exe exists and path = /dev/null", 10, 10),
    ("path contains pass or path = /dev/null", 20, ALL),
)


class Where(Case):
    def test_filters(self):
        for text, matching, entering in FILTERS:
            with self.subTest(text):
                child = self.child(opens)
                live = Live("--plugin", "files", "--streams", "open", "-p", child.pid, "--filter", text, "--stats",
                            "--fmt", "json").started()
                child.go()
                child.wait()
                status, out, said = live.end()
                account = accounts(said)["files.open"]
                self.assertEqual((status, len(out.splitlines())), (0, matching))
                self.assertEqual({key: account[key] for key in ("not_where", "sent", "delivered", "lost", "error")},
                                 {"not_where": ALL - entering, "sent": entering, "delivered": entering, "lost": 0,
                                  "error": 0})


if __name__ == "__main__":
    eun.main()

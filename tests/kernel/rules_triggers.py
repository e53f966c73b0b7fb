# SPDX-License-Identifier: MIT
"""
What the shipped rules are for, done for real and without harm, and what they must stay quiet on. Run inside of a
container of rules_case.py, which has this file: rules_triggers.py NAME... Each is a function, called in a process of
its own between two marks that the test finds again: opens of /eun-mark/NAME and /eun-mark/.
"""
import ctypes
import fcntl
import os
import signal
import socket
import struct
import subprocess
import sys
import time
import traceback

libc = ctypes.CDLL(None, use_errno=True)
AT_FDCWD, AT_EMPTY_PATH, AT_SYMLINK_FOLLOW = -100, 0x1000, 0x400
MS_BIND, MS_MOVE, MS_PRIVATE, MS_REC = 1 << 12, 1 << 13, 1 << 18, 1 << 14
CLONE_NEWUSER, CLONE_NEWUTS, CLONE_NEWNS = 0x10000000, 0x04000000, 0x00020000
NR = {"ptrace": 101, "init_module": 175, "pivot_root": 155, "bpf": 321, "userfaultfd": 323, "execveat": 322,
      "process_vm_writev": 311, "name_to_handle_at": 303, "open_by_handle_at": 304, "io_uring_setup": 425,
      "io_uring_enter": 426, "openat2": 437, "creat": 85, "renameat2": 316, "fchmodat2": 452, "fsopen": 430,
      "move_mount": 429, "clone3": 435, "memfd_create": 319, "prctl": 157, "linkat": 265}


def call(name, *args):
    """A system call; its result, -errno where it failed."""
    made = [ctypes.c_char_p(arg) if isinstance(arg, bytes) else ctypes.byref(arg)
            if isinstance(arg, (ctypes.Array, ctypes.Structure)) else ctypes.c_long(arg) for arg in args]
    ret = libc.syscall(ctypes.c_long(NR[name]), *made)
    return ret if ret >= 0 else -ctypes.get_errno()


def expect(ret):
    if ret < 0:
        raise OSError(-ret, os.strerror(-ret))
    return ret


def touch(path, flags=os.O_WRONLY):
    """Opened and closed: nothing is written."""
    os.close(os.open(path, flags | (os.O_CREAT if flags & 3 else 0), 0o644))


def mount(source, target, fstype, flags=0, data=b""):
    ret = libc.mount(source, target, fstype, ctypes.c_ulong(flags), data)
    return -ctypes.get_errno() if ret else 0


def become(uid):
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


def quiet():
    """What programs say is of no interest."""
    null = os.open("/dev/null", os.O_RDWR)
    os.dup2(null, 1)
    os.dup2(null, 2)


def run(*argv, env=None, exe=None):
    """Another program, to its end."""
    pid = os.fork()
    if not pid:
        quiet()
        os.execve(argv[0] if exe is None else exe, argv, os.environ if env is None else env)
    os.waitpid(pid, 0)


def copy(path, source="/bin/busybox", mode=0o755):
    with open(source, "rb") as had, open(path, "wb") as made:
        made.write(had.read())
    os.chmod(path, mode)
    return path


def other():
    """A child that waits until it is killed."""
    pid = os.fork()
    if not pid:
        signal.pause()
    return pid


def end(pid):
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def listener(address="127.0.0.1"):
    made = socket.socket()
    made.bind((address, 0))
    made.listen()
    return made


def listen_unix(path):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    made = socket.socket(socket.AF_UNIX)
    made.bind(path)
    made.listen()
    return made


def connected(address="127.0.0.1"):
    with listener(address) as server:
        client = socket.create_connection(server.getsockname())
        return client, server.accept()[0]


# ---- ways out of a container ----

def cgroup_mounted():
    os.makedirs("/cg", exist_ok=True)
    if not os.path.ismount("/cg"):
        expect(mount(b"cgroup", b"/cg", b"cgroup", 0, b"pids"))


def release_agent():
    touch("/cg/release_agent")


def release_agent_renamed():
    touch("/tmp/agent")
    os.rename("/tmp/agent", "/tmp/release_agent")


def release_agent_read():
    touch("/cg/release_agent", os.O_RDONLY)


def notify_on_release():
    touch("/cg/notify_on_release")


def notify_on_release_read():
    touch("/cg/notify_on_release", os.O_RDONLY)


def core_pattern():
    touch("/proc/sys/kernel/core_pattern")


def core_pattern_read():
    touch("/proc/sys/kernel/core_pattern", os.O_RDONLY)


def core_pattern_elsewhere():
    os.makedirs("/sys2/sys/kernel")
    touch("/sys2/sys/kernel/core_pattern")


def binfmt_mounted():
    os.makedirs("/binfmt", exist_ok=True)
    expect(mount(b"none", b"/binfmt", b"binfmt_misc"))


def binfmt_register():
    touch("/binfmt/register")


def binfmt_read():
    touch("/binfmt/status", os.O_RDONLY)


def sysrq():
    touch("/proc/sys/kernel/sysrq")


def runtime_socket():
    with listen_unix("/run/docker.sock"), socket.socket(socket.AF_UNIX) as client:
        client.connect("/run/docker.sock")


def runtime_socket_renamed():
    """Reached under another name, as by a mount of it."""
    with listen_unix("/run/containerd.sock"), socket.socket(socket.AF_UNIX) as client:
        os.link("/run/containerd.sock", "/run/harmless")
        client.connect("/run/harmless")


def other_socket():
    with listen_unix("/run/docker.socket"), socket.socket(socket.AF_UNIX) as client:
        client.connect("/run/docker.socket")


def mount_device():
    mount(b"/dev/eun-none", b"/tmp", b"ext4")


def mount_device_renamed():
    mount(b"/tmp/disk", b"/tmp", b"ext4")


def mount_tmpfs():
    os.makedirs("/mnt", exist_ok=True)
    expect(mount(b"none", b"/mnt", b"tmpfs"))


def fsopen():
    os.close(expect(call("fsopen", b"tmpfs", 0)))


def unmount():
    """What the test before left."""
    libc.umount2(b"/mnt", 2)


def device():
    os.mknod("/tmp/loop", 0o600 | 0o060000, os.makedev(7, 0))
    touch("/tmp/loop", os.O_RDONLY)


def device_of_memory():
    os.mknod("/tmp/ram", 0o600 | 0o020000, os.makedev(1, 1))


def device_null():
    touch("/dev/null", os.O_RDWR)
    os.mknod("/tmp/null", 0o600 | 0o020000, os.makedev(1, 3))
    touch("/tmp/null", os.O_RDWR)
    os.mkfifo("/tmp/fifo")


def host_namespace():
    fd = os.open("/host-uts", os.O_RDONLY)
    expect(-1 if libc.setns(fd, 0) else 0)


def own_namespace():
    fd = os.open("/proc/self/ns/uts", os.O_RDONLY)
    expect(-1 if libc.setns(fd, 0) else 0)


def user_namespace():
    become(1000)
    expect(-1 if libc.unshare(CLONE_NEWUSER) else 0)


def user_namespace_of_root():
    expect(-1 if libc.unshare(CLONE_NEWUSER) else 0)


def uts_namespace():
    expect(-1 if libc.unshare(CLONE_NEWUTS) else 0)


def kcore():
    touch("/proc/kcore", os.O_RDONLY)


class Handle(ctypes.Structure):
    _fields_ = [("bytes", ctypes.c_uint), ("type", ctypes.c_int), ("handle", ctypes.c_char * 128)]


def open_by_handle():
    handle = Handle(bytes=8, type=1)
    call("open_by_handle_at", AT_FDCWD, handle, os.O_RDONLY)


def name_to_handle():
    handle, at = Handle(bytes=128), ctypes.create_string_buffer(8)
    expect(call("name_to_handle_at", AT_FDCWD, b"/tmp", handle, at, 0))


def init_module():
    call("init_module", b"junk", 4, b"")


# ---- processes ----

def bpf_program():
    code = ctypes.create_string_buffer(struct.pack("<BBhiBBhi", 0xb7, 0, 0, 0, 0x95, 0, 0, 0))
    licence = ctypes.create_string_buffer(b"GPL")
    attr = ctypes.create_string_buffer(struct.pack("<IIQQ", 1, 2, ctypes.addressof(code), ctypes.addressof(licence)),
                                       120)
    os.close(expect(call("bpf", 5, attr, 120)))


def bpf_map():
    attr = ctypes.create_string_buffer(struct.pack("<IIII", 2, 4, 4, 1), 120)
    os.close(expect(call("bpf", 0, attr, 120)))


def ptrace(request, pid, addr=0, data=0):
    return call("ptrace", request, pid, addr, data)


def ptrace_attach():
    pid = other()
    expect(ptrace(16, pid))
    os.waitpid(pid, 0)
    ptrace(17, pid)
    end(pid)


def ptrace_by_debugger():
    run("/usr/bin/strace", "-o", "/dev/null", "/bin/true")


def traceme():
    pid = os.fork()
    if not pid:
        os._exit(ptrace(0, 0))
    os.waitpid(pid, 0)


def traceme_by_debugger():
    run("/usr/bin/gdb", "-batch", "-nx", "-ex", "set debuginfod enabled off", "-ex", "set startup-with-shell off",
        "-ex", "run", "/bin/busybox")


def write_memory(pid):
    buffer = ctypes.create_string_buffer(b"8 bytes", 8)
    at = ctypes.create_string_buffer(struct.pack("<QQ", ctypes.addressof(buffer), 8))
    return call("process_vm_writev", pid, at, 1, at, 1, 0)


def memory_of_other():
    pid = other()
    expect(write_memory(pid))
    end(pid)


def memory_of_self():
    expect(write_memory(os.getpid()))


def mem_of_other():
    pid = other()
    touch(f"/proc/{pid}/mem", os.O_RDWR)
    end(pid)


def mem_of_self():
    os.close(os.open("/proc/self/mem", os.O_RDWR))
    pid = other()
    touch(f"/proc/{pid}/mem", os.O_RDONLY)
    end(pid)


def setuid_bit():
    os.chmod(copy("/tmp/suid"), 0o4755)


def setuid_bit_taken():
    os.chmod(copy("/tmp/nosuid"), 0o755)
    os.chmod("/tmp/nosuid", 0o1755)


def become_root():
    libc.prctl(8, 1, 0, 0, 0)  # PR_SET_KEEPCAPS
    become(1000)
    header, caps = ctypes.create_string_buffer(struct.pack("<II", 0x20080522, 0)), ctypes.create_string_buffer(24)
    libc.capget(header, caps)
    permitted = struct.unpack("<6I", caps.raw[:24])
    libc.capset(header, struct.pack("<6I", permitted[1], permitted[1], 0, permitted[4], permitted[4], 0))
    os.setuid(0)


def root_for_a_while():
    os.seteuid(1000)
    os.seteuid(0)


def io_uring():
    os.close(expect(call("io_uring_setup", 2, ctypes.create_string_buffer(120))))


def io_uring_refused():
    call("io_uring_setup", 0, ctypes.create_string_buffer(120))


def userfaultfd():
    become(1000)
    call("userfaultfd", 1)


def userfaultfd_of_root():
    call("userfaultfd", 1)


def tunables():
    run("/usr/bin/su", "--version", env={"GLIBC_TUNABLES": "glibc.malloc.check=0"})


def tunables_elsewhere():
    run("/usr/bin/env", env={"GLIBC_TUNABLES": "glibc.malloc.check=0"})
    run("/usr/bin/su", "--version", env={"TUNABLES": "1"})


def exec_bare(path, argv):
    """execve(2) with any arguments, also none."""
    pid = os.fork()
    if not pid:
        quiet()
        libc.execve(path, (ctypes.c_char_p * (len(argv) + 1))(*argv), (ctypes.c_char_p * 1)())
        os._exit(1)
    os.waitpid(pid, 0)


def pkexec():
    copy("/tmp/pkexec")
    exec_bare(b"/tmp/pkexec", [])


def pkexec_used():
    copy("/tmp/pkexec")
    exec_bare(b"/tmp/pkexec", [b"pkexec", b"true"])


# ---- execution ----

def run_memfd():
    fd = os.memfd_create("harmless")
    with open("/bin/busybox", "rb") as had:
        os.write(fd, had.read())
    run("true", exe=fd)


def run_memfd_as_runc():
    """The name proves nothing."""
    fd = os.memfd_create("runc_cloned:/proc/self/exe")
    with open("/bin/busybox", "rb") as had:
        os.write(fd, had.read())
    run("true", exe=fd)


def run_unlinked():
    fd = os.open(copy("/tmp/gone"), os.O_RDONLY)
    os.unlink("/tmp/gone")
    run("true", exe=fd)


def run_shm():
    run("true", exe=copy("/dev/shm/true"))


def run_file():
    run("true", exe=copy("/tmp/true"))
    os.makedirs("/tmp/dev/shm", exist_ok=True)
    run("true", exe=copy("/tmp/dev/shm/true"))


def with_stdio(fd, *argv):
    pid = os.fork()
    if not pid:
        for to in range(3):
            os.dup2(fd, to)
        os.execv(argv[0], argv)
    os.waitpid(pid, 0)


def reverse_shell():
    client, _server = connected()
    with_stdio(client.fileno(), "/bin/sh", "-c", ":")


def reverse_shell_by_itself():
    """The shell is there first."""
    with listener() as server:
        host, port = server.getsockname()
        subprocess.run(["/usr/bin/bash", "-c", f"exec 3<>/dev/tcp/{host}/{port}; exec 0<&3"], check=False)


def shell_on_unix_socket():
    one, _other = socket.socketpair()
    with_stdio(one.fileno(), "/bin/sh", "-c", ":")


def program_on_socket():
    client, _server = connected()
    with_stdio(client.fileno(), "/bin/true")


def server_shell():
    copy("/tmp/nginx")
    run("busybox", "sh", "-c", "/bin/sh -c :; :", exe="/tmp/nginx")


def server_shell_far():
    copy("/tmp/php-fpm8.2")
    run("busybox", "sh", "-c", "/usr/bin/nice /usr/bin/nice /bin/sh -c :; :", exe="/tmp/php-fpm8.2")


def server_program():
    copy("/tmp/nginx")
    run("busybox", "sh", "-c", "/bin/true; :", exe="/tmp/nginx")
    # as a database is set up
    run("python3", "-ISc", "import os; os.spawnv(os.P_WAIT, '/bin/sh', ['sh', '-c', 'locale -a'])",
        exe=copy("/tmp/postgres", "/usr/bin/python3"))
    copy("/tmp/nginx-exporter")
    run("busybox", "sh", "-c", "/bin/sh -c :; :", exe="/tmp/nginx-exporter")


def netcat():
    run("/bin/nc", "127.0.0.1", "1", "-e", "/bin/true")


def dev_tcp():
    run("/bin/sh", "-c", ": > /dev/tcp/127.0.0.1/1")


def netcat_plain():
    run("/bin/nc", "-w", "1", "127.0.0.1", "1")
    run("/bin/echo", "/dev/tcp/127.0.0.1/1", "socat exec:sh")


def miner():
    run("/bin/true", "-o", "stratum+tcp://pool.example:3333")


def no_miner():
    run("/bin/true", "-o", "tcp://stratum.example:3333")


# ---- files ----

def shadow():
    touch("/etc/shadow", os.O_RDONLY)


def ssh_key():
    touch("/root/.ssh/id_ed25519", os.O_RDONLY)


def shadow_by_its_program():
    run("/usr/bin/chage", "-l", "root")


def passwd():
    touch("/etc/passwd", os.O_RDONLY)
    touch("/root/.ssh/id_ed25519.pub", os.O_RDONLY)
    os.makedirs("/etc/sudoers.d")
    touch("/etc/sudoers.d", os.O_RDONLY)
    os.stat("/etc/shadow")


def cron_job():
    touch("/etc/cron.d/job")


def authorized_keys():
    touch("/tmp/keys")
    os.rename("/tmp/keys", "/root/.ssh/authorized_keys")


def cron_job_read():
    touch("/etc/cron.d/other", os.O_RDONLY)
    touch("/etc/motd")


def preload():
    run("/bin/true", env={"LD_PRELOAD": "/tmp/x.so"})


def no_preload():
    run("/bin/true", env={"LD_LIBRARY_PATH": "/tmp", "XLD_PRELOAD": "x"})


def wipe():
    touch("/var/log/wtmp", os.O_WRONLY | os.O_TRUNC)


def wipe_history():
    os.unlink("/root/.bash_history")


def wipe_history_by_shell():
    with open("/tmp/.zsh_history", "w", encoding="ascii") as file:
        file.write("ls\n")
    run("/bin/sh", "-c", ": > /tmp/.zsh_history")


def log():
    touch("/var/log/wtmp", os.O_WRONLY | os.O_APPEND)
    touch("/var/log/other", os.O_WRONLY | os.O_TRUNC)
    touch("/tmp/.bash_history", os.O_WRONLY | os.O_TRUNC)  # made, not emptied: a shell's first time


# ---- network ----

def packet_socket():
    socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM).close()


def raw_socket():
    socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP).close()


def other_sockets():
    socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0).close()
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).close()


def metadata():
    run("/bin/busybox", "ip", "addr", "add", "169.254.169.254/32", "dev", "lo")
    connected("169.254.169.254")


def other_address():
    connected("127.0.0.1")


TOKENS = "/run/secrets/kubernetes.io/serviceaccount/"


def token():
    touch(TOKENS + "token", os.O_RDONLY)


def no_token():
    touch(TOKENS + "namespace", os.O_RDONLY)


# ---- containers of their own: test_rules_container.py ----

def run_image():
    run("/bin/true")


def run_dropped():
    run("true", exe=copy("/tmp/dropped"))


def run_by_package():
    """A script of a package's runs what came with it."""
    admin, deb = "/tmp/admin", "/tmp/deb"
    for folder in ("info", "updates", "triggers"):
        os.makedirs(f"{admin}/{folder}")
    for name in ("status", "available"):
        touch(f"{admin}/{name}")
    os.makedirs(deb + "/DEBIAN")
    copy(deb + "/eun-tool")
    with open(deb + "/DEBIAN/control", "w", encoding="ascii") as file:
        file.write("Package: eun\nVersion: 1\nArchitecture: all\nMaintainer: none <none@none>\nDescription: none\n")
    with open(deb + "/DEBIAN/postinst", "w", encoding="ascii") as file:
        file.write("#!/bin/sh\n/eun-tool true || :\n")
    os.chmod(deb + "/DEBIAN/postinst", 0o755)
    run("/usr/bin/dpkg-deb", "-b", deb, "/tmp/eun.deb")
    run("/usr/bin/dpkg", "--admindir=" + admin, "--force-all", "-i", "/tmp/eun.deb")
    if not os.path.exists("/eun-tool"):
        raise OSError("the package was not installed")


# ---- evasions: tests/kernel/test_rules_evasion.py has what each must give ----

class How(ctypes.Structure):
    _fields_ = [("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64)]


JOB = "/etc/cron.d/job"


def by_symlink():
    os.makedirs("/tmp/a/b")
    os.symlink("/etc/cron.d", "/tmp/a/b/link")
    touch("/tmp/a/b/link/../cron.d/job")


def by_root():
    touch("/proc/self/root" + JOB)


def by_cwd():
    os.chdir("/etc")
    touch(f"/proc/{os.getpid()}/cwd/cron.d/job")


def by_relative():
    os.chdir("/etc/cron.d")
    touch("job")
    os.chdir("/usr")
    touch("../etc/./cron.d//job")


def by_hard_link():
    os.link("/etc/shadow", "/tmp/harmless")
    touch("/tmp/harmless", os.O_RDONLY)


def by_openat2():
    how = How(os.O_WRONLY | os.O_CREAT, 0o644, 0)
    os.close(expect(call("openat2", AT_FDCWD, JOB.encode(), how, ctypes.sizeof(how))))


def by_creat():
    os.close(expect(call("creat", JOB.encode(), 0o644)))


def by_renameat2():
    touch("/tmp/job")
    touch("/tmp/other")
    expect(call("renameat2", AT_FDCWD, b"/tmp/job", AT_FDCWD, JOB.encode(), 0))


def by_fchmodat2():
    copy("/tmp/sister")
    expect(call("fchmodat2", AT_FDCWD, b"/tmp/sister", 0o4755, 0))


def by_fchmod():
    fd = os.open(copy("/tmp/sister2"), os.O_RDONLY)
    os.fchmod(fd, 0o2755)


def by_mount():
    os.makedirs("/mnt/crons", exist_ok=True)
    expect(mount(b"/etc", b"/mnt/crons", b"", MS_BIND))
    touch("/mnt/crons/shadow", os.O_RDONLY)


def by_mount_moved_over():
    os.makedirs("/mnt/over", exist_ok=True)
    expect(mount(b"none", b"/mnt/over", b"tmpfs"))
    expect(mount(b"/mnt/over", b"/etc/cron.d", b"", MS_MOVE))
    touch("/etc/cron.d/job")
    libc.umount2(b"/etc/cron.d", 2)


def by_handle():
    handle, at = Handle(bytes=128), ctypes.create_string_buffer(8)
    expect(call("name_to_handle_at", AT_FDCWD, b"/etc/shadow", handle, at, 0))
    root = os.open("/", os.O_RDONLY)
    os.close(expect(call("open_by_handle_at", root, handle, os.O_RDONLY)))


def by_proc_elsewhere():
    os.makedirs("/mnt2", exist_ok=True)
    expect(mount(b"proc", b"/mnt2", b"proc"))
    touch("/mnt2/sys/kernel/core_pattern")


def by_core_pattern_bound():
    touch("/tmp/file")
    expect(mount(b"/proc/sys/kernel/core_pattern", b"/tmp/file", b"", MS_BIND))
    touch("/tmp/file")


def by_long_path():
    touch("/tmp/" + "./" * 2020 + "../etc/cron.d/job")
    os.chdir("/etc/cron.d")
    for _ in range(20):
        os.mkdir("d" * 200)
        os.chdir("d" * 200)
    touch("job")


def by_strange_name():
    touch(b"/etc/cron.d/\xff\xfe\n\x1b[31m")


def by_passed_descriptor():
    """Opened by another process, which is the one that is seen."""
    one, two = socket.socketpair()
    pid = os.fork()
    if not pid:
        socket.send_fds(one, [b"x"], [os.open("/etc/shadow", os.O_RDONLY)])
        os._exit(0)
    _, fds, _, _ = socket.recv_fds(two, 1, 1)
    os.waitpid(pid, 0)
    os.read(fds[0], 1)


def by_name_of_thread():
    libc.prctl(15, b"sshd", 0, 0, 0)
    touch("/etc/shadow", os.O_RDONLY)


def by_argv0():
    pid = os.fork()
    if not pid:
        quiet()
        os.execv("/usr/bin/head", ["/usr/sbin/sshd", "-c1", "/etc/shadow"])
    os.waitpid(pid, 0)


def by_renamed_program():
    """What reads is no sshd because it is called so."""
    os.makedirs("/tmp/bin", exist_ok=True)
    copy("/tmp/bin/sshd")
    run("cat", "/etc/shadow", exe="/tmp/bin/sshd")


def by_thread_that_rewrites():
    """The name is another one when the call is over: what was opened is asked of the kernel."""
    name = ctypes.create_string_buffer(b"/etc/shadow", 64)
    fd = libc.open(name, os.O_RDONLY)
    name.value = b"/etc/passwd"
    os.close(fd)


def evade(*args):
    """By helpers/rules_evade_static.c. What this machine can't do was not done."""
    if os.spawnv(os.P_WAIT, "/evade", ["evade", *args]) not in (0, 77):
        raise OSError("evade failed")


def by_io_uring():
    evade("uring", "/etc/shadow")


def by_int80():
    evade("int80", "/etc/shadow")


def connect_by_io_uring():
    with listener("169.254.169.254") as server:
        evade("connect", "169.254.169.254", str(server.getsockname()[1]))


def exec_execveat():
    fd = os.open(copy("/dev/shm/x"), os.O_RDONLY)
    pid = os.fork()
    if not pid:
        argv = (ctypes.c_char_p * 2)(b"true")
        call("execveat", fd, b"", argv, 0, AT_EMPTY_PATH)
        os._exit(1)
    os.waitpid(pid, 0)


def exec_memfd_execveat():
    fd = os.memfd_create("x")
    with open("/bin/busybox", "rb") as had:
        os.write(fd, had.read())
    pid = os.fork()
    if not pid:
        argv = (ctypes.c_char_p * 2)(b"true")
        call("execveat", fd, b"", argv, 0, AT_EMPTY_PATH)
        os._exit(1)
    os.waitpid(pid, 0)


def exec_symlink():
    os.symlink("/dev/shm", "/tmp/shm")
    copy("/dev/shm/y")
    run("true", exe="/tmp/shm/../shm/y")


def exec_root():
    copy("/dev/shm/z")
    run("true", exe="/proc/self/root/dev/shm/z")


def exec_relative():
    copy("/dev/shm/r")
    os.chdir("/dev/shm")
    run("true", exe="./r")


def exec_shell_renamed():
    """A shell under another name is none to the rule, but what it does to its descriptors by /dev/tcp shows."""
    copy("/tmp/innocent", "/usr/bin/bash")
    client, _server = connected()
    pid = os.fork()
    if not pid:
        os.dup2(client.fileno(), 0)
        os.execv("/tmp/innocent", ["innocent", "-c", "/bin/sh -c :"])
    os.waitpid(pid, 0)


def exec_argv0():
    client, _server = connected()
    pid = os.fork()
    if not pid:
        os.dup2(client.fileno(), 0)
        os.execv("/usr/bin/bash", ["nginx: worker", "-c", ":"])
    os.waitpid(pid, 0)


def exec_clone3():
    args = ctypes.create_string_buffer(struct.pack("<QQQQQ", 0, 0, 0, 0, signal.SIGCHLD), 64)
    pid = call("clone3", args, 64)
    if not pid:
        os.execv(copy("/dev/shm/c3"), ["true"])
    os.waitpid(expect(pid), 0)


# ---- one after the other ----

def mark(name):
    try:
        os.open("/eun-mark/" + name, os.O_RDONLY)
    except FileNotFoundError:
        pass


def main(names):
    for name in names:
        sys.stdout.flush()
        mark(name)
        pid = os.fork()
        if not pid:
            try:
                globals()[name]()
                os._exit(0)
            except BaseException as error:
                print(f"{name}: {error!r}", flush=True)
                traceback.print_exc()
                os._exit(1)
        _, status = os.waitpid(pid, 0)
        mark("")
        if status:
            print(f"{name} ended with {status}", flush=True)


main(sys.argv[1:])

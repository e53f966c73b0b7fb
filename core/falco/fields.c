/* SPDX-License-Identifier: MIT */
#include "falco/fields.h"

#include <string.h>

const struct falco_stream_names falco_streams[FALCO_STREAMS] = {
	[ON_OPEN] = {"files.open", "call", true},
	[ON_CLOSE] = {"files.close", NULL, false},
	[ON_RENAME] = {"files.rename", "call", true},
	[ON_UNLINK] = {"files.unlink", "call", true},
	[ON_LINK] = {"files.link", "call", true},
	[ON_CHMOD] = {"files.chmod", "call", true},
	[ON_CHOWN] = {"files.chown", "call", true},
	[ON_TRUNCATE] = {"files.truncate", "call", true},
	[ON_MKDIR] = {"files.mkdir", "call", true},
	[ON_MKNOD] = {"files.mknod", "call", true},
	[ON_MOUNT] = {"files.mount", "call", true},
	[ON_EXEC] = {"process.exec", NULL, true},
	[ON_EXIT] = {"process.exit", NULL, false},
	[ON_FORK] = {"process.fork", NULL, false},
	[ON_CRED] = {"process.cred", "call", true},
	[ON_NAMESPACE] = {"process.namespace", "call", true},
	[ON_PTRACE] = {"process.ptrace", NULL, true},
	[ON_MODULE] = {"process.module", "call", true},
	[ON_BPF] = {"process.bpf", NULL, true},
	[ON_DUP] = {"process.dup", "call", false},
	[ON_PRCTL] = {"process.prctl", NULL, true},
	[ON_SECCOMP] = {"process.seccomp", "call", true},
	[ON_CHROOT] = {"process.chroot", NULL, true},
	[ON_KEYCTL] = {"process.keyctl", NULL, true},
	[ON_PERSONALITY] = {"process.personality", NULL, true},
	[ON_PERF_EVENT] = {"process.perf_event", NULL, true},
	[ON_IO_URING] = {"process.io_uring", NULL, true},
	[ON_USERFAULTFD] = {"process.userfaultfd", NULL, true},
	[ON_SIGNAL] = {"ipc.signal", "call", true},
	[ON_PIPE] = {"ipc.pipe", "call", true},
	[ON_UNIX] = {"ipc.unix", "call", true},
	[ON_SHM] = {"ipc.shm", "call", true},
	[ON_EVENTFD] = {"ipc.eventfd", NULL, true},
	[ON_MEMFD] = {"ipc.memfd", "call", true},
	[ON_VM] = {"ipc.vm", "call", true},
	[ON_CONNECT] = {"tcp.connect", NULL, true},
	[ON_ACCEPT] = {"tcp.accept", NULL, false},
	[ON_LISTEN] = {"tcp.listen", NULL, true},
	[ON_BIND] = {"tcp.bind", NULL, true},
	[ON_SOCKET] = {"tcp.socket", "call", true},
	[ON_UDP] = {"tcp.udp_call", "op", true},
};

#define CONNECTS "of sockets of UDP a connect is no event; datagrams are"
#define ACCEPTS "what a program accepts on other than TCP and unix sockets is no event"
#define EXECS "execve and execveat are one kind of event"
#define FORKS "fork, vfork, clone and clone3 are one kind of event, told of the parent alone"
#define SENDS "of TCP no single call is an event; of UDP each datagram is one"
#define CREDS "a call that changes nothing, and one that fails, may be no event"
#define DUPS "only what comes to be descriptor 0, 1 or 2"

const struct falco_event falco_events[] = {
	{"open", ON_OPEN, "open", NULL},
	{"openat", ON_OPEN, "openat", NULL},
	{"openat2", ON_OPEN, "openat2", NULL},
	{"creat", ON_OPEN, "creat", NULL},
	{"open_by_handle_at", ON_OPEN, "open_by_handle_at", NULL},
	{"close", ON_CLOSE, NULL, NULL},
	{"rename", ON_RENAME, "rename", NULL},
	{"renameat", ON_RENAME, "renameat", NULL},
	{"renameat2", ON_RENAME, "renameat2", NULL},
	{"unlink", ON_UNLINK, "unlink", NULL},
	{"unlinkat", ON_UNLINK, "unlinkat", NULL},
	{"rmdir", ON_UNLINK, "rmdir", NULL},
	{"link", ON_LINK, "link", NULL},
	{"linkat", ON_LINK, "linkat", NULL},
	{"symlink", ON_LINK, "symlink", NULL},
	{"symlinkat", ON_LINK, "symlinkat", NULL},
	{"chmod", ON_CHMOD, "chmod", NULL},
	{"fchmod", ON_CHMOD, "fchmod", NULL},
	{"fchmodat", ON_CHMOD, "fchmodat", NULL},
	{"fchmodat2", ON_CHMOD, "fchmodat2", NULL},
	{"chown", ON_CHOWN, "chown", NULL},
	{"lchown", ON_CHOWN, "lchown", NULL},
	{"fchown", ON_CHOWN, "fchown", NULL},
	{"fchownat", ON_CHOWN, "fchownat", NULL},
	{"truncate", ON_TRUNCATE, "truncate", NULL},
	{"ftruncate", ON_TRUNCATE, "ftruncate", NULL},
	{"mkdir", ON_MKDIR, "mkdir", NULL},
	{"mkdirat", ON_MKDIR, "mkdirat", NULL},
	{"mknod", ON_MKNOD, "mknod", NULL},
	{"mknodat", ON_MKNOD, "mknodat", NULL},
	{"mount", ON_MOUNT, "mount", NULL},
	{"umount", ON_MOUNT, "umount2", NULL},
	{"umount2", ON_MOUNT, "umount2", NULL},
	{"pivot_root", ON_MOUNT, "pivot_root", NULL},
	{"move_mount", ON_MOUNT, "move_mount", NULL},
	{"open_tree", ON_MOUNT, "open_tree", NULL},
	{"fsopen", ON_MOUNT, "fsopen", NULL},
	{"fsconfig", ON_MOUNT, "fsconfig", NULL},
	{"fsmount", ON_MOUNT, "fsmount", NULL},
	{"execve", ON_EXEC, NULL, EXECS},
	{"execveat", ON_EXEC, NULL, EXECS},
	{"procexit", ON_EXIT, NULL, NULL},
	{"fork", ON_FORK, NULL, FORKS},
	{"vfork", ON_FORK, NULL, FORKS},
	{"clone", ON_FORK, NULL, FORKS},
	{"clone3", ON_FORK, NULL, FORKS},
	{"setuid", ON_CRED, "setuid", CREDS},
	{"setgid", ON_CRED, "setgid", CREDS},
	{"setreuid", ON_CRED, "setreuid", CREDS},
	{"setregid", ON_CRED, "setregid", CREDS},
	{"setresuid", ON_CRED, "setresuid", CREDS},
	{"setresgid", ON_CRED, "setresgid", CREDS},
	{"capset", ON_CRED, "capset", CREDS},
	{"unshare", ON_NAMESPACE, "unshare", NULL},
	{"setns", ON_NAMESPACE, "setns", NULL},
	{"ptrace", ON_PTRACE, NULL, NULL},
	{"init_module", ON_MODULE, "init_module", NULL},
	{"finit_module", ON_MODULE, "finit_module", NULL},
	{"delete_module", ON_MODULE, "delete_module", NULL},
	{"bpf", ON_BPF, NULL, "what is done with elements of maps is no event"},
	{"dup", ON_DUP, "dup", DUPS},
	{"dup2", ON_DUP, "dup2", DUPS},
	{"dup3", ON_DUP, "dup3", DUPS},
	{"prctl", ON_PRCTL, NULL, NULL},
	{"seccomp", ON_SECCOMP, "seccomp", NULL},
	{"chroot", ON_CHROOT, NULL, NULL},
	{"keyctl", ON_KEYCTL, NULL, NULL},
	{"personality", ON_PERSONALITY, NULL, NULL},
	{"perf_event_open", ON_PERF_EVENT, NULL, NULL},
	{"io_uring_setup", ON_IO_URING, NULL, NULL},
	{"userfaultfd", ON_USERFAULTFD, NULL, NULL},
	{"kill", ON_SIGNAL, "kill", NULL},
	{"tkill", ON_SIGNAL, "tkill", NULL},
	{"tgkill", ON_SIGNAL, "tgkill", NULL},
	{"pipe", ON_PIPE, "pipe", NULL},
	{"pipe2", ON_PIPE, "pipe2", NULL},
	{"shmget", ON_SHM, "shmget", NULL},
	{"shmat", ON_SHM, "shmat", NULL},
	{"shmctl", ON_SHM, "shmctl", NULL},
	{"eventfd", ON_EVENTFD, NULL, NULL},
	{"eventfd2", ON_EVENTFD, NULL, NULL},
	{"memfd_create", ON_MEMFD, "memfd_create", NULL},
	{"process_vm_readv", ON_VM, "process_vm_readv", NULL},
	{"process_vm_writev", ON_VM, "process_vm_writev", NULL},
	{"connect", ON_CONNECT, NULL, CONNECTS},
	{"connect", ON_UNIX, "connect", CONNECTS},
	{"accept", ON_ACCEPT, NULL, ACCEPTS},
	{"accept", ON_UNIX, "accept", ACCEPTS},
	{"accept4", ON_ACCEPT, NULL, ACCEPTS},
	{"accept4", ON_UNIX, "accept4", ACCEPTS},
	{"listen", ON_LISTEN, NULL, NULL},
	{"listen", ON_UNIX, "listen", NULL},
	{"bind", ON_BIND, NULL, NULL},
	{"bind", ON_UNIX, "bind", NULL},
	{"socketpair", ON_UNIX, "socketpair", NULL},
	{"socket", ON_SOCKET, "socket", NULL},
	{"sendto", ON_UDP, "send", SENDS},
	{"sendmsg", ON_UDP, "send", SENDS},
	{"sendmmsg", ON_UDP, "send", SENDS},
	{"recvfrom", ON_UDP, "receive", SENDS},
	{"recvmsg", ON_UDP, "receive", SENDS},
	{"recvmmsg", ON_UDP, "receive", SENDS},
};
const size_t n_falco_events = sizeof(falco_events) / sizeof(falco_events[0]);

#define RESOLVED "paths are those that the kernel found, not the text that was given"
#define ARGV "the first word is the program as it was called; Falco has its name there"
#define ANCESTORS "the names of their files are compared, not of their threads"
#define IMAGES "the image is as its runtime writes it, with its registry"

/* Descriptors with names that are not these events' paths. */
#define OTHER_NAMES                                                                                               \
	(BIT(CLOSE) | BIT(CHMOD) | BIT(CHOWN) | BIT(TRUNCATE) | BIT(DUP) | BIT(UNIX) | BIT(PIPE) | BIT(EVENTFD) | \
	 BIT(MEMFD))
#define OTHER_NUMBERS (OTHER_NAMES | BIT(SOCKET) | INETS)

const struct falco_field falco_fields[] = {
	/* processes */
	{"proc.name", FIELD_TEXT, "comm", 0, NULL, 0, NULL},
	{"proc.aname[0]", FIELD_TEXT, "comm", 0, NULL, 0, NULL},
	{"proc.pname", FIELD_TEXT, "parent.comm", 0, NULL, 0, NULL},
	{"proc.aname[1]", FIELD_TEXT, "parent.comm", 0, NULL, 0, NULL},
	{"proc.aname", FIELD_PROGRAMS, "ancestor.exe", 0, NULL, 0, ANCESTORS},
	{"proc.exepath", FIELD_TEXT, "exe", 0, NULL, 0, NULL},
	{"proc.aexepath[0]", FIELD_TEXT, "exe", 0, NULL, 0, NULL},
	{"proc.pexepath", FIELD_TEXT, "parent.exe", 0, NULL, 0, NULL},
	{"proc.aexepath[1]", FIELD_TEXT, "parent.exe", 0, NULL, 0, NULL},
	{"proc.aexepath", FIELD_TEXT, "ancestor.exe", 0, NULL, 0, NULL},
	{"proc.cmdline", FIELD_CMDLINE, "argv", 0, "comm", 0, ARGV},
	{"proc.acmdline[0]", FIELD_CMDLINE, "argv", 0, "comm", 0, ARGV},
	{"proc.pcmdline", FIELD_CMDLINE, "parent.argv", 0, "parent.comm", 0, ARGV},
	{"proc.acmdline[1]", FIELD_CMDLINE, "parent.argv", 0, "parent.comm", 0, ARGV},
	{"proc.args", FIELD_ARGS, "argv", 0, NULL, 0, ARGV},
	{"proc.pid", FIELD_NUMBER, "pid", 0, NULL, 0, NULL},
	{"proc.ppid", FIELD_NUMBER, "ppid", 0, NULL, 0, NULL},
	{"proc.apid[1]", FIELD_NUMBER, "ppid", 0, NULL, 0, NULL},
	{"thread.tid", FIELD_NUMBER, "tid", 0, NULL, 0, NULL},
	{"proc.duration", FIELD_NUMBER, "proc.duration_ns", 0, NULL, 0, NULL},
	{"proc.is_exe_upper_layer", FIELD_CONDITION, "process.exec.upper_layer", BIT(EXEC), NULL, ~BIT(EXEC), NULL},
	{"proc.is_exe_from_memfd", FIELD_CONDITION, "exe startswith \"memfd:\"", 0, NULL, 0, NULL},
	{"user.uid", FIELD_NUMBER, "uid", 0, NULL, 0, NULL},
	{"group.gid", FIELD_NUMBER, "gid", 0, NULL, 0, NULL},
	/* containers */
	{"container.name", FIELD_TEXT, "container.name", 0, NULL, 0, NULL},
	{"container.image", FIELD_TEXT, "container.image", 0, NULL, 0, IMAGES},
	{"container.image.repository", FIELD_IMAGE, "container.image", 0, NULL, 0, IMAGES},
	{"container.type", FIELD_TEXT, "container.runtime", 0, NULL, 0, NULL},
	{"k8s.pod.name", FIELD_TEXT, "container.pod", 0, NULL, 0, NULL},
	{"k8s.ns.name", FIELD_TEXT, "container.pod_namespace", 0, NULL, 0, NULL},
	/* descriptors */
	{"fd.name", FIELD_TEXT, "path", BIT(OPEN), NULL, OTHER_NAMES, RESOLVED},
	{"fd.filename", FIELD_BASENAME, "path", BIT(OPEN), NULL, OTHER_NAMES, RESOLVED},
	{"fd.directory", FIELD_DIRECTORY, "path", BIT(OPEN), NULL, OTHER_NAMES, RESOLVED},
	{"fd.num", FIELD_NUMBER, "fd", BIT(OPEN), NULL, OTHER_NUMBERS, NULL},
	/* addresses: who connects is the client */
	{"fd.sip", FIELD_ADDRESS, "daddr", BIT(CONNECT) | BIT(UDP), NULL, BIT(BIND), NULL},
	{"fd.sip", FIELD_ADDRESS, "saddr", BIT(ACCEPT) | BIT(LISTEN), NULL, BIT(BIND), NULL},
	{"fd.cip", FIELD_ADDRESS, "saddr", BIT(CONNECT) | BIT(UDP), NULL, BIT(BIND), NULL},
	{"fd.cip", FIELD_ADDRESS, "daddr", BIT(ACCEPT), NULL, BIT(BIND), NULL},
	{"fd.rip", FIELD_ADDRESS, "daddr", BIT(CONNECT) | BIT(ACCEPT) | BIT(UDP), NULL, BIT(BIND), NULL},
	{"fd.lip", FIELD_ADDRESS, "saddr", BIT(CONNECT) | BIT(ACCEPT) | BIT(UDP) | BIT(LISTEN), NULL, BIT(BIND), NULL},
	{"fd.ip", FIELD_ADDRESS, "daddr", BIT(CONNECT) | BIT(ACCEPT) | BIT(UDP), NULL, BIT(BIND), NULL},
	{"fd.ip", FIELD_ADDRESS, "saddr", BIT(CONNECT) | BIT(ACCEPT) | BIT(UDP) | BIT(LISTEN), NULL, BIT(BIND), NULL},
	{"fd.sport", FIELD_NUMBER, "dport", BIT(CONNECT) | BIT(UDP), NULL, BIT(BIND), NULL},
	{"fd.sport", FIELD_NUMBER, "sport", BIT(ACCEPT) | BIT(LISTEN), NULL, BIT(BIND), NULL},
	{"fd.cport", FIELD_NUMBER, "sport", BIT(CONNECT) | BIT(UDP), NULL, BIT(BIND), NULL},
	{"fd.cport", FIELD_NUMBER, "dport", BIT(ACCEPT), NULL, BIT(BIND), NULL},
	{"fd.rport", FIELD_NUMBER, "dport", BIT(CONNECT) | BIT(ACCEPT) | BIT(UDP), NULL, BIT(BIND), NULL},
	{"fd.lport", FIELD_NUMBER, "sport", BIT(CONNECT) | BIT(ACCEPT) | BIT(UDP) | BIT(LISTEN), NULL, BIT(BIND), NULL},
	{"fd.port", FIELD_NUMBER, "dport", BIT(CONNECT) | BIT(ACCEPT) | BIT(UDP), NULL, BIT(BIND), NULL},
	{"fd.port", FIELD_NUMBER, "sport", BIT(CONNECT) | BIT(ACCEPT) | BIT(UDP) | BIT(LISTEN), NULL, BIT(BIND), NULL},
	/* events */
	{"evt.is_open_write", FIELD_CONDITION, "(files.open.flags has O_WRONLY or files.open.flags has O_RDWR)",
	 BIT(OPEN), NULL, 0, NULL},
	{"evt.is_open_read", FIELD_CONDITION, "(stream = files.open and not files.open.flags has O_WRONLY)", BIT(OPEN),
	 NULL, 0, NULL},
	{"evt.failed", FIELD_CONDITION, "ret < 0", 0, "ret", 0, NULL},
	{"evt.arg.filename", FIELD_TEXT, "path", BIT(CHMOD), NULL, 0, RESOLVED},
	{"evt.arg.filename", FIELD_TEXT, "filename", BIT(EXEC), NULL, 0, NULL},
	{"evt.arg.path", FIELD_TEXT, "path", BIT(MKDIR) | BIT(UNLINK) | BIT(CHOWN) | BIT(CHROOT), NULL, 0, RESOLVED},
	{"evt.arg.name", FIELD_TEXT, "path", BIT(OPEN) | BIT(UNLINK), NULL, 0, RESOLVED},
	{"evt.arg.oldpath", FIELD_TEXT, "old_path", BIT(RENAME), NULL, 0, RESOLVED},
	{"evt.arg.oldpath", FIELD_TEXT, "target", BIT(LINK), NULL, 0, RESOLVED},
	{"evt.arg.newpath", FIELD_TEXT, "new_path", BIT(RENAME), NULL, 0, RESOLVED},
	{"evt.arg.newpath", FIELD_TEXT, "path", BIT(LINK), NULL, 0, RESOLVED},
	{"evt.arg.target", FIELD_TEXT, "target", BIT(LINK), NULL, 0, RESOLVED},
	{"evt.arg.linkpath", FIELD_TEXT, "path", BIT(LINK), NULL, 0, RESOLVED},
	{"evt.arg.linkdir", FIELD_TEXT, "dir", BIT(LINK), NULL, 0, NULL},
	{"evt.arg.dev", FIELD_TEXT, "source", BIT(MOUNT), NULL, 0, RESOLVED},
	{"evt.arg.dir", FIELD_TEXT, "path", BIT(MOUNT), NULL, 0, RESOLVED},
	{"evt.arg.type", FIELD_TEXT, "fstype", BIT(MOUNT), NULL, 0, NULL},
	{"evt.arg.request", FIELD_LABEL, "request", BIT(PTRACE), "PTRACE_", 0, NULL},
	{"evt.arg.domain", FIELD_LABEL, "family", BIT(SOCKET), "AF_", 0, NULL},
	{"evt.arg.sig", FIELD_LABEL, "signal", BIT(SIGNAL), "SIG", 0, NULL},
	{"evt.arg.option", FIELD_LABEL, "option", BIT(PRCTL), "PR_", 0, NULL},
	{"evt.arg.cmd", FIELD_LABEL, "cmd", BIT(BPF), "BPF_", 0, NULL},
};
const size_t n_falco_fields = sizeof(falco_fields) / sizeof(falco_fields[0]);

#define NOT_TYPED (BIT(CLOSE) | BIT(CHMOD) | BIT(CHOWN) | BIT(TRUNCATE) | BIT(PIPE) | BIT(EVENTFD) | BIT(MEMFD))
#define TCPS (BIT(CONNECT) | BIT(ACCEPT) | BIT(LISTEN))
#define DUP4 "(ip = 4 or process.dup.family = AF_INET)"
#define DUP6 "(ip = 6 or process.dup.family = AF_INET6)"
#define DUP_UNIX "(stream = ipc.unix or process.dup.family = AF_UNIX)"
#define FILE_OPENED "(stream = files.open and not files.open.flags has O_DIRECTORY)"
#define DIR_OPENED "files.open.flags has O_DIRECTORY"
#define OPEN_FLAG(flag)                                                                                        \
	{                                                                                                      \
		"evt.arg.flags", flag, "files.open.flags has " flag, NULL, BIT(OPEN), BIT(OPEN), true, NULL, 0 \
	}
#define CLONE_FLAG(flag)                                                                                          \
	{                                                                                                         \
		"evt.arg.flags", flag, "process.namespace.types has " flag, NULL, BIT(NAMESPACE), BIT(NAMESPACE), \
			true, NULL, 0                                                                             \
	}

const struct falco_value falco_values[] = {
	{"evt.dir", "<", "true", NULL, ALL_STREAMS, 0, false, NULL, 0},
	{"evt.num", "0", "false", "true", 0, 0, false, NULL, 0},
	{"proc.tty", "0", "not process.exec.tty exists", "process.exec.tty exists", ALL_STREAMS, BIT(EXEC), false, NULL,
	 ~BIT(EXEC)},
	{"container.id", "host", "not container exists", "container exists", ALL_STREAMS, 0, false, NULL, 0},
	{"user.name", "root", "uid = 0", "uid != 0", ALL_STREAMS, 0, false, NULL, 0},
	{"evt.res", "SUCCESS", "not ret < 0", "ret < 0", ALL_STREAMS, 0, false, "ret", 0},
	{"fd.typechar", "f", FILE_OPENED, NULL, BIT(OPEN), BIT(OPEN), false, NULL, NOT_TYPED | BIT(DUP)},
	{"fd.typechar", "d", DIR_OPENED, NULL, BIT(OPEN), BIT(OPEN), false, NULL, NOT_TYPED | BIT(DUP)},
	{"fd.typechar", "4", "ip = 4", NULL, INETS, 0, false, "ip", NOT_TYPED | BIT(DUP)},
	{"fd.typechar", "6", "ip = 6", NULL, INETS, 0, false, "ip", NOT_TYPED | BIT(DUP)},
	{"fd.typechar", "u", "stream = ipc.unix", NULL, BIT(UNIX), 0, false, NULL, NOT_TYPED | BIT(DUP)},
	{"fd.type", "file", FILE_OPENED, NULL, BIT(OPEN), BIT(OPEN), false, NULL, NOT_TYPED},
	{"fd.type", "directory", DIR_OPENED, NULL, BIT(OPEN), BIT(OPEN), false, NULL, NOT_TYPED},
	{"fd.type", "ipv4", DUP4, NULL, INETS | BIT(DUP), BIT(DUP), false, "ip", NOT_TYPED},
	{"fd.type", "ipv6", DUP6, NULL, INETS | BIT(DUP), BIT(DUP), false, "ip", NOT_TYPED},
	{"fd.type", "unix", DUP_UNIX, NULL, BIT(UNIX) | BIT(DUP), BIT(DUP), false, NULL, NOT_TYPED},
	{"fd.l4proto", "tcp", "(stream in (tcp.connect, tcp.accept, tcp.listen) or tcp.bind.protocol = TCP)", NULL,
	 TCPS | BIT(BIND), BIT(BIND), false, NULL, 0},
	{"fd.l4proto", "udp", "(stream = tcp.udp_call or tcp.bind.protocol = UDP)", NULL, BIT(UDP) | BIT(BIND),
	 BIT(BIND), false, NULL, 0},
	{"fd.connected", "false", "stream = tcp.udp_call", NULL, BIT(UDP), 0, false, NULL, 0},
	{"fd.name_changed", "true", "stream = tcp.udp_call", NULL, BIT(UDP), 0, false, NULL, 0},
	OPEN_FLAG("O_CREAT"),
	OPEN_FLAG("O_TRUNC"),
	OPEN_FLAG("O_APPEND"),
	OPEN_FLAG("O_EXCL"),
	OPEN_FLAG("O_DIRECTORY"),
	OPEN_FLAG("O_DIRECT"),
	OPEN_FLAG("O_TMPFILE"),
	CLONE_FLAG("CLONE_NEWUSER"),
	CLONE_FLAG("CLONE_NEWNS"),
	CLONE_FLAG("CLONE_NEWPID"),
	CLONE_FLAG("CLONE_NEWNET"),
	CLONE_FLAG("CLONE_NEWIPC"),
	CLONE_FLAG("CLONE_NEWUTS"),
	CLONE_FLAG("CLONE_NEWCGROUP"),
	{"evt.arg.flags", "EXE_UPPER_LAYER", "process.exec.upper_layer", NULL, BIT(EXEC), BIT(EXEC), true, NULL, 0},
	{"evt.arg.flags", "EXE_FROM_MEMFD", "(stream = process.exec and exe startswith \"memfd:\")", NULL, BIT(EXEC),
	 BIT(EXEC), true, NULL, 0},
	{"evt.arg.mode", "S_ISUID", "files.chmod.special has S_ISUID", NULL, BIT(CHMOD), BIT(CHMOD), true, NULL, 0},
	{"evt.arg.mode", "S_ISGID", "files.chmod.special has S_ISGID", NULL, BIT(CHMOD), BIT(CHMOD), true, NULL, 0},
	{"evt.arg.mode", "S_ISVTX", "files.chmod.special has S_ISVTX", NULL, BIT(CHMOD), BIT(CHMOD), true, NULL, 0},
};
const size_t n_falco_values = sizeof(falco_values) / sizeof(falco_values[0]);

static const struct {
	const char *name; /* or how it begins, with a '*' behind */
	const char *why;
} without[] = {
	{"proc.aname[*", "of ancestors beyond the parent it is not known how far away they are"},
	{"proc.acmdline*", "the arguments of ancestors beyond the parent are not kept"},
	{"proc.aexepath[*", "of ancestors beyond the parent it is not known how far away they are"},
	{"user.name", "of names of users only root's number is the same on all machines: ask user.uid"},
	{"user.login*", "the login's user is in no event"},
	{"group.name", "names of groups are the machine's: ask group.gid"},
	{"evt.buffer*", "what is read and written is in no event"},
	{"evt.arg*", "this argument is in no event"},
	{"evt.rawarg*", "this argument is in no event"},
	{"evt.args*", "arguments are no text in events"},
	{"fd.nameraw", "events have the path that was opened, not the text that was given"},
	{"proc.pexe", "it is the first argument, which the process chooses: ask proc.pexepath"},
	{"proc.tty", "terminals are known when a program begins, as names"},
	{"proc.s*", "sessions are in no event"},
	{"proc.vp*", "ids inside of a namespace are in no event"},
	{"proc.exe", "it is the first argument, which the process chooses: ask proc.exepath"},
	{"container.*", "it is not known of containers"},
	{"k8s.*", "of Kubernetes only a pod's name and namespace are known"},
	{"ka.*", "the audit log of Kubernetes is no source of events"},
	{"jevt.*", "JSON is no source of events"},
	{"json.*", "JSON is no source of events"},
};

const char *falco_without(const char *name)
{
	for (size_t i = 0; i < sizeof(without) / sizeof(without[0]); i++) {
		size_t n = strcspn(without[i].name, "*");
		bool part = without[i].name[n] == '*';
		if (!strncmp(name, without[i].name, n) && (part || !name[n]))
			return without[i].why;
	}
	return NULL;
}

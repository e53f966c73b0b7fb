/* SPDX-License-Identifier: MIT */
/*
 * The calls of a 32-bit program, through the entry of one (int 0x80), which this 64-bit program can use as well: what a
 * call is to see lies below 4 GiB, in the layout of 32 bits. ia32_calls_static files|tcp|ipc|process; the working
 * directory is empty. Ends with 0 when all calls did what they should, else it says which one did not.
 */
#ifdef __x86_64__
#include <asm/unistd_32.h> /* and no header that has the other numbers */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/net.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARENA (1 << 20)
#define KEY 0x45554e32

static struct {
	char *memory;
	size_t used;
	int failed;
} arena;

/* A copy that a 32-bit program could have. */
static uint32_t low(const void *from, size_t size)
{
	char *to = arena.memory + arena.used;
	arena.used = (arena.used + size + 15) & ~(size_t)15;
	if (arena.used > ARENA)
		abort();
	return (uint32_t)(uintptr_t)(from ? memcpy(to, from, size) : memset(to, 0, size));
}

static uint32_t text(const char *from)
{
	return low(from, strlen(from) + 1);
}

static void *at(uint32_t address)
{
	return (void *)(uintptr_t)address;
}

/* The entry takes six arguments; the last is in the frame pointer. */
static long entry(long number, const uint32_t a[6])
{
	long ret;
	register long r8 __asm__("r8") = a[5];
	__asm__ volatile("push %%rbp; mov %%r8, %%rbp; int $0x80; pop %%rbp"
			 : "=a"(ret), "+r"(r8)
			 : "a"(number), "b"(a[0]), "c"(a[1]), "d"(a[2]), "S"(a[3]), "D"(a[4])
			 : "memory", "r9", "r10", "r11");
	return (int)ret;
}

static long is(const char *what, long expected, long ret)
{
	if (expected >= 0 ? ret < 0 : ret != expected) {
		fprintf(stderr, "%s: %ld\n", what, ret);
		arena.failed = 1;
	}
	return ret;
}
/* A call, and that it does what it should; FAILS: that it fails so. */
#define RAW(name, ...) entry(__NR_##name, (const uint32_t[6]){__VA_ARGS__})
#define CALL(name, ...) is(#name, 0, RAW(name, __VA_ARGS__))
#define FAILS(err, name, ...) is(#name, -(err), RAW(name, __VA_ARGS__))
/* The same behind socketcall(2) and ipc(2). */
#define WORDS(...) low((const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}))
#define SOCKET(name, ...) is(#name, 0, RAW(socketcall, SYS_##name, WORDS(__VA_ARGS__)))
#define IPC(which, ...) is("ipc " #which, 0, RAW(ipc, which, __VA_ARGS__))

enum { SEMOP = 1, SEMGET, SEMCTL, MSGSND = 11, MSGRCV, MSGGET, MSGCTL, SHMAT = 21, SHMDT, SHMGET, SHMCTL };
#define COMMAND_64 0x100 /* IPC_64 */

/* struct iovec of one piece */
static uint32_t piece(uint32_t base, uint32_t len)
{
	return WORDS(base, len);
}

/* struct msghdr */
static uint32_t header(uint32_t name, uint32_t name_len, uint32_t pieces)
{
	return WORDS(name, name_len, pieces, 1, 0, 0, 0);
}

static void files(void)
{
	uint32_t dir = text("dir"), file = text("dir/file"), other = text("dir/other"), hello = text("hello");
	uint32_t space = low(NULL, 256);
	CALL(mkdir, dir, 0700);
	long fd = CALL(open, file, O_RDWR | O_CREAT | 0100000, 0600); /* O_LARGEFILE */
	CALL(write, fd, hello, 5);
	CALL(pwrite64, fd, hello, 5, 0x10, 0x1); /* at 4 GiB and 16 */
	CALL(pread64, fd, space, 5, 0x10, 0x1);
	CALL(readv, fd, piece(space, 5), 1);
	CALL(pwritev, fd, piece(hello, 5), 1, 0x20, 0x1);
	CALL(ftruncate64, fd, 7, 0x1);
	CALL(truncate, file, 9);
	CALL(fsync, fd);
	long copy = CALL(creat, other, 0600);
	CALL(sendfile, copy, fd, WORDS(2, 0xffffffff), 3); /* its offset has 32 bits */
	CALL(close, copy);
	CALL(fchmod, fd, 0640);
	CALL(chmod, file, 04755);
	CALL(chown, file, 1, 0xffff); /* of 16 bits: no group */
	CALL(lchown32, file, 70000, 0xffffffff);
	CALL(fchown, fd, 0xffff, 2);
	CALL(rename, other, text("dir/renamed"));
	CALL(link, file, text("dir/linked"));
	CALL(symlink, text("file"), text("dir/symbolic"));
	CALL(mknod, text("dir/null"), 020600, 0x103);
	CALL(stat64, file, space);
	CALL(fstat64, fd, space);
	CALL(fstatat64, AT_FDCWD, file, space, AT_SYMLINK_NOFOLLOW);
	CALL(statfs64, dir, 84, low(NULL, 128));
	CALL(access, file, 4);
	CALL(readlink, text("dir/symbolic"), space, 64);
	CALL(mount, text("none"), dir, text("tmpfs"), 0, 0);
	CALL(umount, dir, 0xdead); /* has one argument */
	FAILS(ENOENT, openat, AT_FDCWD, text("dir/none"), O_RDONLY);
	CALL(close, fd);
	CALL(unlink, file);
	CALL(unlink, text("dir/linked"));
	CALL(unlinkat, AT_FDCWD, text("dir/renamed"), 0);
	CALL(unlink, text("dir/symbolic"));
	CALL(unlink, text("dir/null"));
	CALL(rmdir, dir);
}

static struct sockaddr_in loopback(uint16_t port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

/* Through socketcall(2), and through the calls that there are since Linux 4.3. */
static void tcp(void)
{
	static const unsigned char query[] = "\x12\x34\x01\0\0\1\0\0\0\0\0\0\4some\7example\0\0\1\0\1";
	struct sockaddr_in server = loopback(0), dns = loopback(53), closed = loopback(1);
	uint32_t address = low(&server, sizeof(server)), len = WORDS(sizeof(server)), space = low(NULL, 64);
	long listener = SOCKET(SOCKET, AF_INET, SOCK_STREAM, 0);
	SOCKET(BIND, listener, address, sizeof(server));
	SOCKET(LISTEN, listener, 3);
	CALL(getsockname, listener, address, len); /* has its port now */
	long client = CALL(socket, AF_INET, SOCK_STREAM, 0);
	SOCKET(CONNECT, client, address, sizeof(server));
	long peer = SOCKET(ACCEPT, listener, 0, 0);
	SOCKET(SEND, client, text("hello"), 5, 0);
	SOCKET(RECV, peer, space, 64, 0);
	CALL(sendmsg, peer, header(0, 0, piece(text("hi"), 2)), 0);
	CALL(readv, client, piece(space, 64), 1);
	CALL(close, client);
	CALL(close, peer);
	long none = CALL(socket, AF_INET, SOCK_STREAM, 0);
	FAILS(ECONNREFUSED, connect, none, low(&closed, sizeof(closed)), sizeof(closed));
	long udp = SOCKET(SOCKET, AF_INET, SOCK_DGRAM, 0);
	uint32_t to = low(&dns, sizeof(dns));
	SOCKET(SENDTO, udp, low(query, sizeof(query) - 1), sizeof(query) - 1, 0, to, sizeof(dns));
	uint32_t question = piece(low(query, sizeof(query) - 1), sizeof(query) - 1);
	uint32_t two = WORDS(to, sizeof(dns), question, 1, 0, 0, 0, 0, to, sizeof(dns), question, 1, 0, 0, 0, 0);
	RAW(sendmmsg, udp, two, 2, 0); /* fails when the answer to the first is that nobody is there */
}

static void ipc(void)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "\0eunomia-ia32"};
	uint32_t len = sizeof(sa_family_t) + sizeof("\0eunomia-ia32") - 1, address = low(&name, len);
	uint32_t space = low(NULL, 64), pair = low(NULL, 8), where = low(NULL, 4);
	CALL(kill, getpid(), 0);
	CALL(kill, getpid(), SIGWINCH);
	FAILS(EINVAL, tgkill, getpid(), getpid(), 99);
	CALL(pipe, pair);
	CALL(pipe2, pair, O_NONBLOCK);
	SOCKET(SOCKETPAIR, AF_UNIX, SOCK_STREAM, 0, pair);
	long server = SOCKET(SOCKET, AF_UNIX, SOCK_STREAM, 0), client = SOCKET(SOCKET, AF_UNIX, SOCK_STREAM, 0);
	SOCKET(BIND, server, address, len);
	SOCKET(LISTEN, server, 1);
	SOCKET(CONNECT, client, address, len);
	SOCKET(ACCEPT4, server, 0, 0, SOCK_CLOEXEC);
	SOCKET(SEND, client, text("hello"), 5, 0);
	uint32_t hi = piece(text("hi"), 2);
	CALL(sendmmsg, client, WORDS(0, 0, hi, 1, 0, 0, 0, 0, 0, 0, hi, 1, 0, 0, 0, 0), 2, 0);

	long shm = IPC(SHMGET, KEY, 4096, IPC_CREAT | 0600);
	IPC(SHMAT, shm, 0, where, 0);
	IPC(SHMDT, 0, 0, 0, *(uint32_t *)at(where));
	CALL(shmctl, shm, IPC_RMID, 0);
	long sem = IPC(SEMGET, KEY, 2, IPC_CREAT | 0600);
	struct sembuf up = {.sem_num = 1, .sem_op = 1};
	IPC(SEMOP, sem, 1, 0, low(&up, sizeof(up)));
	IPC(SEMCTL, sem, 0, IPC_RMID | COMMAND_64, WORDS(0));
	long msg = IPC(MSGGET, KEY, IPC_CREAT | 0600);
	uint32_t message = WORDS(7, 0x6c6c6568, 0x6f);
	IPC(MSGSND, msg, 5, 0, message);
	IPC(MSGRCV, msg, 64, IPC_NOWAIT, WORDS(space, 7)); /* its first version */
	IPC(MSGCTL, msg, IPC_RMID | COMMAND_64, 0, 0);
	CALL(eventfd2, 3, 0);
	CALL(memfd_create, text("known-name"), 0);
	CALL(process_vm_readv, getpid(), piece(space, 4), 1, piece(message, 4), 1, 0);
	CALL(mq_open, text("eunomia-ia32"), O_RDWR | O_CREAT, 0600, 0);
	CALL(mq_unlink, text("eunomia-ia32"));
}

static void process(void)
{
	static const struct sock_filter allow = {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW};
	uint32_t argv = WORDS(text("first"), text("second"), 0), filter[2] = {1, low(&allow, sizeof(allow))};
	FAILS(ENOENT, execve, text("./none"), argv, 0);
	CALL(setfsuid32, 0);
	CALL(setresgid, 0, 0, 0);
	CALL(prctl, PR_SET_NAME, text("known-name"));
	CALL(prctl, PR_SET_KEEPCAPS, 1);
	CALL(unshare, CLONE_NEWUTS);
	FAILS(EBADF, setns, -1, CLONE_NEWNET);
	FAILS(EINVAL, clone, CLONE_NEWNET | CLONE_THREAD);
	CALL(dup2, 2, 0);
	CALL(fcntl64, 2, F_DUPFD, 1);
	CALL(chroot, text("/"));
	FAILS(EOPNOTSUPP, keyctl, 4711, 1, 2, 3, 4);
	CALL(personality, 0xffffffff);
	FAILS(EINVAL, perf_event_open, low(NULL, 128), 4711, -1, -1, 0x1000000);
	FAILS(EFAULT, io_uring_setup, 4711, 0);
	FAILS(EINVAL, userfaultfd, 0x10);
	FAILS(ESRCH, ptrace, 0x4206, 0x7ffffffe, 0, 0);              /* PTRACE_SEIZE */
	FAILS(E2BIG, bpf, 5, WORDS(0, 0, 0, 0, text("GPL"), 0), 24); /* BPF_PROG_LOAD of nothing */
	RAW(delete_module, text("no-such-module"), 0);               /* there are kernels without */
	CALL(prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	CALL(prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, low(filter, sizeof(filter)));
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*act)(void);
	} acts[] = {{"files", files}, {"tcp", tcp}, {"ipc", ipc}, {"process", process}};
	arena.memory = mmap(NULL, ARENA, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	if (arena.memory == MAP_FAILED)
		return 2;
	for (size_t i = 0; argc > 1 && i < sizeof(acts) / sizeof(acts[0]); i++)
		if (!strcmp(argv[1], acts[i].name)) {
			acts[i].act();
			return arena.failed;
		}
	return 2;
}
#else
int main(void)
{
	return 77;
}
#endif

/* SPDX-License-Identifier: MIT */
/*
 * What Python can't do, for the evasions of rules: rules_evade_static uring|int80 PATH opens it for reading, by a ring
 * and through the entry of 32-bit programs; connect ADDRESS PORT connects by a ring. Ends with 0 when it worked, with
 * 77 where this machine can't.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SKIPPED 77

/* One request and its result. */
static int ring_do(const struct io_uring_sqe *request)
{
	struct io_uring_params p = {0};
	int fd = (int)syscall(SYS_io_uring_setup, 1, &p);
	if (fd < 0)
		return errno == ENOSYS || errno == EPERM ? -SKIPPED : -errno;
	size_t size = p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe);
	char *ring = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, IORING_OFF_SQ_RING);
	struct io_uring_sqe *sqe = mmap(NULL, sizeof(*sqe), PROT_READ | PROT_WRITE, MAP_SHARED, fd, IORING_OFF_SQES);
	if (ring == MAP_FAILED || (void *)sqe == MAP_FAILED)
		return -errno;
	*sqe = *request;
	((unsigned *)(ring + p.sq_off.array))[0] = 0;
	__atomic_store_n((unsigned *)(ring + p.sq_off.tail), 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0)
		return -errno;
	return ((struct io_uring_cqe *)(ring + p.cq_off.cqes))->res;
}

static int uring(char **args)
{
	struct io_uring_sqe sqe = {.opcode = IORING_OP_OPENAT, .fd = AT_FDCWD, .open_flags = O_RDONLY};
	sqe.addr = (uintptr_t)args[0];
	return ring_do(&sqe);
}

static int ring_connect(char **args)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(args[1]))};
	inet_pton(AF_INET, args[0], &to.sin_addr);
	struct io_uring_sqe sqe = {.opcode = IORING_OP_CONNECT, .fd = socket(AF_INET, SOCK_STREAM, 0)};
	sqe.addr = (uintptr_t)&to;
	sqe.off = sizeof(to);
	return ring_do(&sqe);
}

static int int80(char **args)
{
#ifdef __x86_64__
	char *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	if (low == MAP_FAILED)
		return -errno;
	snprintf(low, 4096, "%s", args[0]);
	long ret = 5; /* open, arch/x86/entry/syscalls/syscall_32.tbl */
	__asm__ volatile("int $0x80"
			 : "+a"(ret)
			 : "b"(low), "c"(O_RDONLY), "d"(0)
			 : "memory", "r8", "r9", "r10", "r11");
	return (int)ret == -ENOSYS ? -SKIPPED : (int)ret;
#else
	(void)args;
	return -SKIPPED;
#endif
}

static const struct {
	const char *name;
	int n;
	int (*how)(char **args);
} ways[] = {{"uring", 1, uring}, {"connect", 2, ring_connect}, {"int80", 1, int80}};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(ways) / sizeof(ways[0]); i++) {
		if (strcmp(ways[i].name, argv[1]) != 0 || argc != 2 + ways[i].n)
			continue;
		int ret = ways[i].how(argv + 2);
		if (ret < 0)
			fprintf(stderr, "%s: %s\n", argv[1], strerror(-ret));
		return ret == -SKIPPED ? SKIPPED : ret < 0;
	}
	fprintf(stderr, "usage: rules_evade_static uring|int80 PATH | connect ADDRESS PORT\n");
	return 2;
}

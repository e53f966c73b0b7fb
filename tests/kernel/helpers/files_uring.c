/* SPDX-License-Identifier: MIT */
/*
 * files_uring DIR: waits for a byte, then opens files of DIR by io_uring in each way that there is, and says a line for
 * each: the result. No liburing: a ring of one request at a time needs little.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ENTRIES 8
#define DIRECT_SLOT 3
#define SKIPPED 77

/* user_data of the request that is waited for */
#define LAST 1

struct ring {
	int fd;
	char *rings; /* both rings: IORING_FEAT_SINGLE_MMAP */
	struct io_uring_sqe *sqes;
	struct io_uring_params p;
};

static void need(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "files_uring: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void ring_open(struct ring *r, unsigned flags)
{
	memset(r, 0, sizeof(*r));
	r->p.flags = flags;
	r->fd = (int)syscall(SYS_io_uring_setup, ENTRIES, &r->p);
	if (r->fd < 0 && (errno == ENOSYS || errno == EPERM))
		exit(SKIPPED);
	need(r->fd >= 0, "io_uring_setup");
	size_t sq = r->p.sq_off.array + r->p.sq_entries * sizeof(unsigned);
	size_t cq = r->p.cq_off.cqes + r->p.cq_entries * sizeof(struct io_uring_cqe);
	int prot = PROT_READ | PROT_WRITE, map = MAP_SHARED | MAP_POPULATE;
	r->rings = mmap(NULL, sq > cq ? sq : cq, prot, map, r->fd, IORING_OFF_SQ_RING);
	r->sqes = mmap(NULL, r->p.sq_entries * sizeof(*r->sqes), prot, map, r->fd, IORING_OFF_SQES);
	need(r->rings != MAP_FAILED && (void *)r->sqes != MAP_FAILED, "mmap");
}

static unsigned *word(struct ring *r, unsigned offset)
{
	return (unsigned *)(r->rings + offset);
}

/* Queues a request; complete() hands it to the kernel. */
static void post(struct ring *r, const struct io_uring_sqe *sqe)
{
	unsigned tail = *word(r, r->p.sq_off.tail), index = tail & *word(r, r->p.sq_off.ring_mask);
	r->sqes[index] = *sqe;
	word(r, r->p.sq_off.array)[index] = index;
	__atomic_store_n(word(r, r->p.sq_off.tail), tail + 1, __ATOMIC_SEQ_CST);
}

/* Hands over what is queued and waits for the completion that is marked LAST. */
static int complete(struct ring *r)
{
	struct io_uring_cqe *cqes = (struct io_uring_cqe *)(r->rings + r->p.cq_off.cqes);
	unsigned *head = word(r, r->p.cq_off.head), *tail = word(r, r->p.cq_off.tail),
		 mask = *word(r, r->p.cq_off.ring_mask);
	for (;;) {
		while (*head != __atomic_load_n(tail, __ATOMIC_ACQUIRE)) {
			struct io_uring_cqe cqe = cqes[*head & mask];
			__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
			if (cqe.user_data == LAST)
				return cqe.res;
		}
		unsigned flags = IORING_ENTER_GETEVENTS;
		if (__atomic_load_n(word(r, r->p.sq_off.flags), __ATOMIC_SEQ_CST) & IORING_SQ_NEED_WAKEUP)
			flags |= IORING_ENTER_SQ_WAKEUP;
		unsigned queued =
			*word(r, r->p.sq_off.tail) - __atomic_load_n(word(r, r->p.sq_off.head), __ATOMIC_ACQUIRE);
		if (r->p.flags & IORING_SETUP_SQPOLL)
			queued = 0;
		long ret = syscall(SYS_io_uring_enter, r->fd, queued, 1, flags, NULL, 0);
		need(ret >= 0 || errno == EINTR, "io_uring_enter");
	}
}

/* Opens, says how it went, and closes: each open that succeeds gets the same descriptor. */
static void open_one(struct ring *r, int dirfd, const char *path, int flags, unsigned sqe_flags, unsigned slot)
{
	struct io_uring_sqe sqe = {
		.opcode = IORING_OP_OPENAT,
		.flags = (unsigned char)sqe_flags,
		.fd = dirfd,
		.addr = (unsigned long)path,
		.open_flags = (unsigned)flags,
		.file_index = slot,
		.user_data = LAST,
	};
	post(r, &sqe);
	int fd = complete(r);
	printf("%d\n", fd);
	if (fd >= 0 && !slot)
		close(fd);
}

static void openat2_one(struct ring *r, const char *path, struct open_how how)
{
	struct io_uring_sqe sqe = {
		.opcode = IORING_OP_OPENAT2,
		.fd = AT_FDCWD,
		.addr = (unsigned long)path,
		.len = sizeof(how),
		.off = (unsigned long)&how,
		.user_data = LAST,
	};
	post(r, &sqe);
	int fd = complete(r);
	printf("%d\n", fd);
	if (fd >= 0)
		close(fd);
}

/* An open whose completion is not to be had, but for a failure's; a NOP linked behind it says that it is done. */
static void open_blind(struct ring *r, const char *path)
{
	struct io_uring_sqe sqe = {
		.opcode = IORING_OP_OPENAT,
		.flags = IOSQE_CQE_SKIP_SUCCESS | IOSQE_IO_HARDLINK,
		.fd = AT_FDCWD,
		.addr = (unsigned long)path,
		.open_flags = O_RDONLY,
	};
	struct io_uring_sqe nop = {.opcode = IORING_OP_NOP, .user_data = LAST};
	int next = dup(0); /* the descriptor that it will get */
	close(next);
	post(r, &sqe);
	post(r, &nop);
	complete(r);
	printf("-1\n");
	close(next);
}

int main(int argc, char **argv)
{
	struct ring r, polled;
	char byte, longest[400];
	int slots[DIRECT_SLOT] = {-1, -1, -1};
	need(argc == 2 && !chdir(argv[1]), "chdir");
	int dir = open("sub", O_RDONLY | O_DIRECTORY);
	need(dir >= 0, "sub");
	ring_open(&r, 0);
	need(!syscall(SYS_io_uring_register, r.fd, IORING_REGISTER_FILES, slots, DIRECT_SLOT), "register");
	ring_open(&polled, IORING_SETUP_SQPOLL);
	memset(longest, 'x', sizeof(longest));
	longest[200] = '/';
	longest[sizeof(longest) - 1] = '\0';
	need(read(0, &byte, 1) == 1, "read");
	open_one(&r, AT_FDCWD, "sub/../file", O_RDONLY, 0, 0);
	open_one(&r, dir, "inner", O_RDWR | O_CLOEXEC, 0, 0);
	open_one(&r, AT_FDCWD, "missing", O_RDONLY, 0, 0);
	open_one(&r, dir, "missing", O_RDONLY, 0, 0);
	open_one(&r, AT_FDCWD, "file", O_RDONLY, IOSQE_ASYNC, 0);
	open_one(&r, AT_FDCWD, "missing", O_RDONLY, IOSQE_ASYNC, 0);
	open_one(&r, AT_FDCWD, "file", O_RDONLY, 0, DIRECT_SLOT);
	open_one(&r, AT_FDCWD, longest, O_RDONLY, 0, 0);
	openat2_one(&r, "file", (struct open_how){.flags = O_WRONLY, .resolve = RESOLVE_NO_SYMLINKS});
	openat2_one(&r, "link", (struct open_how){.flags = O_WRONLY, .resolve = RESOLVE_NO_SYMLINKS});
	open_blind(&r, "file");
	open_blind(&r, "missing");
	open_one(&polled, AT_FDCWD, "file", O_RDONLY, 0, 0);
	open_one(&polled, AT_FDCWD, "missing", O_RDONLY, 0, 0);
	return 0;
}

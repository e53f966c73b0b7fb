/* SPDX-License-Identifier: MIT */
/*
 * TCP through io_uring: tcp_uring FD waits for a byte on FD, then binds and listens where the kernel can by io_uring,
 * connects and accepts, sends and receives, connects to where nobody listens, and to where no route leads, and makes a
 * socket. Prints what came of it, as JSON.
 */
#include <arpa/inet.h>
#include <err.h>
#include <linux/io_uring.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define OP_BIND 56 /* since Linux 6.11; not in older headers */
#define OP_LISTEN 57
#define OP_SOCKET 45 /* since Linux 5.19 */

struct ring {
	int fd;
	struct io_uring_sqe *sqes;
	char *sq, *cq;
	struct io_uring_params params;
};

static void ring_open(struct ring *ring)
{
	struct io_uring_params *p = &ring->params;
	ring->fd = (int)syscall(SYS_io_uring_setup, 8, p);
	if (ring->fd < 0)
		err(1, "io_uring_setup");
	size_t sq = p->sq_off.array + p->sq_entries * sizeof(uint32_t);
	size_t cq = p->cq_off.cqes + p->cq_entries * sizeof(struct io_uring_cqe);
	int flags = MAP_SHARED | MAP_POPULATE;
	ring->sq = mmap(NULL, sq, PROT_READ | PROT_WRITE, flags, ring->fd, IORING_OFF_SQ_RING);
	ring->cq = mmap(NULL, cq, PROT_READ | PROT_WRITE, flags, ring->fd, IORING_OFF_CQ_RING);
	ring->sqes = mmap(NULL, p->sq_entries * sizeof(*ring->sqes), PROT_READ | PROT_WRITE, flags, ring->fd,
			  IORING_OFF_SQES);
	if (ring->sq == MAP_FAILED || ring->cq == MAP_FAILED || ring->sqes == MAP_FAILED)
		err(1, "mmap of the ring");
}

/* One request and its result. */
static int request(struct ring *ring, uint8_t opcode, int fd, const void *address, uint64_t offset, uint32_t len)
{
	uint32_t *tail = (uint32_t *)(ring->sq + ring->params.sq_off.tail);
	uint32_t mask = *(uint32_t *)(ring->sq + ring->params.sq_off.ring_mask), slot = *tail & mask;
	uint32_t *head = (uint32_t *)(ring->cq + ring->params.cq_off.head);
	uint32_t cq_mask = *(uint32_t *)(ring->cq + ring->params.cq_off.ring_mask);
	struct io_uring_cqe *cqes = (struct io_uring_cqe *)(ring->cq + ring->params.cq_off.cqes);
	ring->sqes[slot] = (struct io_uring_sqe){
		.opcode = opcode, .fd = fd, .addr = (uintptr_t)address, .off = offset, .len = len};
	((uint32_t *)(ring->sq + ring->params.sq_off.array))[slot] = slot;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring->fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) != 1)
		err(1, "io_uring_enter");
	int result = cqes[*head & cq_mask].res;
	__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
	return result;
}

static int connect_to(struct ring *ring, uint32_t address, uint16_t port, int *fd)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(address), .sin_port = port};
	*fd = socket(AF_INET, SOCK_STREAM, 0);
	return request(ring, IORING_OP_CONNECT, *fd, &to, sizeof(to), 0);
}

int main(int argc, char **argv)
{
	char go;
	if (argc != 2 || read(atoi(argv[1]), &go, 1) != 1)
		errx(1, "usage: tcp_uring FD");
	struct ring ring = {0};
	ring_open(&ring);

	int listener = socket(AF_INET, SOCK_STREAM, 0), client, refused, unreachable;
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t at_size = sizeof(at);
	int bound = request(&ring, OP_BIND, listener, &at, sizeof(at), 0);
	if (bound && bind(listener, (struct sockaddr *)&at, sizeof(at)))
		err(1, "bind");
	int listening = request(&ring, OP_LISTEN, listener, NULL, 0, 3);
	if (listening && listen(listener, 3))
		err(1, "listen");
	getsockname(listener, (struct sockaddr *)&at, &at_size);

	int connected = connect_to(&ring, INADDR_LOOPBACK, at.sin_port, &client);
	int server = request(&ring, IORING_OP_ACCEPT, listener, NULL, 0, 0);
	char data[4];
	int sent = request(&ring, IORING_OP_SEND, client, "data", 0, sizeof(data));
	int received = request(&ring, IORING_OP_RECV, server, data, 0, sizeof(data));
	int made = request(&ring, OP_SOCKET, AF_INET, NULL, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_UDP);
	int no_one = connect_to(&ring, INADDR_LOOPBACK, htons(1), &refused);
	int no_route = connect_to(&ring, 0xc0000201, htons(2), &unreachable);
	close(client);
	close(server);
	printf("{\"port\":%d,\"bound\":%d,\"listening\":%d,\"connected\":%d,\"server\":%d,\"refused\":%d,"
	       "\"unreachable\":%d,\"sent\":%d,\"received\":%d,\"made\":%d}\n",
	       ntohs(at.sin_port), bound, listening, connected, server, no_one, no_route, sent, received, made);
	return 0;
}

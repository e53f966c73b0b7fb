/* SPDX-License-Identifier: MIT */
/*
 * seccomp_waits WAIT: makes one call that waits, after a line "ready", for what a child does when it reads a byte from
 * stdin (or for a time). Then a line: the result (0: as it should be, else what is wrong), errno, how long it took in
 * ms, and the errno of getpgid(2), which a filter may deny.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SLEEP_MS 2000
#define LIMIT_S 1000

static struct shared {
	int word;
	volatile int handled;
} * shared;
static int ends[2], aside, sem, queue;
static pid_t parent, waker;
static char folder[] = "/tmp/eunomia-waits-XXXXXX", path[64];
static const struct timespec long_time = {LIMIT_S, 0};

static void write_byte(void)
{
	if (write(ends[1], "x", 1) != 1)
		_exit(90);
}

static void usr1(void)
{
	kill(parent, SIGUSR1);
}

static int wait_read(void)
{
	char c;
	return read(ends[0], &c, 1) == 1 ? 0 : 1;
}

static int wait_socket(void) /* with a timeout the kernel answers EINTR */
{
	char c;
	return recv(ends[0], &c, 1, 0) == 1 ? 0 : 1;
}

static void make_socket(void)
{
	const struct timeval limit = {LIMIT_S, 0};
	socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
	setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
}

static int wait_nanosleep(void)
{
	const struct timespec t = {SLEEP_MS / 1000, SLEEP_MS % 1000 * 1000000};
	return nanosleep(&t, NULL) ? 1 : 0;
}

static int wait_futex(void)
{
	while (!__atomic_load_n(&shared->word, __ATOMIC_SEQ_CST))
		if (syscall(SYS_futex, &shared->word, FUTEX_WAIT, 0, NULL) && errno != EAGAIN)
			return 1;
	return 0;
}

static int wait_futex_timed(void)
{
	while (!__atomic_load_n(&shared->word, __ATOMIC_SEQ_CST))
		if (syscall(SYS_futex, &shared->word, FUTEX_WAIT, 0, &long_time) && errno != EAGAIN)
			return 1;
	return 0;
}

static void wake_futex(void)
{
	__atomic_store_n(&shared->word, 1, __ATOMIC_SEQ_CST);
	syscall(SYS_futex, &shared->word, FUTEX_WAKE, 1);
}

static void make_epoll(void)
{
	struct epoll_event e = {.events = EPOLLIN};
	aside = epoll_create1(0);
	epoll_ctl(aside, EPOLL_CTL_ADD, ends[0], &e);
}

static int wait_epoll(void)
{
	struct epoll_event e;
	return epoll_wait(aside, &e, 1, -1) == 1 ? 0 : 1;
}

static int wait_epoll_pwait(void) /* the signal is let in by the call alone */
{
	struct epoll_event e;
	sigset_t none;
	sigemptyset(&none);
	return epoll_pwait(aside, &e, 1, LIMIT_S * 1000, &none) == -1 && errno == EINTR && shared->handled == 1 ? 0 : 1;
}

static void on_usr1(int sig)
{
	(void)sig;
	shared->handled++;
}

static void make_blocked(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGUSR1, on_usr1);
	make_epoll();
}

static int wait_suspend(void)
{
	sigset_t none;
	sigemptyset(&none);
	return sigsuspend(&none) == -1 && errno == EINTR && shared->handled == 1 ? 0 : 1;
}

static int wait_sigtimedwait(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	return sigtimedwait(&set, NULL, &long_time) == SIGUSR1 ? 0 : 1;
}

static int wait_poll(void)
{
	struct pollfd p = {ends[0], POLLIN, 0};
	return poll(&p, 1, LIMIT_S * 1000) == 1 ? 0 : 1;
}

static int wait_poll_time(void)
{
	return poll(NULL, 0, SLEEP_MS) == 0 ? 0 : 1;
}

static int wait_select(void)
{
	fd_set set;
	struct timeval limit = {LIMIT_S, 0};
	FD_ZERO(&set);
	FD_SET(ends[0], &set);
	return select(ends[0] + 1, &set, NULL, NULL, &limit) == 1 ? 0 : 1;
}

static void make_sem(void)
{
	sem = semget(IPC_PRIVATE, 1, 0600);
}

static int wait_semop(void)
{
	struct sembuf op = {0, -1, 0};
	int err = semtimedop(sem, &op, 1, &long_time);
	int e = errno;
	semctl(sem, 0, IPC_RMID);
	errno = e;
	return err ? 1 : 0;
}

static void wake_sem(void)
{
	struct sembuf op = {0, 1, 0};
	semop(sem, &op, 1);
}

static void make_queue(void)
{
	queue = msgget(IPC_PRIVATE, 0600);
}

static int wait_msgrcv(void)
{
	struct {
		long type;
		char text;
	} m;
	int err = msgrcv(queue, &m, 1, 0, 0) < 0;
	int e = errno;
	msgctl(queue, IPC_RMID, NULL);
	errno = e;
	return err;
}

static void wake_queue(void)
{
	struct {
		long type;
		char text;
	} m = {1, 'x'};
	msgsnd(queue, &m, 1, 0);
}

static int wait_child(void)
{
	int status;
	return waitpid(waker, &status, 0) == waker ? 0 : 1;
}

static void nothing(void)
{
}

static void make_listener(void)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	memcpy(a.sun_path + 1, path, strlen(path));
	aside = socket(AF_UNIX, SOCK_STREAM, 0);
	bind(aside, (struct sockaddr *)&a, sizeof(a));
	listen(aside, 1);
}

static int wait_accept(void)
{
	return accept(aside, NULL, NULL) >= 0 ? 0 : 1;
}

static void wake_listener(void)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	memcpy(a.sun_path + 1, path, strlen(path));
	int s = socket(AF_UNIX, SOCK_STREAM, 0);
	connect(s, (struct sockaddr *)&a, sizeof(a));
}

static void make_fifo(void)
{
	mkfifo(path, 0600);
}

static int wait_open(void)
{
	return open(path, O_RDONLY) >= 0 ? 0 : 1;
}

static void wake_fifo(void)
{
	if (open(path, O_WRONLY) < 0)
		_exit(91);
}

static void make_inotify(void)
{
	aside = inotify_init();
	inotify_add_watch(aside, folder, IN_CREATE);
}

static int wait_inotify(void)
{
	char buf[512];
	return read(aside, buf, sizeof(buf)) > 0 ? 0 : 1;
}

static void wake_inotify(void)
{
	open(path, O_CREAT | O_WRONLY, 0600);
}

static int lock_fd;

static void make_lock(void)
{
	lock_fd = open(path, O_CREAT | O_RDWR, 0600);
}

/* The child holds it from before "ready" on. */
static int wait_flock(void)
{
	int fd = open(path, O_RDWR);
	while (!flock(fd, LOCK_EX | LOCK_NB)) {
		flock(fd, LOCK_UN);
		usleep(1000);
	}
	return flock(fd, LOCK_EX) ? 1 : 0;
}

static void wake_lock(void)
{
	flock(lock_fd, LOCK_UN);
}

static int wait_getevents(void)
{
	aio_context_t context = 0;
	struct io_event event;
	struct iocb cb = {.aio_fildes = (unsigned)ends[0], .aio_lio_opcode = IOCB_CMD_POLL, .aio_buf = POLLIN};
	struct iocb *all[] = {&cb};
	if (syscall(SYS_io_setup, 1, &context) || syscall(SYS_io_submit, context, 1, all) != 1)
		return 2;
	return syscall(SYS_io_getevents, context, 1, 1, &event, &long_time) == 1 ? 0 : 1;
}

/* All registers that a program may use hold what they held, however long it runs. */
static int wait_registers(void)
{
	unsigned long bad = 0;
	while (!__atomic_load_n(&shared->word, __ATOMIC_SEQ_CST) && !bad) {
#ifdef __x86_64__
		__asm__ volatile("mov $0x1111111111111111, %%rax\n mov %%rax, %%rbx\n mov %%rax, %%rcx\n"
				 "mov %%rax, %%rdx\n mov %%rax, %%rsi\n mov %%rax, %%rdi\n mov %%rax, %%r9\n"
				 "mov %%rax, %%r10\n mov %%rax, %%r11\n mov %%rax, %%r12\n mov %%rax, %%r13\n"
				 "movq %%rax, %%xmm0\n movq %%rax, %%xmm7\n movq %%rax, %%xmm15\n"
				 "mov $1000000, %%r8d\n"
				 "1: dec %%r8d\n jnz 1b\n"
				 "movq %%xmm0, %%r8\n xor %%rax, %%r8\n"
				 "movq %%xmm7, %%r14\n xor %%rax, %%r14\n or %%r14, %%r8\n"
				 "movq %%xmm15, %%r14\n xor %%rax, %%r14\n or %%r14, %%r8\n"
				 "xor %%rax, %%rbx\n or %%rbx, %%r8\n xor %%rax, %%rcx\n or %%rcx, %%r8\n"
				 "xor %%rax, %%rdx\n or %%rdx, %%r8\n xor %%rax, %%rsi\n or %%rsi, %%r8\n"
				 "xor %%rax, %%rdi\n or %%rdi, %%r8\n xor %%rax, %%r9\n or %%r9, %%r8\n"
				 "xor %%rax, %%r10\n or %%r10, %%r8\n xor %%rax, %%r11\n or %%r11, %%r8\n"
				 "xor %%rax, %%r12\n or %%r12, %%r8\n xor %%rax, %%r13\n or %%r13, %%r8\n"
				 "mov $0x1111111111111111, %%r9\n xor %%r9, %%rax\n or %%rax, %%r8\n"
				 "mov %%r8, %0\n"
				 : "=m"(bad)
				 :
				 : "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13",
				   "r14", "xmm0", "xmm7", "xmm15", "cc", "memory");
#endif
	}
	return bad ? 1 : 0;
}

/* Its result is how many it got. */
static int wait_signals(void)
{
	wait_read();
	return shared->handled;
}

static void make_signals(void)
{
	signal(SIGUSR1, on_usr1); /* with SA_RESTART */
}

static const struct wait {
	const char *name;
	void (*make)(void);
	int (*wait)(void);
	void (*wake)(void);
} waits[] = {
	{"read", nothing, wait_read, write_byte},
	{"socket", make_socket, wait_socket, write_byte},
	{"nanosleep", nothing, wait_nanosleep, nothing},
	{"futex", nothing, wait_futex, wake_futex},
	{"futex_timed", nothing, wait_futex_timed, wake_futex},
	{"epoll", make_epoll, wait_epoll, write_byte},
	{"epoll_pwait", make_blocked, wait_epoll_pwait, usr1},
	{"suspend", make_blocked, wait_suspend, usr1},
	{"sigtimedwait", make_blocked, wait_sigtimedwait, usr1},
	{"poll", nothing, wait_poll, write_byte},
	{"poll_time", nothing, wait_poll_time, nothing},
	{"select", nothing, wait_select, write_byte},
	{"semop", make_sem, wait_semop, wake_sem},
	{"msgrcv", make_queue, wait_msgrcv, wake_queue},
	{"waitpid", nothing, wait_child, nothing},
	{"accept", make_listener, wait_accept, wake_listener},
	{"open", make_fifo, wait_open, wake_fifo},
	{"inotify", make_inotify, wait_inotify, wake_inotify},
	{"flock", make_lock, wait_flock, wake_lock},
	{"getevents", nothing, wait_getevents, write_byte},
	{"signals", make_signals, wait_signals, write_byte},
	{"registers", nothing, wait_registers, wake_futex},
};

static void wake_later(const struct wait *w)
{
	char c;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (w->wake == wake_lock) {
		lock_fd = open(path, O_RDWR);
		flock(lock_fd, LOCK_EX);
	}
	while (read(STDIN_FILENO, &c, 1) < 0 && errno == EINTR) {
	}
	w->wake();
	_exit(0);
}

int main(int argc, char **argv)
{
	const struct wait *w = NULL;
	struct timespec before, after;
	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]) && argc == 2; i++)
		if (!strcmp(waits[i].name, argv[1]))
			w = &waits[i];
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (!w || shared == MAP_FAILED || !mkdtemp(folder) || pipe(ends))
		return 2;
	snprintf(path, sizeof(path), "%s/it", folder);
	parent = getpid();
	w->make();
	waker = fork();
	if (!waker)
		wake_later(w);
	printf("ready\n");
	fflush(stdout);
	clock_gettime(CLOCK_MONOTONIC, &before);
	errno = 0;
	int wrong = w->wait(), e = errno;
	clock_gettime(CLOCK_MONOTONIC, &after);
	errno = 0;
	getpgid(0);
	printf("%d %d %ld %d\n", wrong, e,
	       (after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000, errno);
	unlink(path);
	rmdir(folder);
	return 0;
}

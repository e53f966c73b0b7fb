/* SPDX-License-Identifier: MIT */
#include "loop.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "event/clock.h"

#define IDLE_MS 100
#define GATHER_NS 1000000 /* from a wake-up's first drain to its second */
#define BUSY_NS 50000     /* a record is reserved and not yet written */
#define TIMERS_MAX 32
#define FDS_MAX 64

struct handler {
	int fd; /* -1: free */
	void (*ready)(void *context);
	void *context;
};

struct timer {
	uint64_t period, next; /* ns */
	void (*expired)(void *context);
	void *context;
};

struct loop {
	struct rings *rings;
	rings_each each;
	void *each_context;
	int epoll, signals;
	struct handler handlers[FDS_MAX];
	struct timer timers[TIMERS_MAX];
	size_t n_timers;
	void (*drained)(void *context);
	void *drained_context;
	bool stopped;
	int status, signal;
};

uint64_t clock_boot_ns(void)
{
	return clock_ns(CLOCK_BOOTTIME);
}

int64_t clock_offset_ns(void)
{
	return (int64_t)(clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_BOOTTIME));
}

static void nap(long ns)
{
	nanosleep(&(struct timespec){.tv_nsec = ns}, NULL);
}

static void on_signal(void *context)
{
	struct loop *l = context;
	struct signalfd_siginfo info;
	if (read(l->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		l->signal = (int)info.ssi_signo;
		loop_stop(l, 0);
	}
}

struct loop *loop_new(struct rings *rings, rings_each each, void *context)
{
	struct loop *l = calloc(1, sizeof(*l));
	if (!l)
		return NULL;
	l->rings = rings;
	l->each = each;
	l->each_context = context;
	l->signals = -1;
	for (size_t i = 0; i < FDS_MAX; i++)
		l->handlers[i].fd = -1;
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	l->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	int err = l->epoll < 0 || l->signals < 0 ? -errno : loop_add_fd(l, l->signals, on_signal, l);
	for (size_t i = 0; !err && rings && rings_fd(rings, i) >= 0; i++)
		err = loop_add_fd(l, rings_fd(rings, i), NULL, NULL);
	if (err) {
		loop_destroy(l);
		errno = -err;
		return NULL;
	}
	return l;
}

void loop_destroy(struct loop *l)
{
	if (!l)
		return;
	if (l->epoll >= 0)
		close(l->epoll);
	if (l->signals >= 0)
		close(l->signals);
	free(l);
}

int loop_add_fd(struct loop *l, int fd, void (*ready)(void *context), void *context)
{
	for (size_t i = 0; i < FDS_MAX; i++) {
		struct handler *h = &l->handlers[i];
		if (h->fd >= 0)
			continue;
		struct epoll_event event = {.events = EPOLLIN, .data.ptr = h};
		if (!ready)
			event.events |= EPOLLET; /* a ring: its records are found by draining, not by asking again */
		if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &event))
			return -errno;
		*h = (struct handler){fd, ready, context};
		return 0;
	}
	return -ENOSPC;
}

int loop_add_timer(struct loop *l, uint32_t ms, void (*expired)(void *context), void *context)
{
	if (l->n_timers == TIMERS_MAX)
		return -ENOMEM;
	uint64_t period = (uint64_t)ms * 1000000;
	l->timers[l->n_timers] = (struct timer){period, clock_boot_ns() + period, expired, context};
	return (int)l->n_timers++;
}

void loop_on_drained(struct loop *l, void (*drained)(void *context), void *context)
{
	l->drained = drained;
	l->drained_context = context;
}

void loop_stop(struct loop *l, int status)
{
	l->stopped = true;
	l->status = status;
}

int loop_signal_fd(const struct loop *l)
{
	return l->signals;
}

int loop_signal(const struct loop *l)
{
	return l->signal;
}

size_t loop_drain(struct loop *l)
{
	return l->rings ? rings_drain(l->rings, l->each, l->each_context) : 0;
}

/* Runs what is due; returns the ms until the next, at most IDLE_MS. */
static int run_timers(struct loop *l)
{
	uint64_t now = clock_boot_ns(), wait = (uint64_t)IDLE_MS * 1000000;
	for (size_t i = 0; i < l->n_timers && !l->stopped; i++) {
		struct timer *t = &l->timers[i];
		if (now >= t->next) {
			t->next += t->period;
			if (t->next <= now) /* the machine was suspended, or we were stopped: no rush of rounds */
				t->next = now + t->period;
			t->expired(t->context);
		}
		if (t->next - now < wait)
			wait = t->next - now;
	}
	return (int)((wait + 999999) / 1000000);
}

static void wait_ready(struct loop *l, int timeout)
{
	struct epoll_event events[16];
	int n = epoll_wait(l->epoll, events, 16, timeout);
	for (int i = 0; i < n; i++) {
		struct handler *h = events[i].data.ptr;
		if (h->ready)
			h->ready(h->context);
	}
}

int loop_run(struct loop *l)
{
	while (!l->stopped) {
		size_t n = loop_drain(l);
		if (n && l->drained)
			l->drained(l->drained_context);
		int timeout = run_timers(l);
		if (l->stopped)
			break;
		if (n) {
			wait_ready(l, 0);
			nap(GATHER_NS);
		} else if (!l->rings) {
			wait_ready(l, timeout);
		} else if (rings_arm(l->rings)) {
			wait_ready(l, timeout);
			rings_awake(l->rings);
		} else {
			nap(BUSY_NS);
		}
	}
	return l->status;
}

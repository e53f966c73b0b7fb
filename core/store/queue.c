/* SPDX-License-Identifier: MIT */
#include "queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PIECE (64u << 10)

int queue_init(struct queue *q, size_t limit, size_t batch)
{
	pthread_condattr_t monotonic;
	*q = (struct queue){.limit = limit, .batch = batch, .needed = SIZE_MAX};
	int err = pthread_mutex_init(&q->lock, NULL);
	if (err)
		return -err;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&q->some, &monotonic);
	pthread_cond_init(&q->none, &monotonic);
	pthread_condattr_destroy(&monotonic);
	return 0;
}

static void pieces_free(struct piece *p)
{
	for (struct piece *next; p; p = next) {
		next = p->next;
		free(p);
	}
}

void queue_free(struct queue *q)
{
	pieces_free(q->head);
	pieces_free(q->spare);
	pthread_mutex_destroy(&q->lock);
	pthread_cond_destroy(&q->some);
	pthread_cond_destroy(&q->none);
}

static struct timespec after(unsigned ms)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += ms / 1000;
	t.tv_nsec += ms % 1000 * 1000000l;
	if (t.tv_nsec >= 1000000000) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000;
	}
	return t;
}

/* A last piece with room for so much, or NULL. */
static struct piece *room(struct queue *q, size_t size)
{
	if (q->tail && q->tail->cap - q->tail->len >= size)
		return q->tail;
	size_t cap = size > PIECE ? size : PIECE;
	struct piece *p = q->spare && q->spare->cap >= size ? q->spare : malloc(sizeof(*p) + cap);
	if (!p)
		return NULL;
	if (p == q->spare)
		q->spare = NULL, cap = p->cap;
	*p = (struct piece){.cap = cap};
	if (q->tail)
		q->tail->next = p;
	else
		q->head = p;
	return q->tail = p;
}

bool queue_put(struct queue *q, uint32_t kind, bool counts, const void *bytes, size_t len)
{
	size_t size = (sizeof(struct entry) + len + 7) & ~(size_t)7;
	pthread_mutex_lock(&q->lock);
	bool fits = size <= q->limit - q->waiting - q->held && !q->closing;
	struct piece *p = fits ? room(q, size) : NULL;
	q->taken += counts;
	if (p) {
		struct entry *e = (struct entry *)(p->bytes + p->len);
		*e = (struct entry){.size = (uint32_t)size, .len = (uint32_t)len, .kind = kind};
		memcpy(e->bytes, bytes, len);
		p->len += size;
		p->counted += counts;
		q->waiting += size;
	} else {
		q->lost += counts;
	}
	bool wake = q->waiting >= q->needed;
	if (wake)
		q->needed = SIZE_MAX;
	pthread_mutex_unlock(&q->lock);
	if (wake)
		pthread_cond_signal(&q->some);
	return p;
}

void queue_refuse(struct queue *q)
{
	pthread_mutex_lock(&q->lock);
	q->taken++;
	q->lost++;
	pthread_mutex_unlock(&q->lock);
}

/* With the lock: sleeps until `needed` bytes wait, or somebody is in a hurry. */
static void sleep_for(struct queue *q, size_t needed, unsigned ms)
{
	struct timespec until = after(ms);
	int err = 0;
	while (!err && q->waiting < needed && !q->closing && !q->hurry) {
		q->needed = needed;
		err = pthread_cond_timedwait(&q->some, &q->lock, &until);
	}
	q->needed = SIZE_MAX;
}

struct piece *queue_take(struct queue *q, unsigned wait_ms)
{
	pthread_mutex_lock(&q->lock);
	sleep_for(q, 1, wait_ms);
	if (q->head)
		sleep_for(q, q->batch, GATHER_MS);
	struct piece *first = q->head, *last = NULL;
	for (size_t size = 0; q->head && (!last || size + q->head->len <= q->batch); q->head = q->head->next) {
		last = q->head;
		size += last->len;
		q->waiting -= last->len;
		q->held += last->len;
	}
	if (last)
		last->next = NULL;
	if (!q->head)
		q->tail = NULL;
	pthread_mutex_unlock(&q->lock);
	return first;
}

void queue_give(struct queue *q, struct piece *pieces, uint64_t lost)
{
	size_t size = 0;
	for (const struct piece *p = pieces; p; p = p->next)
		size += p->len;
	struct piece *rest = pieces ? pieces->next : NULL;
	pthread_mutex_lock(&q->lock);
	q->held -= size;
	q->lost += lost;
	struct piece *old = q->spare;
	if (pieces) {
		pieces->next = NULL;
		q->spare = pieces;
	}
	if (!q->waiting && !q->held) {
		q->hurry = false;
		pthread_cond_broadcast(&q->none);
	}
	pthread_mutex_unlock(&q->lock);
	if (pieces)
		pieces_free(old);
	pieces_free(rest);
}

void queue_pause(struct queue *q, unsigned ms)
{
	struct timespec until = after(ms);
	pthread_mutex_lock(&q->lock);
	while (!q->closing && !pthread_cond_timedwait(&q->some, &q->lock, &until)) {
		/* woken by what comes */
	}
	pthread_mutex_unlock(&q->lock);
}

int queue_drain(struct queue *q, unsigned patience_ms)
{
	struct timespec until = after(patience_ms);
	int err = 0;
	pthread_mutex_lock(&q->lock);
	q->hurry = q->waiting || q->held;
	pthread_cond_signal(&q->some);
	while (!err && (q->waiting || q->held))
		err = pthread_cond_timedwait(&q->none, &q->lock, &until);
	pthread_mutex_unlock(&q->lock);
	return -err;
}

void queue_close(struct queue *q)
{
	pthread_mutex_lock(&q->lock);
	q->closing = true;
	pthread_mutex_unlock(&q->lock);
	pthread_cond_signal(&q->some);
}

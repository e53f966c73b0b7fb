/* SPDX-License-Identifier: MIT */
/*
 * Between the event path and the thread that writes: entries in order, in pieces of memory that are taken as they are
 * needed and handed over as a whole. One thread puts, one takes.
 */
#ifndef CORE_STORE_QUEUE_H
#define CORE_STORE_QUEUE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct entry {
	uint32_t size; /* with this head, a multiple of 8 */
	uint32_t len;  /* of what follows */
	uint32_t kind;
	uint32_t pad;
	char bytes[];
};

struct piece {
	struct piece *next;
	size_t len, cap;
	uint64_t counted; /* entries that count */
	char bytes[];     /* of struct entry */
};

struct queue {
	pthread_mutex_t lock;
	pthread_cond_t some, none; /* something to take; nothing is left */
	struct piece *head, *tail; /* waiting */
	struct piece *spare;       /* one that was given back */
	size_t waiting, held;      /* bytes: of the above, and in the taker's hands */
	size_t limit, batch;       /* both together; what is worth a batch */
	uint64_t taken, lost;      /* entries that count */
	size_t needed;             /* the taker sleeps until so many bytes wait; SIZE_MAX: it does not sleep */
	bool hurry;                /* no gathering */
	bool closing;
};

/* -errno. */
int queue_init(struct queue *queue, size_t limit, size_t batch);
void queue_free(struct queue *queue);

/* Copies. `counts`: it is counted, as taken and perhaps as lost. False: there is no room. Never waits. */
bool queue_put(struct queue *queue, uint32_t kind, bool counts, const void *bytes, size_t len);
/* It could not even be put together. */
void queue_refuse(struct queue *queue);

/*
 * The next entries, in pieces, about `batch` bytes: at once where there are so many, else what came within GATHER_MS of
 * the first. NULL: none for `wait_ms`, or it is closing and empty.
 */
#define GATHER_MS 100
struct piece *queue_take(struct queue *queue, unsigned wait_ms);
/* Gives them back: their room is free. `lost`: of the entries that count, those that will never be written. */
void queue_give(struct queue *queue, struct piece *pieces, uint64_t lost);

/* Sleeps at most `ms`, or until it is closing. */
void queue_pause(struct queue *queue, unsigned ms);

/* Until all is given back. -ETIMEDOUT. */
int queue_drain(struct queue *queue, unsigned patience_ms);
/* Nothing comes any more. */
void queue_close(struct queue *queue);

static inline const struct entry *piece_entry(const struct piece *piece, size_t at)
{
	return at < piece->len ? (const struct entry *)(piece->bytes + at) : NULL;
}

#endif

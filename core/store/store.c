/* SPDX-License-Identifier: MIT */
/* The store: made and closed, and its thread. */
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "event/clock.h"
#include "store/known.h"
#include "store_impl.h"

#define QUEUE_BYTES (32u << 20)
#define WAIT_MS 5000  /* without anything to write, until age is looked at */
#define RETRY_MS 1000 /* after a batch that could not be written */
#define GRACE_MS 300  /* beyond the patience, until the thread counts as hanging */
#define WAL_SHARE 4   /* of the cap, at most 32 MiB */
#define WAL_MAX (32u << 20)
#define BATCHES 8 /* that fit into the log */

uint64_t store_now(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

uint64_t store_wall(void)
{
	return clock_ns(CLOCK_REALTIME);
}

void store_say(struct store *s, const char *fmt, ...)
{
	char text[512];
	va_list args;
	if (!s->config.say)
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	s->config.say(s->config.context, text);
}

/* ---- the thread ---- */

static uint64_t wal_limit(uint64_t max_bytes)
{
	return max_bytes / WAL_SHARE < WAL_MAX ? max_bytes / WAL_SHARE : WAL_MAX;
}

/* The caps, if they were changed: they hold from here on. */
static int limit(struct store *s)
{
	uint64_t max = atomic_load(&s->max_bytes), wal = wal_limit(max), cap = max - wal - max / 32;
	if (cap == s->limit_now)
		return SQLITE_OK;
	s->wal_bytes = wal;
	s->limit_now = cap;
	s->trim_at = 0;
	int rc = base_limit(&s->base, cap, wal);
	return rc == SQLITE_OK ? store_trim(s) : rc; /* or the next batch finds no room */
}

static int open_base(struct store *s, char *why, size_t why_size)
{
	char to[4200];
	s->limit_now = 0;
	int rc = base_open(&s->base, s->path, why, why_size);
	if (rc == SQLITE_CORRUPT || rc == SQLITE_NOTADB) {
		if (base_aside(s->path, to, sizeof(to)))
			return rc;
		store_say(s, "history: %s: %s; it is now %s, and a new one is begun", s->path, why, to);
		rc = base_open(&s->base, s->path, why, why_size);
	}
	return rc;
}

static void note_error(struct store *s, int rc)
{
	const char *text = s->base.db ? sqlite3_errmsg(s->base.db) : sqlite3_errstr(rc);
	bool news = !s->failing;
	pthread_mutex_lock(&s->counts_lock);
	s->errors++;
	snprintf(s->last_error, sizeof(s->last_error), "%s", text);
	pthread_mutex_unlock(&s->counts_lock);
	s->failing = true;
	if (news)
		store_say(s, "history: %s: %s; what is to be written waits", s->path, text);
}

/* The log grows while a reader stays at what it saw; it must not grow without end. */
static int fold_log(struct store *s)
{
	uint64_t wal;
	base_bytes(s->path, &wal);
	if (wal <= s->wal_bytes)
		return SQLITE_OK;
	int rc = sqlite3_wal_checkpoint_v2(s->base.db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	base_bytes(s->path, &wal);
	return wal <= s->wal_bytes ? SQLITE_OK : rc == SQLITE_OK ? SQLITE_BUSY : rc;
}

static int write_all(struct store *s, const struct piece *pieces, uint64_t *written)
{
	int rc = base_run(&s->base, BASE_BEGIN, NULL, "");
	if (rc == SQLITE_OK)
		rc = store_begin(s);
	*written = 0;
	for (const struct piece *p = pieces; p && rc == SQLITE_OK; p = p->next) {
		const struct entry *e;
		for (size_t at = 0; rc == SQLITE_OK && (e = piece_entry(p, at)); at += e->size)
			rc = store_write(s, e);
		*written += p->counted;
	}
	if (rc == SQLITE_OK)
		rc = base_run(&s->base, BASE_COMMIT, NULL, "");
	if (rc == SQLITE_OK)
		store_done(s);
	return rc;
}

/* Of what is there, whatever made it go wrong. */
static void undo(struct store *s)
{
	if (s->base.db && !sqlite3_get_autocommit(s->base.db))
		base_run(&s->base, BASE_ROLLBACK, NULL, "");
	store_undone(s);
}

/* A file that is damaged, or that somebody took away, is left; a new one is begun. */
static int recover(struct store *s, int rc)
{
	char why[256];
	bool damaged = rc == SQLITE_CORRUPT || rc == SQLITE_NOTADB;
	char to[4200];
	if (!damaged && s->base.db && base_is_at(&s->base, s->path))
		return SQLITE_OK;
	base_close(&s->base);
	s->run_done = 0;
	store_undone(s);
	if (damaged && !base_aside(s->path, to, sizeof(to)))
		store_say(s, "history: %s: damaged; it is now %s, and a new one is begun", s->path, to);
	return open_base(s, why, sizeof(why));
}

/* One try. An SQLite code. */
static int attempt(struct store *s, const struct piece *pieces, uint64_t *written)
{
	int rc = recover(s, SQLITE_OK);
	if (rc == SQLITE_OK)
		rc = limit(s);
	if (rc == SQLITE_OK)
		rc = fold_log(s);
	if (rc == SQLITE_OK && pieces)
		rc = write_all(s, pieces, written);
	if (rc != SQLITE_OK)
		undo(s);
	return rc;
}

/* True: it may go better later. */
static bool is_passing(int rc)
{
	static const int passing[] = {SQLITE_FULL,     SQLITE_IOERR, SQLITE_BUSY,    SQLITE_LOCKED, SQLITE_READONLY,
				      SQLITE_CANTOPEN, SQLITE_NOMEM, SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_PROTOCOL};
	for (size_t i = 0; i < sizeof(passing) / sizeof(passing[0]); i++)
		if (rc == passing[i])
			return true;
	return false;
}

static void done(struct store *s, struct piece *pieces, uint64_t written, uint64_t lost)
{
	uint64_t bytes = base_bytes(s->path, NULL);
	pthread_mutex_lock(&s->counts_lock);
	s->written += written;
	s->bytes = bytes;
	pthread_mutex_unlock(&s->counts_lock);
	queue_give(&s->queue, pieces, lost);
}

static uint64_t counted(const struct piece *pieces)
{
	uint64_t n = 0;
	for (; pieces; pieces = pieces->next)
		n += pieces->counted;
	return n;
}

/* Until they are written, or never will be. */
static void write_pieces(struct store *s, struct piece *pieces)
{
	uint64_t written = 0;
	for (;;) {
		bool late = store_now() > atomic_load(&s->deadline);
		int rc = late ? SQLITE_INTERRUPT : attempt(s, pieces, &written);
		if (rc == SQLITE_OK) {
			if (s->failing)
				store_say(s, "history: %s: writing goes on", s->path);
			s->failing = false;
			done(s, pieces, written, 0);
			return;
		}
		if (!late)
			note_error(s, rc);
		if (!is_passing(rc)) {
			done(s, pieces, 0, counted(pieces));
			return;
		}
		if (rc == SQLITE_CORRUPT || rc == SQLITE_NOTADB)
			recover(s, rc);
		else if (rc == SQLITE_FULL && s->base.db)
			store_make_room(s);
		queue_pause(&s->queue, atomic_load(&s->deadline) == UINT64_MAX ? RETRY_MS : 20);
	}
}

static void tidy(struct store *s)
{
	if (s->failing || !s->base.db)
		return;
	int rc = limit(s);
	if (rc == SQLITE_OK)
		rc = store_trim(s);
	if (rc != SQLITE_OK) {
		note_error(s, rc);
		undo(s);
	}
}

static bool is_closing(struct store *s)
{
	pthread_mutex_lock(&s->queue.lock);
	bool closing = s->queue.closing && !s->queue.head;
	pthread_mutex_unlock(&s->queue.lock);
	return closing;
}

static void *work(void *context)
{
	struct store *s = context;
	tidy(s);
	for (;;) {
		struct piece *pieces = queue_take(&s->queue, WAIT_MS);
		if (pieces)
			write_pieces(s, pieces);
		else if (is_closing(s))
			break;
		tidy(s);
	}
	base_close(&s->base);
	pthread_mutex_lock(&s->counts_lock);
	s->finished = true;
	pthread_mutex_unlock(&s->counts_lock);
	return NULL;
}

/* Signals are the main thread's. */
static int start_thread(struct store *s)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int err = pthread_create(&s->thread, NULL, work, s);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -err;
}

/* ---- made and closed ---- */

static void destroy(struct store *s)
{
	if (!s)
		return;
	base_close(&s->base);
	actors_clear(&s->actors);
	for (uint32_t i = 0; i < s->n_streams; i++)
		free(s->streams[i].name);
	free(s->streams);
	free(s->told);
	buf_free(&s->scratch);
	queue_free(&s->queue);
	pthread_mutex_destroy(&s->counts_lock);
	if (s->lock >= 0)
		close(s->lock);
	free(s->hostname);
	free(s->path);
	free(s);
}

static int make_folder(const char *path, char *why, size_t why_size)
{
	char folder[4096];
	const char *slash = strrchr(path, '/');
	snprintf(folder, sizeof(folder), "%.*s", (int)(slash ? slash - path : 0), path);
	if (!*folder || !mkdir(folder, 0700) || errno == EEXIST)
		return 0;
	int err = -errno;
	snprintf(why, why_size, "%s: mkdir %s: %s", path, folder, strerror(-err));
	return err;
}

/* Two would not know of each other's rows. */
static int take_lock(struct store *s, char *why, size_t why_size)
{
	char name[4200];
	snprintf(name, sizeof(name), "%s-lock", s->path);
	s->lock = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	int err = s->lock < 0 || flock(s->lock, LOCK_EX | LOCK_NB) ? -errno : 0;
	if (err == -EWOULDBLOCK)
		snprintf(why, why_size, "%s: another process writes this history; give each its own", s->path);
	else if (err)
		snprintf(why, why_size, "%s: %s: %s; the history needs a folder that it may write", s->path, name,
			 strerror(-err));
	return err;
}

static int open_file(struct store *s, char *why, size_t why_size)
{
	char reason[256];
	int rc = open_base(s, reason, sizeof(reason));
	if (rc == SQLITE_OK)
		return 0;
	snprintf(why, why_size, "%s: %s", s->path, reason);
	return rc == SQLITE_MISMATCH ? -ENOTSUP : rc == SQLITE_NOMEM ? -ENOMEM : -EACCES;
}

static int init(struct store *s, const struct store_config *config, char *why, size_t why_size)
{
	uint64_t max = config->max_bytes ? config->max_bytes : STORE_BYTES;
	s->config = *config;
	s->lock = -1;
	atomic_init(&s->deadline, UINT64_MAX);
	atomic_init(&s->max_bytes, max < STORE_BYTES_MIN ? STORE_BYTES_MIN : max);
	atomic_init(&s->max_age_ms, config->max_age_ms);
	pthread_mutex_init(&s->counts_lock, NULL);
	snprintf(why, why_size, "%s: no memory", config->path);
	size_t queue = config->queue_bytes ? config->queue_bytes : QUEUE_BYTES;
	uint64_t batch = wal_limit(atomic_load(&s->max_bytes)) / BATCHES;
	int err = queue_init(&s->queue, queue, batch < queue / 4 ? batch : queue / 4);
	s->path = strdup(config->path);
	s->hostname = strdup(config->style->hostname ? config->style->hostname : "");
	if (err || !s->path || !s->hostname)
		return err ? err : -ENOMEM;
	s->style = (struct alert_style){config->style->clock_offset, s->hostname};
	s->config.style = &s->style;
	s->config.path = s->path;
	s->exe = known_place(config->computed, config->n_computed, "exe");
	s->container = known_place(config->computed, config->n_computed, "container");
	if (strlen(s->path) > 4000) {
		snprintf(why, why_size, "history: a path of %zu bytes, at most 4000", strlen(s->path));
		return -ENAMETOOLONG;
	}
	err = make_folder(s->path, why, why_size);
	if (!err)
		err = take_lock(s, why, why_size);
	return err ? err : open_file(s, why, why_size);
}

int store_open(struct store **out, const struct store_config *config, char *why, size_t why_size)
{
	struct store *s = calloc(1, sizeof(*s));
	int err = s ? init(s, config, why, why_size) : -ENOMEM;
	if (!err && (err = start_thread(s)))
		snprintf(why, why_size, "%s: thread: %s", config->path, strerror(-err));
	if (err) {
		destroy(s);
		return err;
	}
	*out = s;
	return 0;
}

bool store_same(const struct store *s, const struct store_config *config)
{
	return !strcmp(s->path, config->path) && s->config.procs == config->procs &&
	       s->config.computed == config->computed;
}

void store_limit(struct store *s, uint64_t max_bytes, uint64_t max_age_ms)
{
	uint64_t max = max_bytes ? max_bytes : STORE_BYTES;
	atomic_store(&s->max_bytes, max < STORE_BYTES_MIN ? STORE_BYTES_MIN : max);
	atomic_store(&s->max_age_ms, max_age_ms);
}

void store_counts(const struct store *store, struct store_counts *out)
{
	struct store *s = (struct store *)store;
	*out = (struct store_counts){0};
	pthread_mutex_lock(&s->counts_lock);
	out->written = s->written;
	out->errors = s->errors;
	out->bytes = s->bytes;
	memcpy(out->last_error, s->last_error, sizeof(out->last_error));
	pthread_mutex_unlock(&s->counts_lock);
	pthread_mutex_lock(&s->queue.lock);
	out->taken = s->queue.taken;
	out->lost = s->queue.lost;
	pthread_mutex_unlock(&s->queue.lock);
}

int store_flush(struct store *s, unsigned patience_ms)
{
	return queue_drain(&s->queue, patience_ms);
}

void store_close(struct store *s, unsigned patience_ms, struct store_counts *last)
{
	struct store_counts counts;
	struct timespec until;
	if (!s)
		return;
	atomic_store(&s->deadline, store_now() + patience_ms * 1000000ull);
	queue_close(&s->queue);
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += (patience_ms + GRACE_MS) / 1000;
	until.tv_nsec += (patience_ms + GRACE_MS) % 1000 * 1000000l;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	bool hangs = pthread_clockjoin_np(s->thread, NULL, CLOCK_MONOTONIC, &until);
	store_counts(s, &counts);
	if (hangs) /* in the kernel: what is queued is lost, and memory and file stay the thread's */
		counts.lost = counts.taken - counts.written;
	if (last)
		*last = counts;
	if (!hangs)
		destroy(s);
	else
		pthread_detach(s->thread);
}

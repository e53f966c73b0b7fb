/* SPDX-License-Identifier: MIT */
/* What goes wrong: the process is killed, the disk is full, the file is damaged, taken away, another's, or not to be
 * had. */
#include "store_fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define KILLS 100

static off_t size_of(const char *path, const char *suffix)
{
	char name[128];
	struct stat st;
	snprintf(name, sizeof(name), "%s%s", path, suffix);
	return stat(name, &st) ? 0 : st.st_size;
}

/* Writes until it is killed; each event's number follows the one before. */
static void write_on(struct place *p)
{
	struct store_config config = place_config(p);
	config.max_bytes = 1 << 30; /* nothing goes */
	config.queue_bytes = 1 << 20;
	struct store *s = store_make(&config);
	for (unsigned i = 0;; i++) {
		offer_event(p, s, i);
		if (i % 16 == 0)
			usleep(1000);
	}
}

/*
 * In the midst of writing, a hundred times: the file is good each time, holds what was written before, and of each life
 * a beginning without a gap.
 */
static void killed(void **state)
{
	struct place *p = *state;
	int64_t before = 0;
	unsigned grown = 0;
	record_init(&p->x);
	for (unsigned i = 0; i < KILLS; i++) {
		pid_t pid = fork();
		if (!pid)
			write_on(p);
		/* from its first batch on, later and later */
		for (int n = 0; n < 400 && !size_of(p->path, "-wal"); n++)
			usleep(500);
		usleep(20000 + i * 1500);
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		int64_t now = sql_number(p->path, "SELECT count(*) FROM event");
		assert_true(now >= before);
		grown += now > before;
		before = now;
	}
	assert_sound(p->path);
	assert_true(grown > KILLS / 2);
	assert_int_equal(sql_number(p->path,
				    "SELECT count(*) FROM (SELECT run, count(*) AS n, max(time) - min(time) + 1 AS "
				    "span FROM event GROUP BY run) WHERE n != span"),
			 0);
	/* rows and what they refer to go together */
	assert_int_equal(sql_number(p->path,
				    "SELECT count(*) FROM event WHERE actor NOT IN (SELECT id FROM actors) OR "
				    "stream NOT IN (SELECT id FROM streams) OR run NOT IN (SELECT id FROM runs)"),
			 0);
	assert_int_equal(history_count(p->path, HISTORY_EVENTS), (uint64_t)before);
}

/* ---- no room ---- */

/* What the queue holds is written when there is room again; the rest is counted, in the file too. */
static void fill_and_free(struct place *p, struct store *s, void (*free_room)(struct place *p))
{
	struct store_counts c;
	unsigned n = 0;
	record_init(&p->x);
	do {
		for (int i = 0; i < 500; i++)
			offer_event(p, s, n++);
		usleep(1000);
		store_counts(s, &c);
	} while (!c.lost || !c.errors);
	assert_true(c.errors > 0);
	assert_non_null(strstr(p->said, "what is to be written waits\n"));
	free_room(p);
	UNTIL((store_counts(s, &c), c.taken == c.written + c.lost));
	assert_non_null(strstr(p->said, "writing goes on\n"));
	offer_event(p, s, n++);
	store_close(s, SETTLE_MS, &c);
	assert_int_equal(c.taken, n);
	assert_int_equal(c.taken, c.written + c.lost);
	assert_sound(p->path);
	assert_int_equal(history_count(p->path, HISTORY_EVENTS), c.written);
	assert_int_equal(sql_number(p->path, "SELECT sum(count) FROM lost"), (int64_t)c.lost);
}

/* A file may not be larger than so much. */
static void no_limit(struct place *p)
{
	struct rlimit limit;
	(void)p;
	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_FSIZE, &limit);
}

static void file_limit(void **state)
{
	struct place *p = *state;
	struct store_config config = place_config(p);
	struct rlimit limit;
	signal(SIGXFSZ, SIG_IGN);
	config.queue_bytes = 1 << 20;
	struct store *s = store_make(&config);
	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = 1 << 20;
	setrlimit(RLIMIT_FSIZE, &limit);
	fill_and_free(p, s, no_limit);
}

static void remove_ballast(struct place *p)
{
	char name[128];
	snprintf(name, sizeof(name), "%s/disk/ballast", p->dir);
	assert_int_equal(unlink(name), 0);
}

static void full_disk(void **state)
{
	struct place *p = *state;
	struct store_config config = place_config(p);
	static char zeros[65536];
	char disk[80], name[128];
	if (geteuid())
		skip();
	snprintf(disk, sizeof(disk), "%s/disk", p->dir);
	snprintf(name, sizeof(name), "%s/ballast", disk);
	snprintf(p->path, sizeof(p->path), "%s/history.db", disk);
	assert_int_equal(mkdir(disk, 0700), 0);
	if (mount("none", disk, "tmpfs", 0, "size=6m")) {
		rmdir(disk);
		skip();
	}
	config.queue_bytes = 256 << 10;
	struct store *s = store_make(&config);
	int fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	while (write(fd, zeros, sizeof(zeros)) > 0)
		;
	close(fd);
	fill_and_free(p, s, remove_ballast);
	umount2(disk, MNT_DETACH);
	rmdir(disk);
}

/* ---- the file ---- */

static void overwrite(const char *path, off_t from, size_t n)
{
	char junk[4096];
	memset(junk, 0xa5, sizeof(junk));
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(pwrite(fd, junk, sizeof(junk), from + (off_t)(i * sizeof(junk))), sizeof(junk));
	close(fd);
}

/* How many files of the folder begin so. */
static unsigned files(struct place *p, const char *begin)
{
	unsigned n = 0;
	DIR *dir = opendir(p->dir);
	for (const struct dirent *e; (e = readdir(dir));)
		n += !strncmp(e->d_name, begin, strlen(begin));
	closedir(dir);
	return n;
}

/* Moved aside, told, and nothing of it is deleted. */
static void damaged_at_start(void **state)
{
	struct place *p = *state;
	overwrite(p->path, 0, 4);
	struct store *s = place_store(p);
	assert_non_null(strstr(p->said, "a new one is begun"));
	assert_int_equal(files(p, "history.db.corrupt-"), 1);
	offer_event(p, s, 1);
	store_finish(s);
	assert_int_equal(history_count(p->path, HISTORY_EVENTS), 1);
}

static void damaged_while_written(void **state)
{
	struct place *p = *state;
	record_init(&p->x);
	struct store *s = place_store(p);
	for (unsigned i = 0; i < 5000; i++)
		offer_event(p, s, i);
	store_finish(s);
	struct stat st;
	stat(p->path, &st);
	s = place_store(p);
	overwrite(p->path, 4096, (size_t)st.st_size / 4096 - 1);
	for (unsigned i = 0; i < 5000; i++)
		offer_event(p, s, i);
	struct store_counts c;
	store_close(s, SETTLE_MS, &c);
	if (c.lost)
		fail_msg("%s: %s", c.last_error, p->said);
	assert_int_equal(c.written, 5000);
	assert_non_null(strstr(p->said, "damaged; it is now "));
	assert_true(files(p, "history.db.corrupt-") >= 1);
	assert_sound(p->path);
	assert_int_equal(history_count(p->path, HISTORY_EVENTS), 5000);
}

static void taken_away(void **state)
{
	struct place *p = *state;
	record_init(&p->x);
	struct store *s = place_store(p);
	offer_event(p, s, 1);
	assert_int_equal(store_flush(s, SETTLE_MS), 0);
	unlink(p->path);
	offer_event(p, s, 2);
	store_finish(s);
	assert_int_equal(history_count(p->path, HISTORY_EVENTS), 1);
}

static void assert_refused(struct place *p, int err, const char *text)
{
	const struct store_config config = place_config(p);
	struct store *s;
	char why[WHY];
	assert_int_equal(store_open(&s, &config, why, sizeof(why)), err);
	if (strncmp(why, p->path, strlen(p->path)) != 0 || !strstr(why, text))
		fail_msg("%s", why);
}

static void refused(void **state)
{
	struct place *p = *state;
	char first[sizeof(p->path)];
	strcpy(first, p->path);
	struct store *s = place_store(p);
	assert_refused(p, -EWOULDBLOCK, "another process writes this history");
	store_finish(s);
	sql_number(p->path, "PRAGMA user_version = 2");
	assert_refused(p, -ENOTSUP, "history of version 2, this host writes 1; use a later eunomia");
	sql_number(p->path, "PRAGMA user_version = 1");
	sql_number(p->path, "PRAGMA application_id = 7");
	assert_refused(p, -ENOTSUP, "another program's database");
	unlink(p->path);
	assert_int_equal(symlink("/etc/passwd", p->path), 0);
	assert_refused(p, -EACCES, "");
	snprintf(p->path, sizeof(p->path), "/proc/none/history.db");
	assert_refused(p, -ENOENT, "mkdir /proc/none");
	snprintf(p->path, sizeof(p->path), "/proc/self/history.db");
	assert_refused(p, -ENOENT, "the history needs a folder that it may write");
	snprintf(p->path, sizeof(p->path), "%s", p->dir);
	assert_refused(p, -EACCES, "");
	strcpy(p->path, first);
}

static void only_for_its_owner(void **state)
{
	struct place *p = *state;
	struct stat st;
	umask(0);
	struct store *s = place_store(p);
	offer_event(p, s, 1);
	assert_int_equal(store_flush(s, SETTLE_MS), 0);
	const char *const names[] = {"", "-wal", "-shm", "-lock"};
	for (size_t i = 0; i < 4; i++) {
		char name[128];
		snprintf(name, sizeof(name), "%s%s", p->path, names[i]);
		assert_int_equal(stat(name, &st), 0);
		assert_int_equal(st.st_mode & 0777, 0600);
	}
	store_finish(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PLACE(killed),
		PLACE(file_limit),
		PLACE(full_disk),
		PLACE(damaged_at_start),
		PLACE(damaged_while_written),
		PLACE(taken_away),
		PLACE(refused),
		PLACE(only_for_its_owner),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

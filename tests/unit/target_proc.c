/* SPDX-License-Identifier: MIT */
/* The process table: parents, reuse of pids, disorder, what is lost, and that it stays within its bounds. */
#include "target_fixture.h"

#include <malloc.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FOREVER UINT64_MAX

static int setup(void **state)
{
	struct life *l = malloc(sizeof(*l));
	life_begin(l, 1000, 1 << 20);
	*state = l;
	return 0;
}

static int teardown(void **state)
{
	life_end(*state);
	free(*state);
	return 0;
}

static const struct proc *found(struct life *l, uint32_t pid, uint64_t time)
{
	const struct proc *p = procs_find(l->procs, pid, time);
	if (!p)
		fail_msg("pid %u is not known at %llu", pid, (unsigned long long)time);
	return p;
}

#define assert_exe(l, pid, time, want) assert_string_equal(found(l, pid, time)->exe, want)

static void inherited(void **state)
{
	struct life *l = *state;
	life_exec(l, 10, 100, "/bin/sh", "sh\0-c\0x");
	life_fork(l, 20, 100, 101);
	const struct proc *child = found(l, 101, 21);
	assert_string_equal(child->exe, "/bin/sh");
	assert_int_equal(child->argv_len, 7);
	assert_memory_equal(child->argv, "sh\0-c\0x", 7);
	assert_string_equal(child->comm, "comm"); /* of the fork's actor */
	assert_int_equal(child->start, 20);
	assert_int_equal(child->ppid, 100);
	assert_ptr_equal(child->parent, found(l, 100, 21));
	life_exec(l, 30, 101, "/bin/cat", "cat");
	assert_exe(l, 101, 31, "/bin/cat");
	assert_string_equal(found(l, 101, 31)->comm, "cat");
	assert_exe(l, 100, 31, "/bin/sh");
}

/* An execution in this cgroup and mount namespace. */
static void exec_in(struct life *l, uint64_t time, uint32_t pid, uint64_t cgroup, uint32_t mntns)
{
	const struct view *view = life_event(l, IMAGE, time, pid, 1);
	l->r.h.cgroup = cgroup;
	l->r.h.mntns = mntns;
	l->r.image.exe = life_text(l, "/runc", 5);
	procs_event(l->procs, view);
}

/* A runtime that is moved to a container's cgroup is what it was until something is run in a mount namespace there. */
static void where_run(void **state)
{
	enum { HOST = 1, BOX = 2 };
	struct life *l = *state;
	exec_in(l, 10, 100, HOST, HOST);
	life_fork(l, 20, 100, 101);
	exec_in(l, 30, 101, BOX, HOST);
	life_fork(l, 40, 101, 102);
	assert_int_equal(found(l, 102, 41)->exec_cgroup, HOST);
	exec_in(l, 50, 102, BOX, BOX);
	assert_int_equal(found(l, 102, 51)->exec_cgroup, BOX);
	exec_in(l, 60, 102, HOST, BOX); /* what moves out is not out */
	assert_int_equal(found(l, 102, 61)->exec_cgroup, BOX);
	exec_in(l, 70, 102, BOX, HOST); /* nor what enters the host's namespace */
	assert_int_equal(found(l, 102, 71)->exec_cgroup, BOX);
	exec_in(l, 80, 103, BOX, HOST); /* nothing is known of before */
	assert_int_equal(found(l, 103, 81)->exec_cgroup, BOX);
}

/* The parent ends, another one adopts: who made it stays. */
static void orphan(void **state)
{
	struct life *l = *state;
	life_exec(l, 10, 100, "/bin/sh", "sh");
	life_fork(l, 20, 100, 101);
	life_exit(l, 30, 100);
	const struct view *view = life_event(l, DEATH, 40, 101, 1);
	procs_event(l->procs, view);
	assert_int_equal(found(l, 101, 41)->ppid, 100);
	assert_string_equal(found(l, 101, 41)->parent->exe, "/bin/sh");
}

static void threads_and_failures(void **state)
{
	struct life *l = *state;
	life_exec(l, 10, 100, "/bin/sh", "sh");
	const struct view *view = life_event(l, BIRTH, 20, 100, 1);
	l->r.birth.child_pid = 100;
	l->r.birth.child_tid = 101;
	procs_event(l->procs, view);
	assert_null(procs_find(l->procs, 101, FOREVER));
	assert_null(found(l, 100, FOREVER)->parent);
	view = life_event(l, DEATH, 30, 100, 1);
	l->r.death.thread = 1;
	procs_event(l->procs, view);
	view = life_event(l, IMAGE, 40, 100, 1);
	l->r.image.ret = -2;
	l->r.image.exe = life_text(l, "/no", 3);
	procs_event(l->procs, view);
	assert_exe(l, 100, FOREVER, "/bin/sh");
	procs_event(l->procs, life_event(l, OTHER, 50, 200, 100));
	assert_null(procs_find(l->procs, 200, FOREVER));
	/* it did not end at 30 */
	life_fork(l, 60, 100, 102);
	assert_ptr_equal(found(l, 102, 61)->parent, found(l, 100, 61));
	assert_int_equal(found(l, 100, 61)->serial, 1);
}

/* A pid is given again: with the exit seen, and with the exit lost. */
static void reused(void **state)
{
	struct life *l = *state;
	for (int lost = 0; lost < 2; lost++) {
		uint32_t pid = 500 + (uint32_t)lost;
		life_exec(l, 100 * MS, 100, "/bin/sh", "sh");
		life_fork(l, 110 * MS, 100, pid);
		life_exec(l, 120 * MS, pid, "/bin/old", "old");
		life_fork(l, 130 * MS, pid, 600);
		if (!lost)
			life_exit(l, 140 * MS, pid);
		life_exec(l, 145 * MS, 100, "/bin/bash", "bash");
		life_fork(l, 200 * MS, 100, pid);
		assert_exe(l, pid, 201 * MS, "/bin/bash");
		assert_exe(l, pid, 150 * MS, "/bin/old"); /* a late event of the dead */
		assert_string_equal(found(l, 600, 201 * MS)->parent->exe, "/bin/old");
		life_fork(l, 210 * MS, pid, 601);
		assert_string_equal(found(l, 601, 211 * MS)->parent->exe, "/bin/bash");
		/* the old one's late fork is not the new one's child */
		life_fork(l, 135 * MS, pid, 602);
		life_fork(l, 195 * MS, pid, 603); /* nobody had it then, or so we think */
		assert_string_equal(found(l, 602, 211 * MS)->parent->exe, "/bin/old");
		life_exit(l, 300 * MS, 100);
	}
}

/* A fork is lost: what the process does tells of it; an exec after its exit is another process's. */
static void lost_fork(void **state)
{
	struct life *l = *state;
	life_exec(l, 10 * MS, 100, "/bin/sh", "sh");
	const struct view *view = life_event(l, IMAGE, 20 * MS, 200, 100);
	l->r.image.exe = life_text(l, "/bin/ls", 7);
	procs_event(l->procs, view);
	assert_string_equal(found(l, 200, FOREVER)->parent->exe, "/bin/sh");
	assert_int_equal(found(l, 200, FOREVER)->start, 0);
	life_exit(l, 30 * MS, 200);
	life_exec(l, 90 * MS, 200, "/bin/id", "id");
	assert_exe(l, 200, FOREVER, "/bin/id");
	assert_int_equal(found(l, 200, FOREVER)->serial, 3);
}

/* The fork comes after what its child did. */
static void disorder(void **state)
{
	struct life *l = *state;
	life_exec(l, 10 * MS, 100, "/bin/sh", "sh");
	life_exec(l, 30 * MS, 101, "/bin/cat", "cat");
	life_exit(l, 40 * MS, 101);
	life_fork(l, 20 * MS, 100, 101);
	assert_exe(l, 101, 41 * MS, "/bin/cat");
	assert_int_equal(found(l, 101, 41 * MS)->start, 20 * MS);
	assert_string_equal(found(l, 101, 41 * MS)->parent->exe, "/bin/sh");
	/* it has ended: the pid's next owner is another one */
	life_fork(l, 50 * MS, 100, 101);
	assert_exe(l, 101, 51 * MS, "/bin/sh");
	/* and a fork of long ago, of which all was lost, is not the newest's */
	life_fork(l, 5 * MS, 100, 101);
	assert_int_equal(found(l, 101, 51 * MS)->start, 50 * MS);
}

static void hostile(void **state)
{
	struct life *l = *state;
	life_fork(l, 10, 100, 100); /* its own child */
	assert_null(found(l, 100, FOREVER)->parent);
	life_fork(l, 20, 101, 0);
	life_fork(l, 30, 0, 102);
	assert_null(found(l, 102, FOREVER)->parent);
	assert_null(procs_find(l->procs, 0, FOREVER));
	life_fork(l, 40 * MS, 103, 104);
	life_fork(l, 40 * MS, 104, 103);
	int depth = 0;
	for (const struct proc *p = found(l, 103, FOREVER); p; p = p->parent)
		assert_true(++depth < 5);
	const struct view *view = life_event(l, IMAGE, 50, 200, 1); /* no exe, no argv */
	procs_event(l->procs, view);
	assert_null(found(l, 200, FOREVER)->exe);
	assert_null(found(l, 200, FOREVER)->argv);
	view = life_event(l, IMAGE, 60, 200, 1);
	l->r.image.exe = EUN_REF(60000, 5000);
	l->r.image.argv = life_text(l, "\0\0", 2);
	procs_event(l->procs, view);
	assert_null(found(l, 200, FOREVER)->exe);
	assert_int_equal(found(l, 200, FOREVER)->argv_len, 1);
}

/* ---- bounds ---- */

#define MANY 100000
#define KEPT 4096

static size_t in_use(void)
{
	return mallinfo2().uordblks;
}

/* Many processes, each run by a shell of its own, pids going round. Each is asked for before it ends. */
static void many(uint32_t pid_max, bool exits)
{
	struct life *l = malloc(sizeof(*l));
	life_begin(l, KEPT, 1 << 20);
	size_t before = in_use(), most = 0;
	uint64_t time = 1000 * MS;
	uint32_t pid = 300;
	life_exec(l, time, 1, "/sbin/init", "init");
	for (int i = 0; i < MANY / 2; i++) {
		char exe[64];
		uint32_t shell = pid, child = pid + 1;
		pid = pid + 2 < pid_max ? pid + 2 : 300;
		snprintf(exe, sizeof(exe), "/bin/number-%d", i);
		life_fork(l, time += 25 * MS, 1, shell);
		life_exec(l, time += MS, shell, "/bin/sh", "sh\0-c\0something or other");
		life_fork(l, time += MS, shell, child);
		life_exec_n(l, time += MS, child, exe, exe, (uint32_t)strlen(exe));
		const struct proc *p = found(l, child, time);
		assert_string_equal(p->exe, exe);
		assert_int_equal(p->parent->pid, shell);
		assert_string_equal(p->parent->exe, "/bin/sh");
		assert_string_equal(p->parent->parent->exe, "/sbin/init");
		assert_null(p->parent->parent->parent);
		if (exits) {
			life_exit(l, time += MS, shell);
			life_exit(l, time += MS, child);
			assert_exe(l, child, time + 1, exe);
		}
		size_t now = in_use() - before;
		most = now > most ? now : most;
	}
	/* an entry, its texts, and what malloc takes beside them */
	assert_true(most < (size_t)KEPT * 512);
	assert_true(most > (size_t)KEPT * 200 || !in_use()); /* a sanitizer's malloc isn't counted */
	assert_exe(l, 1, time, "/sbin/init");
	life_end(l);
	free(l);
}

static void many_pids(void **state)
{
	(void)state;
	many(4u << 20, true);
}

static void few_pids(void **state)
{
	(void)state;
	many(600, true);
}

static void all_exits_lost(void **state)
{
	(void)state;
	many(4u << 20, false);
	many(600, false);
}

/* A daemon that forks and ends, again and again: the chain of the dead grows and is cut at its far end. */
static void chain(void **state)
{
	(void)state;
	struct life l;
	life_begin(&l, 100, 1 << 20);
	uint64_t time = MS;
	for (uint32_t pid = 1000; pid < 11000; pid++) {
		life_fork(&l, time += 25 * MS, pid, pid + 1);
		life_exit(&l, time += MS, pid);
	}
	int depth = 0;
	for (const struct proc *p = found(&l, 11000, time); p; p = p->parent)
		depth++;
	assert_int_equal(depth, 100);
	life_end(&l);
}

/* Texts are bounded apart: as long as they may be, they push out others. */
static void long_texts(void **state)
{
	(void)state;
	static char exe[4000], argv[4000];
	struct life *l = malloc(sizeof(*l));
	memset(exe, '/', sizeof(exe) - 1);
	life_begin(l, 1000, 64 << 10);
	size_t before = in_use();
	for (uint32_t i = 0; i < 1000; i++) {
		life_fork(l, 100 * MS * (i + 1), 1, 1000 + i);
		life_exec_n(l, 100 * MS * (i + 1) + 1, 1000 + i, exe, argv, sizeof(argv));
		assert_int_equal(found(l, 1000 + i, FOREVER)->argv_len, sizeof(argv) - 1);
		assert_true(in_use() - before < (64 << 10) + (64 << 10));
		life_exit(l, 100 * MS * (i + 1) + 2, 1000 + i);
	}
	life_end(l);
	free(l);
}

/* ---- /proc ---- */

static void write_file(const char *dir, const char *name, const char *text, size_t n)
{
	char path[256];
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

static void fake_proc(const char *root, uint32_t pid, uint32_t ppid, unsigned start_ticks, const char *exe,
		      const char *comm)
{
	char dir[128], text[256], path[256];
	snprintf(dir, sizeof(dir), "%s/%u", root, pid);
	assert_int_equal(mkdir(dir, 0700), 0);
	int n = snprintf(text, sizeof(text), "%u (%s) S %u 1 1 0 -1 1 1 1 1 1 1 1 1 1 20 0 1 0 %u 1 1", pid, comm, ppid,
			 start_ticks);
	write_file(dir, "stat", text, (size_t)n);
	write_file(dir, "cmdline", "one\0two\0", 8);
	snprintf(path, sizeof(path), "%s/exe", dir);
	if (exe)
		assert_int_equal(symlink(exe, path), 0);
}

static void scanned(void **state)
{
	struct life *l = *state;
	char root[] = "/tmp/eunomia-proc-XXXXXX", command[64];
	assert_non_null(mkdtemp(root));
	fake_proc(root, 300, 200, 300, "/bin/c", ") S 7 (x");
	fake_proc(root, 200, 1, 200, "/bin/b (deleted)", "b");
	fake_proc(root, 1, 0, 1, "/memfd:init (deleted)", "0123456789abcdef");
	fake_proc(root, 2, 0, 1, NULL, "kthreadd");
	fake_proc(root, 400, 1, 400, "/bin/young", "young");
	fake_proc(root, 500, 1, 500, "/bin/same", "same");
	mkdir(strcat(strcpy(command, root), "/self"), 0700);
	/* what events said: 400 was another one; 500 began then, and has run another program since */
	life_exec(l, 2000 * MS, 1, "/sbin/told", "told");
	life_fork(l, 3000 * MS, 1, 400);
	life_exec(l, 3001 * MS, 400, "/bin/old", "old");
	life_fork(l, 5005 * MS, 1, 500);
	life_exec(l, 5006 * MS, 500, "/bin/newer", "newer");
	assert_int_equal(procs_scan(l->procs, root), 0);
	const struct proc *p = found(l, 300, FOREVER);
	assert_string_equal(p->exe, "/bin/c");
	assert_string_equal(p->comm, ") S 7 (x");
	assert_int_equal(p->argv_len, 7);
	assert_memory_equal(p->argv, "one\0two", 7);
	assert_int_equal(p->start, 3000 * MS);
	assert_string_equal(p->parent->exe, "/bin/b");
	assert_string_equal(p->parent->parent->exe, "/sbin/told");
	assert_int_equal(p->parent->parent->start, 10 * MS);
	assert_null(found(l, 2, FOREVER)->exe);
	assert_exe(l, 400, FOREVER, "/bin/young");
	assert_exe(l, 400, 3500 * MS, "/bin/old");
	assert_exe(l, 500, FOREVER, "/bin/newer");
	/* the fork of one that was scanned comes late */
	life_fork(l, 3007 * MS, 200, 300);
	assert_int_equal(found(l, 300, FOREVER)->start, 3007 * MS);
	assert_string_equal(found(l, 300, FOREVER)->exe, "/bin/c");
	assert_string_equal(found(l, 300, FOREVER)->parent->exe, "/bin/b");
	snprintf(command, sizeof(command), "rm -r %s", root);
	assert_int_equal(system(command), 0);
	assert_int_equal(procs_scan(l->procs, root), -2);
}

/* Of the machine: we are there, and so is who made us. */
static void scanned_for_real(void **state)
{
	struct life *l = *state;
	char exe[4096];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	assert_true(n > 0);
	exe[n] = '\0';
	assert_int_equal(procs_scan(l->procs, "/proc"), 0);
	const struct proc *self = found(l, (uint32_t)getpid(), FOREVER);
	assert_string_equal(self->exe, exe);
	assert_non_null(strstr(self->argv, "target_proc"));
	assert_int_equal(self->parent->pid, getppid());
	struct timespec now;
	clock_gettime(CLOCK_BOOTTIME, &now);
	uint64_t time = (uint64_t)now.tv_sec * 1000 * MS + (uint64_t)now.tv_nsec;
	assert_true(self->start < time && self->start > time - 600000 * MS);
}

/* ---- recordings ---- */

struct other {
	struct procs *procs;
	int told, forgotten;
};

static void tell(void *context, const struct proc *proc)
{
	struct other *o = context;
	o->told++;
	assert_int_equal(procs_learn(o->procs, proc, proc->parent ? proc->parent->pid : 0,
				     proc->parent ? proc->parent->serial : 0),
			 0);
}

static void forgot(void *context, const struct proc *proc)
{
	struct other *o = context;
	o->forgotten++;
	procs_forget(o->procs, proc->pid, proc->serial);
}

static void assert_same(const struct proc *a, const struct proc *b)
{
	for (int i = 0; i <= PROC_ANCESTORS_MAX && (a || b); i++, a = a->parent, b = b->parent) {
		assert_int_equal(!a, !b);
		assert_int_equal(a->serial, b->serial);
		assert_int_equal(a->pid, b->pid);
		assert_int_equal(a->ppid, b->ppid);
		assert_int_equal(a->start, b->start);
		assert_memory_equal(a->comm, b->comm, EUN_COMM_LEN);
		assert_int_equal(!a->exe, !b->exe);
		if (a->exe)
			assert_string_equal(a->exe, b->exe);
		assert_int_equal(a->argv_len, b->argv_len);
		if (a->argv)
			assert_memory_equal(a->argv, b->argv, a->argv_len);
	}
}

/* Any life of processes: told before it is asked for, another table answers the same. */
static void told(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= 20; seed++) {
		struct life *l = malloc(sizeof(*l));
		life_begin(l, 50, 1 << 20);
		struct other o = {procs_new(50, 1 << 20), 0, 0};
		uint64_t time = 1000 * MS;
		srand(seed);
		for (int i = 0; i < 5000; i++) {
			uint32_t pid = 1 + (uint32_t)(rand() % 60), other = 1 + (uint32_t)(rand() % 60);
			time += (uint64_t)(rand() % 30) * MS;
			uint64_t when = rand() % 8 ? time : time - 40 * MS;
			char exe[32];
			snprintf(exe, sizeof(exe), "/bin/%d", i);
			switch (rand() % 4) {
			case 0:
				life_fork(l, when, pid, other);
				break;
			case 1:
				life_exec_n(l, when, pid, exe, exe, 4);
				break;
			case 2:
				life_exit(l, when, pid);
				break;
			default:
				procs_tell_of(l->procs, pid, when, tell, forgot, &o);
				assert_same(procs_find(l->procs, pid, when), procs_find(o.procs, pid, when));
			}
		}
		assert_true(o.told > 100 && o.forgotten > 50);
		life_end(l);
		procs_destroy(o.procs);
		free(l);
	}
}

/* What did not change is told once; a hostile recording makes no circle. */
static void told_once(void **state)
{
	struct life *l = *state;
	struct other o = {procs_new(50, 1 << 20), 0, 0};
	life_exec(l, 10, 100, "/bin/sh", "sh");
	life_fork(l, 20, 100, 101);
	procs_tell_of(l->procs, 101, 21, tell, forgot, &o);
	assert_int_equal(o.told, 2);
	procs_tell_of(l->procs, 101, 22, tell, forgot, &o);
	procs_tell_of(l->procs, 100, 22, tell, forgot, &o);
	procs_tell_of(l->procs, 999, 22, tell, forgot, &o);
	assert_int_equal(o.told, 2);
	life_exec(l, 30, 101, "/bin/cat", "cat");
	procs_tell_of(l->procs, 101, 31, tell, forgot, &o);
	assert_int_equal(o.told, 3);
	struct proc a = {.serial = 70, .pid = 7}, b = {.serial = 80, .pid = 8};
	for (int i = 0; i < 2; i++) {
		assert_int_equal(procs_learn(o.procs, &a, 8, 80), 0);
		assert_int_equal(procs_learn(o.procs, &b, 7, 70), 0);
		assert_int_equal(procs_learn(o.procs, &a, 7, 70), 0);
	}
	int depth = 0;
	for (const struct proc *p = procs_find(o.procs, 7, FOREVER); p; p = p->parent)
		assert_true(++depth < 3);
	procs_forget(o.procs, 7, 71);
	assert_non_null(procs_find(o.procs, 7, FOREVER));
	procs_forget(o.procs, 7, 70);
	assert_null(procs_find(o.procs, 7, FOREVER));
	procs_destroy(o.procs);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(inherited),
		TEST(where_run),
		TEST(orphan),
		TEST(threads_and_failures),
		TEST(reused),
		TEST(lost_fork),
		TEST(disorder),
		TEST(hostile),
		cmocka_unit_test(many_pids),
		cmocka_unit_test(few_pids),
		cmocka_unit_test(all_exits_lost),
		cmocka_unit_test(chain),
		cmocka_unit_test(long_texts),
		TEST(scanned),
		TEST(scanned_for_real),
		cmocka_unit_test(told),
		TEST(told_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

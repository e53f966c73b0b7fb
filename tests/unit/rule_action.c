/* SPDX-License-Identifier: MIT */
/* Actions on children of this test, made for it: what is done, what is refused, and that nothing is left. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "rule/action.h"
#include "rule_fixture.h"

struct acting {
	struct fixture *f;
	struct rules *rules;
	struct actions *actions;
	struct buf said;
};

static void on_say(void *context, const char *text)
{
	struct buf *said = context;
	buf_str(said, text);
	buf_char(said, '\n');
}

static struct acting begin(void *state)
{
	return (struct acting){.f = state, .rules = rules_new()};
}

static void configure(struct acting *a, const char *text)
{
	struct config *config;
	struct config_error error;
	a->actions = actions_new(on_say, &a->said);
	assert_int_equal(config_parse(&config, "x.ini", text, strlen(text), &error), 0);
	if (rules_add(a->rules, config, &error) || actions_add(a->actions, config, &error) ||
	    actions_check(a->actions, a->rules, &error))
		fail_msg("%u:%u: %s", error.line, error.column, error.text);
	config_free(config);
}

static void end(struct acting *a)
{
	actions_free(a->actions);
	rules_free(a->rules);
	buf_free(&a->said);
}

static uint64_t boot_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_BOOTTIME, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void act(struct acting *a, uint32_t pid, uint64_t time, uint64_t count)
{
	static struct record r;
	struct view view;
	const struct rule *rule = rules_at(a->rules, 0);
	const struct alert_style style = {0, "here"};
	record_begin(&r, a->f->all);
	r.head.pid = pid;
	r.head.time = time;
	memcpy(r.head.comm, "it", 3);
	r.all.path = record_str(&r, "/a b;$(x)");
	assert_true(view_init(&view, &r, r.head.len, &a->f->schema));
	const struct alert alert = {
		.time = time,
		.rule = rule->name,
		.severity = rule->severity,
		.source = "test.all",
		.message = "m",
		.message_len = 1,
		.view = &view,
		.count = count,
	};
	actions_run(a->actions, rule, &alert, &style);
}

static pid_t child(void)
{
	pid_t pid = fork();
	if (!pid) {
		for (;;)
			pause();
	}
	assert_true(pid > 0);
	return pid;
}

static void over(pid_t pid, int signal)
{
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), signal);
}

static void finish(pid_t pid)
{
	kill(pid, SIGUSR1);
	over(pid, SIGUSR1);
}

static struct action_counts counts(const struct acting *a)
{
	struct action_counts c;
	actions_counts(a->actions, &c);
	return c;
}

#define RULE(action) "[rule A]\nstreams = test.all\nactions = " action "\n"

static void test_kill(void **state)
{
	struct acting a = begin(*state);
	configure(&a, RULE("kill") "[actions]\nallow = kill\n");
	pid_t pid = child();
	act(&a, (uint32_t)pid, boot_ns(), 5); /* of a summary nothing is done */
	assert_int_equal(counts(&a).done, 0);
	act(&a, (uint32_t)pid, boot_ns(), 1);
	over(pid, SIGKILL);
	assert_int_equal(counts(&a).done, 1);
	end(&a);
}

static void test_stop(void **state)
{
	struct acting a = begin(*state);
	configure(&a, RULE("stop") "[actions]\nallow = stop, exec\n");
	pid_t pid = child();
	int status;
	act(&a, (uint32_t)pid, boot_ns(), 1);
	assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
	assert_true(WIFSTOPPED(status));
	kill(pid, SIGKILL);
	over(pid, SIGKILL);
	end(&a);
}

/* Off unless configured; and a dry run only tells. */
static void test_not_allowed(void **state)
{
	static const char *const texts[] = {RULE("kill"), RULE("kill") "[actions]\nallow = stop\n",
					    RULE("kill") "[actions]\ndry_run = no\n",
					    RULE("kill") "[actions]\nallow = kill\n[actions]\nallow =\n",
					    RULE("kill") "[actions]\nallow = kill\ndry_run = yes\n"};
	pid_t pid = child();
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct acting a = begin(*state);
		bool dry = strstr(texts[i], "dry_run = yes");
		configure(&a, texts[i]);
		act(&a, (uint32_t)pid, boot_ns(), 1);
		assert_int_equal(counts(&a).done, 0);
		assert_int_equal(counts(&a).dry, dry);
		assert_int_equal(counts(&a).refused, !dry);
		end(&a);
	}
	finish(pid);
}

/* The event is older than the process, or the pid is nobody's to kill. */
static void test_guard(void **state)
{
	struct acting a = begin(*state);
	configure(&a, RULE("kill") "[actions]\nallow = kill\n");
	uint64_t before = boot_ns() - 20000000;
	pid_t pid = child();
	act(&a, (uint32_t)pid, before, 1);
	assert_int_equal(counts(&a).failed, 1);
	assert_int_equal(waitpid(pid, NULL, WNOHANG), 0);
	finish(pid);
	act(&a, (uint32_t)pid, boot_ns(), 1); /* reaped */
	assert_int_equal(counts(&a).failed, 2);
	act(&a, 0, boot_ns(), 1);
	act(&a, (uint32_t)getpid(), boot_ns(), 1);
	assert_int_equal(counts(&a).refused, 2);
	assert_int_equal(counts(&a).done, 0);
	end(&a);
	/* where a signal could reach: only what would be done */
	a = begin(*state);
	configure(&a, RULE("kill") "[actions]\nallow = kill\ndry_run = yes\n");
	act(&a, 1, boot_ns(), 1);
	act(&a, 2, boot_ns(), 1); /* kthreadd */
	assert_int_equal(counts(&a).refused, 2);
	assert_int_equal(counts(&a).dry, 0);
	end(&a);
}

/* ---- programs ---- */

static void wait_idle(struct acting *a)
{
	const struct timespec pause = {0, 5000000};
	for (int i = 0; actions_tick(a->actions); i++) {
		assert_true(i < 4000);
		nanosleep(&pause, NULL);
	}
}

static char *slurp(const char *path)
{
	static char text[4096];
	FILE *file = fopen(path, "r");
	assert_non_null(file);
	size_t n = fread(text, 1, sizeof(text) - 1, file);
	text[n] = '\0';
	fclose(file);
	return text;
}

static void write_script(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	assert_int_equal(chmod(path, 0700), 0);
}

/* Arguments as they are, no shell between; the alert on stdin; no descriptor of ours; a session of its own. */
static void test_exec(void **state)
{
	char folder[] = "/tmp/action-XXXXXX", script[64], out[64], text[1024];
	assert_non_null(mkdtemp(folder));
	snprintf(script, sizeof(script), "%s/run", folder);
	snprintf(out, sizeof(out), "%s/out", folder);
	write_script(script, "#!/bin/sh\nout=$1; shift\nfor a in \"$@\"; do echo \"<$a>\"; done >$out\ncat >>$out\n"
			     "ls /proc/self/fd | tr '\\n' ' ' >>$out\necho \"$PWD $HOME\" >>$out\n");
	snprintf(text, sizeof(text),
		 RULE("exec:note") "[actions]\nallow = exec\n[exec note]\nargv = %s, %s, {path}, \"{rule}, {pid}\", "
				   "{nope}, {severity}:{message}, {, {}\n",
		 script, out);
	struct acting a = begin(*state);
	configure(&a, text);
	setenv("HOME", "/root/not-given", 1);
	int leak = open("/dev/null", O_RDONLY);
	act(&a, 4711, 5, 1);
	wait_idle(&a);
	close(leak);
	assert_int_equal(counts(&a).done, 1);
	const char *got = slurp(out);
	static const char head[] = "</a b;$(x)>\n<A, 4711>\n<->\n<Warning:m>\n<{>\n<{}>\n{\"time\":";
	assert_memory_equal(got, head, sizeof(head) - 1);
	assert_non_null(strstr(got, "\"rule\":\"A\""));
	assert_non_null(strstr(got, "}\n0 1 2 3 / \n"));
	end(&a);
	unlink(out);
	unlink(script);
	rmdir(folder);
}

/* Too long: it and what it started are killed. Too many: not started. Wrong: told. */
static void test_bounds(void **state)
{
	char folder[] = "/tmp/action-XXXXXX", script[64], pids[64], text[1024];
	assert_non_null(mkdtemp(folder));
	snprintf(script, sizeof(script), "%s/run", folder);
	snprintf(pids, sizeof(pids), "%s/pids", folder);
	write_script(script, "#!/bin/sh\nsleep 1000 &\necho $! >>$1\nwait\n");
	snprintf(text, sizeof(text),
		 RULE("exec:slow") "[actions]\nallow = exec\n[exec slow]\nargv = %s, %s\ntimeout = 700ms\nmost = 2\n",
		 script, pids);
	struct acting a = begin(*state);
	configure(&a, text);
	for (int i = 0; i < 5; i++)
		act(&a, 4711, 5, 1);
	assert_int_equal(actions_tick(a.actions), 2);
	assert_int_equal(counts(&a).dropped, 3);
	wait_idle(&a);
	assert_int_equal(counts(&a).failed, 2);
	buf_char(&a.said, '\0');
	assert_non_null(strstr(a.said.data, "took too long, killed"));
	int first = 0, second = 0;
	assert_int_equal(sscanf(slurp(pids), "%d %d", &first, &second), 2);
	for (int i = 0; !kill(first, 0) || !kill(second, 0); i++) { /* init reaps them */
		char path[64], stat[256];
		const struct timespec pause = {0, 5000000};
		snprintf(path, sizeof(path), "/proc/%d/stat", !kill(first, 0) ? first : second);
		FILE *file = fopen(path, "r");
		size_t n = file ? fread(stat, 1, sizeof(stat) - 1, file) : 0;
		stat[n] = '\0';
		if (file)
			fclose(file);
		if (strstr(stat, ") Z"))
			break;
		assert_true(i < 1000);
		nanosleep(&pause, NULL);
	}
	end(&a);
	unlink(pids);
	unlink(script);
	rmdir(folder);
	a = begin(*state);
	configure(&a, RULE("exec:no") "[actions]\nallow = exec\n[exec no]\nargv = /nowhere/x\n");
	act(&a, 4711, 5, 1);
	assert_int_equal(counts(&a).failed, 1);
	end(&a);
	a = begin(*state);
	configure(&a, RULE("exec:no") "[actions]\nallow = exec\n[exec no]\nargv = /bin/false\n");
	act(&a, 4711, 5, 1);
	wait_idle(&a);
	assert_int_equal(counts(&a).failed, 1);
	buf_char(&a.said, '\0');
	assert_non_null(strstr(a.said.data, "exec:no: exit status 1"));
	end(&a);
}

/* Ends with its owner. */
static void test_end(void **state)
{
	struct acting a = begin(*state);
	configure(&a, RULE("exec:x") "[actions]\nallow = exec\n[exec x]\nargv = /bin/sleep, 1000\n");
	act(&a, 4711, 5, 1);
	assert_int_equal(actions_tick(a.actions), 1);
	end(&a);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static bool own(struct acting *a, uint32_t pid, uint32_t ppid)
{
	static struct record r;
	struct view view;
	record_begin(&r, a->f->all);
	r.head.pid = pid;
	r.head.ppid = ppid;
	assert_true(view_init(&view, &r, r.head.len, &a->f->schema));
	return actions_own(a->actions, &view);
}

static void test_own(void **state)
{
	struct acting a = begin(*state);
	configure(&a, RULE("exec:x") "[actions]\nallow = exec\n[exec x]\nargv = /bin/sh, -c, \"sleep 1000; :\"\n");
	pid_t other = child();
	assert_false(own(&a, (uint32_t)other, 0));
	act(&a, 4711, 5, 1);
	char path[64];
	int pid = 0, grandchild = 0;
	FILE *file;
	snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
	for (int i = 0; !grandchild && i < 100000; i++) {
		file = fopen(path, "r");
		int x, y;
		if (file && fscanf(file, "%d %d", &x, &y) == 2)
			pid = x == other ? y : x;
		if (file)
			fclose(file);
		char children[64];
		snprintf(children, sizeof(children), "/proc/%d/task/%d/children", pid, pid);
		file = pid ? fopen(children, "r") : NULL;
		if (file && fscanf(file, "%d", &grandchild) != 1)
			grandchild = 0;
		if (file)
			fclose(file);
	}
	assert_true(grandchild > 0);
	assert_true(own(&a, (uint32_t)pid, 1));
	assert_true(own(&a, (uint32_t)grandchild, 1)); /* by its session */
	assert_true(own(&a, 999999, (uint32_t)pid));
	assert_false(own(&a, (uint32_t)other, (uint32_t)getpid()));
	end(&a);
	finish(other);
}

static void refuse(void *state, const char *text, uint32_t line, uint32_t column, const char *part)
{
	struct acting a = begin(state);
	struct config *config;
	struct config_error error;
	a.actions = actions_new(on_say, &a.said);
	assert_int_equal(config_parse(&config, "x.ini", text, strlen(text), &error), 0);
	int err = rules_add(a.rules, config, &error);
	if (!err)
		err = actions_add(a.actions, config, &error);
	if (!err)
		err = actions_check(a.actions, a.rules, &error);
	assert_int_equal(err, -EINVAL);
	if (error.line != line || error.column != column || !strstr(error.text, part))
		fail_msg("%u:%u: %s", error.line, error.column, error.text);
	config_free(config);
	end(&a);
}

static void test_refused(void **state)
{
	refuse(*state, "[actions]\nallow = kill, term\n", 2, 15, "unknown action 'term'");
	refuse(*state, "[actions]\nalow = kill\n", 2, 1, "did you mean 'allow'?");
	refuse(*state, "[exec x]\nargv = ls\n", 1, 1, "absolute path");
	refuse(*state, "[exec x]\nmost = 3\n", 1, 1, "absolute path");
	refuse(*state, "[exec x]\nargv = /bin/ls\nmost = 0\n", 3, 8, "out of range");
	refuse(*state, "[exec x]\nargv = /bin/ls\n[exec x]\nargv = /bin/ls\n", 3, 1, "there twice");
	refuse(*state, RULE("kill, exec:y") "[exec x]\nargv = /bin/ls\n", 3, 17, "there is no [exec y]");
}

int main(void)
{
	struct fixture f;
	fixture_init(&f);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(test_kill, &f),        cmocka_unit_test_prestate(test_stop, &f),
		cmocka_unit_test_prestate(test_not_allowed, &f), cmocka_unit_test_prestate(test_guard, &f),
		cmocka_unit_test_prestate(test_exec, &f),        cmocka_unit_test_prestate(test_bounds, &f),
		cmocka_unit_test_prestate(test_end, &f),         cmocka_unit_test_prestate(test_own, &f),
		cmocka_unit_test_prestate(test_refused, &f),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	fixture_end(&f);
	return failed;
}

/* SPDX-License-Identifier: MIT */
/* What libseccomp makes of profiles, loaded by the kernel in children that try calls. */
#include "seccomp_fixture.h"

#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "seccomp/base.h"

static struct sock_fprog built(const struct profile *p)
{
	struct sock_filter *program;
	size_t n;
	char why[512];
	if (filter_build(p, &program, &n, NULL, NULL, why, sizeof(why)) || filter_try(program, n, why, sizeof(why)))
		fail_msg("%s", why);
	return (struct sock_fprog){(unsigned short)n, program};
}

/* What the call returns to a child with the filter: the result, -errno, or the signal that ended it and 10000. */
static int probe(const struct sock_fprog *program, long nr, long a, long b)
{
	int status, result = 0, ends[2];
	assert_int_equal(pipe(ends), 0);
	pid_t child = fork();
	if (!child) {
		signal(SIGSYS, SIG_DFL); /* cmocka has a handler */
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, program))
			_exit(99);
		result = (int)syscall(nr, a, b, 0, 0, 0, 0);
		result = result < 0 ? -errno : result;
		syscall(SYS_write, ends[1], &result, sizeof(result));
		syscall(SYS_exit_group, 0); /* no sanitizer's calls before it */
	}
	close(ends[1]);
	ssize_t n = read(ends[0], &result, sizeof(result));
	close(ends[0]);
	waitpid(child, &status, 0);
	return n == sizeof(result) ? result : WIFSIGNALED(status) ? 10000 + WTERMSIG(status) : -9999;
}

#define ENDS "write exit exit_group rt_sigreturn restart_syscall "

static void test_actions(void **state)
{
	(void)state;
	struct profile p = parsed(ENDS "getppid getuid:errno(7) getgid:trap geteuid:kill "
				       "personality[0&0xffffffff=0x5]:errno(9) personality[0=3]:errno(11)",
				  NULL);
	struct sock_fprog f = built(&p);
	assert_true(probe(&f, SYS_getppid, 0, 0) > 0);
	assert_int_equal(probe(&f, SYS_getuid, 0, 0), -7);
	assert_int_equal(probe(&f, SYS_getgid, 0, 0), 10000 + SIGSYS);
	assert_int_equal(probe(&f, SYS_geteuid, 0, 0), 10000 + SIGSYS);
	assert_int_equal(probe(&f, SYS_getpid, 0, 0), -EPERM);
	assert_int_equal(probe(&f, SYS_personality, 5, 0), -9);
	assert_int_equal(probe(&f, SYS_personality, 0x700000005, 0), -9);
	assert_int_equal(probe(&f, SYS_personality, 3, 0), -11);
	assert_int_equal(probe(&f, SYS_personality, 4, 0), -EPERM);
	assert_int_equal(probe(&f, SYS_personality, 7, 0), -EPERM);
	assert_int_equal(probe(&f, 480, 0, 0), -ENOSYS); /* of no Linux yet */
	assert_int_equal(probe(&f, 400, 0, 0), -EPERM);  /* a hole */
	assert_int_equal(probe(&f, 0x40000000 | SYS_getpid, 0, 0), -EPERM);
	free(f.filter);
	profile_free(&p);
}

/* Linux lets both pass without asking a filter, and ends who calls them from elsewhere than a probe's code. */
enum { URETPROBE = 335, UPROBE = 336 };

/* Every number, by the profile's own word and by the kernel's. */
static void test_all_numbers(void **state)
{
	(void)state;
	uint32_t seed = 3;
	struct profile p = {.def = {PROFILE_ERRNO, 111}};
	static const uint64_t none[6];
	for (uint32_t nr = 0; nr < 470; nr++) {
		seed = seed * 1664525u + 1013904223u;
		struct profile_rule r = {.nr = nr, .action = {PROFILE_ERRNO, (uint16_t)(200 + nr)}};
		if (seed >> 31)
			profile_add(&p, PROFILE_X86_64, &r);
	}
	base_add(&p, base_find("always"));
	profile_allow(&p, PROFILE_X86_64, SYS_write);
	struct sock_fprog f = built(&p);
	for (uint32_t nr = 0; nr < 470; nr++) {
		struct profile_action a = profile_decide(&p, PROFILE_X86_64, nr, none);
		if (a.act == PROFILE_ERRNO && nr != UPROBE && nr != URETPROBE)
			assert_int_equal(probe(&f, nr, 0, 0), -a.value);
	}
	free(f.filter);
	profile_free(&p);
}

static void test_default_actions(void **state)
{
	static const struct {
		const char *text;
		int result;
	} cases[] = {
		{"@default errno(5) ", -5},
		{"@default kill ", 10000 + SIGSYS},
		{"@default trap ", 10000 + SIGSYS},
		{"@default kill_thread ", 10000 + SIGSYS},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[256];
		snprintf(text, sizeof(text), "%s" ENDS, cases[i].text);
		struct profile p = parsed(text, NULL);
		struct sock_fprog f = built(&p);
		assert_int_equal(probe(&f, SYS_getppid, 0, 0), cases[i].result);
		free(f.filter);
		profile_free(&p);
	}
	struct profile p = parsed("@default log getuid:errno(3) ", NULL);
	struct sock_fprog f = built(&p);
	assert_true(probe(&f, SYS_getppid, 0, 0) > 0);
	assert_int_equal(probe(&f, SYS_getuid, 0, 0), -3);
	free(f.filter);
	profile_free(&p);
}

/* A filter for entries beside the native one, and one of the native one alone: other entries get the default. */
static void test_entries(void **state)
{
	(void)state;
	struct warned w = {0};
	struct profile p = parsed("@arch x86_64 " ENDS "getuid @arch x86 " ENDS "socketcall mseal", NULL);
	struct sock_filter *program;
	size_t n;
	char why[512];
	assert_int_equal(filter_build(&p, &program, &n, on_warn, &w, why, sizeof(why)), 0);
	assert_int_equal(filter_try(program, n, why, sizeof(why)), 0);
	assert_string_equal(w.text, "x86: libseccomp can't have a rule for mseal (462), left out: Invalid argument\n");
	free(program);
	profile_free(&p);
}

/* The C form is compiled and run as it is. */
static void test_c(void **state)
{
	(void)state;
	struct profile p = parsed(ENDS "getppid:errno(77)", NULL);
	char *source = written(&p, PROFILE_C, NULL), dir[] = "/tmp/eunomia-seccomp-XXXXXX", path[128], command[512];
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/filter.c", dir);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs(source, file);
	fputs("#include <errno.h>\nint main(void)\n{\n\tif (install_seccomp_filter())\n\t\treturn 1;\n"
	      "\treturn syscall(SYS_getppid) == -1 ? errno : 2;\n}\n",
	      file);
	fclose(file);
	snprintf(command, sizeof(command),
		 "cc -Wall -Wextra -Werror -o %s/filter %s && %s/filter; s=$?; rm -r %s; exit $s", dir, path, dir, dir);
	int status = system(command);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 77);
	free(source);
	profile_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_actions),
		cmocka_unit_test(test_all_numbers),
		cmocka_unit_test(test_default_actions),
		cmocka_unit_test(test_entries),
		cmocka_unit_test(test_c),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

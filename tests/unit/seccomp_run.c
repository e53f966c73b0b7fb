/* SPDX-License-Identifier: MIT */
/* A program that libseccomp made says of each call what the profile says. */
#include "seccomp_fixture.h"

#include "seccomp/filter_run.h"

static uint32_t expected(struct profile_action a)
{
	switch (a.act) {
	case PROFILE_ALLOW:
		return SECCOMP_RET_ALLOW;
	case PROFILE_LOG:
		return SECCOMP_RET_LOG;
	case PROFILE_TRAP:
		return SECCOMP_RET_TRAP;
	case PROFILE_KILL:
		return SECCOMP_RET_KILL_PROCESS;
	default:
		return SECCOMP_RET_ERRNO | a.value;
	}
}

static void test_as_the_profile(void **state)
{
	(void)state;
	struct profile p =
		parsed("@default errno(EPERM)\nread write getuid:errno(7) getgid:trap geteuid:kill getpid:log "
		       "personality[0&0xffffffff=0x5] ioctl[1>4;2<=0x100000002]:errno(9) lseek[1!=7]",
		       NULL);
	static const uint64_t values[] = {0, 1, 4, 5, 7, 0xffffffff, 0x100000000, 0x100000002, 0x100000005, ~0ull};
	struct sock_filter *program;
	size_t n, count = sizeof(values) / sizeof(values[0]);
	char why[512];
	assert_int_equal(filter_build(&p, &program, &n, NULL, NULL, why, sizeof(why)), 0);
	for (uint32_t nr = 0; nr <= arch_names[profile_native()].number_last; nr++)
		for (size_t i = 0; i < count * count * count; i++) {
			struct seccomp_data d = {.nr = (int)nr, .arch = arch_names[profile_native()].token};
			d.args[0] = values[i % count];
			d.args[1] = values[i / count % count];
			d.args[2] = values[i / count / count];
			uint64_t args[6] = {d.args[0], d.args[1], d.args[2]};
			uint32_t is = filter_run(program, n, &d);
			assert_int_equal(is, expected(profile_decide(&p, profile_native(), nr, args)));
		}
	const struct seccomp_data past = {.nr = 5000, .arch = arch_names[profile_native()].token}, other = {.arch = 1};
	assert_int_equal(filter_run(program, n, &past), SECCOMP_RET_ERRNO | ENOSYS);
	assert_int_equal(filter_run(program, n, &other), SECCOMP_RET_ERRNO | EPERM);
	free(program);
	profile_free(&p);
}

/* What the kernel would not have taken is as if it killed; nothing outside of the call is read. */
static void test_no_program(void **state)
{
	(void)state;
	static const struct sock_filter far[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 64), BPF_STMT(BPF_RET | BPF_A, 0)};
	static const struct sock_filter division[] = {BPF_STMT(BPF_ALU | BPF_DIV | BPF_X, 0),
						      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
	static const struct sock_filter away[] = {BPF_STMT(BPF_JMP | BPF_JA, 0xffffffff)};
	static const struct sock_filter memory[] = {
		BPF_STMT(BPF_LD | BPF_IMM, 40),         BPF_STMT(BPF_ST, 3),
		BPF_STMT(BPF_LDX | BPF_MEM, 3),         BPF_STMT(BPF_LD | BPF_IMM, 2),
		BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0), BPF_STMT(BPF_RET | BPF_A, 0),
	};
	const struct seccomp_data d = {0};
	assert_int_equal(filter_run(far, 2, &d), SECCOMP_RET_KILL_PROCESS);
	assert_int_equal(filter_run(division, 2, &d), SECCOMP_RET_KILL_PROCESS);
	assert_int_equal(filter_run(away, 1, &d), SECCOMP_RET_KILL_PROCESS);
	assert_int_equal(filter_run(far, 0, &d), SECCOMP_RET_KILL_PROCESS);
	assert_int_equal(filter_run(memory, 6, &d), 42);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_as_the_profile), cmocka_unit_test(test_no_program)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* The forms: there and back, told apart by content, and what is refused with which words. */
#include "seccomp_fixture.h"

#define PROFILE                                                                                 \
	"@default errno(EPERM)\n@arch x86_64\nread\nioctl[0>0x2;1&0xff=0x1]\nioctl[1=0x5401]\n" \
	"clone[0=0x11]\nptrace:kill\nmount:errno(ENOSYS)\n"

static void test_round_trip(void **state)
{
	static const enum profile_form forms[] = {PROFILE_OCI, PROFILE_DOCKER, PROFILE_TEXT};
	(void)state;
	struct profile p = parsed(PROFILE, NULL);
	assert_text(&p, PROFILE);
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct warned w = {0};
		char *text = written(&p, forms[i], &w);
		struct profile again = parsed(text, &w);
		assert_same(&again, &p);
		assert_string_equal(w.text, "");
		profile_free(&again);
		free(text);
	}
	profile_free(&p);
}

static void test_lists(void **state)
{
	(void)state;
	struct warned w = {0};
	struct profile names = parsed("\xef\xbb\xbf# a list\nread, write\r\n\n60 futex\n", &w);
	struct profile numbers = parsed("0\n1\n60\n202\n", &w);
	assert_same(&names, &numbers);
	assert_text(&names, "@default errno(EPERM)\n@arch x86_64\nread\nwrite\nexit\nfutex\n");
	assert_string_equal(w.text, "");
	profile_free(&names);
	profile_free(&numbers);
}

/* Newer than libseccomp, of no one, of another architecture. */
static void test_unknown(void **state)
{
	(void)state;
	struct warned w = {0};
	struct profile p = parsed("mseal\n462\nfrobnicate\nsocketcall\n480", &w);
	assert_text(&p, "@default errno(EPERM)\n@arch x86_64\nmseal\n480\n");
	assert_string_equal(w.text, "file: line 3: unknown system call 'frobnicate', left out\n"
				    "file: line 4: these architectures have no system call 'socketcall', left out\n");
	w = (struct warned){0};
	char *oci = written(&p, PROFILE_OCI, &w);
	assert_non_null(strstr(oci, "\"mseal\""));
	assert_string_equal(
		w.text, "x86_64: system call 480 has no name, which JSON needs: left out; the forms text, c and bpf "
			"have it\n");
	free(oci);
	profile_free(&p);
}

static void test_docker(void **state)
{
	(void)state;
	struct warned w = {0};
	struct profile p = parsed(
		"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"archMap\":["
		"{\"architecture\":\"SCMP_ARCH_AARCH64\",\"subArchitectures\":[\"SCMP_ARCH_ARM\"]},"
		"{\"architecture\":\"SCMP_ARCH_X86_64\",\"subArchitectures\":[\"SCMP_ARCH_X86\",\"SCMP_ARCH_MIPS\"]}],"
		"\"syscalls\":[{\"names\":[\"read\",\"nosuch\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":null},"
		"{\"name\":\"write\",\"action\":\"SCMP_ACT_ALLOW\",\"includes\":{\"caps\":[\"CAP_CHOWN\"]}},"
		"{\"names\":[\"mount\"],\"action\":\"SCMP_ACT_ALLOW\",\"includes\":{\"caps\":[\"CAP_SYS_ADMIN\"]}},"
		"{\"names\":[\"exit\"],\"action\":\"SCMP_ACT_ALLOW\",\"excludes\":{\"arches\":[\"amd64\"]}},"
		"{\"names\":[\"brk\"],\"action\":\"SCMP_ACT_ALLOW\",\"includes\":{\"minKernel\":\"99.1\"}},"
		"{\"names\":[\"personality\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":["
		"{\"index\":0,\"value\":0,\"op\":\"SCMP_CMP_EQ\"},{\"index\":0,\"value\":8,\"op\":\"SCMP_CMP_EQ\"}]}]}",
		&w);
	assert_text(&p, "@default errno(EPERM)\n@arch x86_64\nread\nwrite\npersonality[0=0x0]\npersonality[0=0x8]\n"
			"@arch x86\nread\nwrite\npersonality[0=0x0]\npersonality[0=0x8]\n");
	assert_non_null(strstr(w.text, "architecture 'SCMP_ARCH_MIPS' is not known here"));
	assert_non_null(strstr(w.text, "syscalls[0]: unknown system call 'nosuch'"));
	profile_free(&p);
}

static void test_config_json(void **state)
{
	(void)state;
	struct profile p = parsed("\n {\"ociVersion\":\"1.0\",\"linux\":{\"seccomp\":{\"defaultAction\":"
				  "\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":38,\"architectures\":[\"SCMP_ARCH_X86_64\"],"
				  "\"syscalls\":[{\"names\":[\"read\"],\"action\":\"SCMP_ACT_LOG\"}]}}}",
				  NULL);
	assert_text(&p, "@default errno(ENOSYS)\n@arch x86_64\nread:log\n");
	profile_free(&p);
}

static void test_refused(void **state)
{
	static const char *const cases[][2] = {
		{"{\"defaultAction\":\n  1}", "file: profile.defaultAction: is not a string"},
		{"{\n\"a\" 1}", "file:2:5: JSON: ':' expected near '1'"},
		{"{\"a\":1,\"a\":2}", "duplicate object key"},
		{"{}", "file: profile.defaultAction: is missing"},
		{"{\"linux\":{}}", "file: linux.seccomp: there is no such object"},
		{"{\"defaultAction\":\"SCMP_ACT_NO\"}", "'SCMP_ACT_NO' is no action"},
		{"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":5000}", "5000 is not between 0 and 4095"},
		{"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":-1}", "-1 is not between"},
		{"{\"defaultAction\":\"SCMP_ACT_KILL\",\"architectures\":[\"x\"]}",
		 "architectures: 'x' is no architecture"},
		{"{\"defaultAction\":\"SCMP_ACT_KILL\",\"architectures\":[\"SCMP_ARCH_MIPS\"]}",
		 "none of its architectures is known here"},
		{"{\"defaultAction\":\"SCMP_ACT_KILL\",\"syscalls\":[7]}", "syscalls[0]: is not an object"},
		{"{\"defaultAction\":\"SCMP_ACT_KILL\",\"syscalls\":[{\"action\":\"SCMP_ACT_ALLOW\"}]}",
		 "syscalls[0]: has no names"},
		{"{\"defaultAction\":\"SCMP_ACT_KILL\",\"syscalls\":[{\"action\":\"SCMP_ACT_ALLOW\",\"names\":[1]}]}",
		 "syscalls[0].names[0]: is not a string"},
		{"{\"defaultAction\":\"SCMP_ACT_KILL\",\"syscalls\":[{\"action\":\"SCMP_ACT_ALLOW\",\"names\":[],"
		 "\"args\":[{\"index\":6}]}]}",
		 "syscalls[0].args[0].index: 6 is not between 0 and 5"},
		{"{\"defaultAction\":\"SCMP_ACT_KILL\",\"syscalls\":[{\"action\":\"SCMP_ACT_ALLOW\",\"names\":[],"
		 "\"args\":[{\"index\":0,\"value\":1,\"op\":\"==\"}]}]}",
		 "'==' is no comparison"},
		{"read\nioctl[6=1]", "file:2: conditions are like"},
		{"read\nioctl[1=1", "file:2: conditions are like"},
		{"read:frob", "file:1: no action is named 'frob'"},
		{"@arch vax", "file:1: no architecture known here is named 'vax'"},
		{"@foo bar", "there are @default and @arch, not '@foo'"},
		{"99999999", "no system call has the number"},
		{"read\n\n\x01\x02", "file:3: neither JSON nor a list"},
		{"12abc", "not a number or name: '12abc'"},
		{" \x04\x03 \xff", "neither JSON nor a list"},
	};
	const struct profile_source source = {"file", NULL, NULL};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct profile p;
		char why[512] = "";
		assert_int_equal(profile_parse(&p, &source, cases[i][0], strlen(cases[i][0]), why, sizeof(why)),
				 -EINVAL);
		if (!strstr(why, cases[i][1]))
			fail_msg("%s: %s (expected %s)", cases[i][0], why, cases[i][1]);
	}
}

static void test_bpf_is_told(void **state)
{
	(void)state;
	struct profile p = parsed("read", NULL), again;
	struct buf out = {0};
	char why[512];
	const struct profile_source source = {"file", NULL, NULL};
	assert_int_equal(profile_write(&p, PROFILE_BPF, &out, NULL, NULL, why, sizeof(why)), 0);
	assert_int_equal(profile_parse(&again, &source, out.data, out.len, why, sizeof(why)), -EINVAL);
	assert_non_null(strstr(why, "a compiled filter"));
	buf_free(&out);
	profile_free(&p);
}

/* Any prefix, and any byte changed, of good JSON: no crash, and what is refused is refused with words. */
static void test_damaged(void **state)
{
	(void)state;
	struct profile p = parsed(PROFILE, NULL);
	char *json = written(&p, PROFILE_DOCKER, NULL);
	size_t len = strlen(json);
	const struct profile_source source = {"file", NULL, NULL};
	for (size_t i = 0; i < len; i++) {
		struct profile got;
		char why[512] = "", was = json[i];
		int err = profile_parse(&got, &source, json, i, why, sizeof(why));
		assert_true(err ? *why != '\0' : true);
		profile_free(&got);
		json[i] = (char)(was ^ 0x15);
		err = profile_parse(&got, &source, json, len, why, sizeof(why));
		assert_true(err == 0 || err == -EINVAL);
		profile_free(&got);
		json[i] = was;
	}
	free(json);
	profile_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),  cmocka_unit_test(test_lists),       cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_docker),      cmocka_unit_test(test_config_json), cmocka_unit_test(test_refused),
		cmocka_unit_test(test_bpf_is_told), cmocka_unit_test(test_damaged),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

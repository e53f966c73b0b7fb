/* SPDX-License-Identifier: MIT */
/* Who is let in: routes, Host, Origin, tokens, addresses. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "server/guard.h"
#include "server/listen.h"
#include "server/route.h"

static const struct route table[] = {
	{"GET", "/api/things", ROLE_READ, .summary = ""},
	{"POST", "/api/things/{id}/stop", ROLE_CONTROL, .summary = ""},
	{"GET", "/api/things/{id}", ROLE_READ, .summary = ""},
	{"POST", "/api/{kind}/{id}", ROLE_CONTROL, .summary = ""},
	{0},
};

static void test_route(void **state)
{
	static const struct {
		const char *method, *path;
		int row; /* -1: none, -2: another method */
		const char *args[2];
	} cases[] = {
		{"GET", "/api/things", 0, {""}},
		{"GET", "/api/things/", -1, {""}},
		{"GET", "/api/thing", -1, {""}},
		{"GET", "/api/thingss", -1, {""}},
		{"DELETE", "/api/things", -2, {""}},
		{"GET", "/api/things/7", 2, {"7"}},
		{"POST", "/api/things/a b/stop", 1, {"a b"}},
		{"POST", "/api/things/7", 3, {"things", "7"}},
		{"GET", "/api/things/7/stop/", -1, {""}},
		{"GET", "/api/things/../../etc/passwd", -1, {""}},
		{"GET", "", -1, {""}},
		{"GET", "//api/things", -1, {""}},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct route_args args = {0};
		bool other;
		const struct route *r = route_find(table, cases[i].method, cases[i].path, &args, &other);
		assert_ptr_equal(r, cases[i].row >= 0 ? &table[cases[i].row] : NULL);
		assert_int_equal(other && !r, cases[i].row == -2);
		for (int k = 0; r && k < 2 && cases[i].args[k] && *cases[i].args[k]; k++)
			assert_string_equal(args.text[k], cases[i].args[k]);
	}
	char longest[300];
	struct route_args args;
	bool other;
	memset(longest, 'x', sizeof(longest));
	memcpy(longest, "/api/things/", 12);
	longest[299] = '\0';
	assert_null(route_find(table, "GET", longest, &args, &other));
}

static char *const hosts[] = {(char *)"eunomia.example", NULL};
static char *const origins[] = {(char *)"https://board.example", NULL};

static struct guard guard(void)
{
	struct guard g = {.hosts = hosts, .origins = origins, .hostname = "box"};
	strcpy(g.control.text, "control-control-control");
	strcpy(g.read.text, "read-read-read-read-read");
	return g;
}

static void test_source(void **state)
{
	static const struct {
		const char *host, *origin;
		int status;
		bool foreign;
	} cases[] = {
		{"127.0.0.1:8080", NULL, 0, false},
		{"localhost", NULL, 0, false},
		{"LOCALHOST:1", NULL, 0, false},
		{"[::1]:8080", NULL, 0, false},
		{"box:8080", NULL, 0, false},
		{"eunomia.example", NULL, 0, false},
		{NULL, NULL, 403, false},
		{"", NULL, 403, false},
		{":8080", NULL, 403, false},
		{"[::1", NULL, 403, false},
		{"evil.example", NULL, 403, false},
		{"localhost.evil.example", NULL, 403, false},
		{"localhost:8080@evil.example", NULL, 403, false},
		{"127.0.0.1.evil.example:8080", NULL, 403, false},
		{"127.0.0.1:8080", "http://127.0.0.1:8080", 0, false},
		{"127.0.0.1:8080", "http://127.0.0.1:8081", 403, false},
		{"127.0.0.1:8080", "http://evil.example", 403, false},
		{"127.0.0.1:8080", "null", 403, false},
		{"127.0.0.1:8080", "file://127.0.0.1:8080", 403, false},
		{"127.0.0.1:8080", "", 403, false},
		{"127.0.0.1:8080", "https://board.example", 0, true},
		{"127.0.0.1:8080", "http://board.example", 403, false},
		{"evil.example", "https://board.example", 403, false},
	};
	const struct guard g = guard();
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct guard_request r = {.host = cases[i].host, .origin = cases[i].origin};
		bool foreign;
		assert_int_equal(guard_source(&g, &r, &foreign).status, cases[i].status);
		assert_int_equal(foreign, cases[i].foreign);
	}
}

static void test_role(void **state)
{
	static const struct {
		const char *authorization;
		bool near;
		enum role needed;
		int status;
	} cases[] = {
		{NULL, true, ROLE_OPEN, 0},
		{NULL, false, ROLE_OPEN, 401},
		{NULL, true, ROLE_READ, 401},
		{NULL, true, ROLE_CONTROL, 401},
		{"Bearer read-read-read-read-read", true, ROLE_READ, 0},
		{"bearer read-read-read-read-read", true, ROLE_READ, 0},
		{"Bearer read-read-read-read-read", false, ROLE_OPEN, 0},
		{"Bearer read-read-read-read-read", true, ROLE_CONTROL, 403},
		{"Bearer control-control-control", true, ROLE_CONTROL, 0},
		{"Bearer control-control-control", true, ROLE_READ, 0},
		{"Bearer control-control-contro", true, ROLE_READ, 401},
		{"Bearer control-control-controlx", true, ROLE_READ, 401},
		{"Bearer ", true, ROLE_READ, 401},
		{"Bearer", true, ROLE_READ, 401},
		{"control-control-control", true, ROLE_READ, 401},
		{"Basic control-control-control", true, ROLE_READ, 401},
	};
	const struct guard g = guard();
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct guard_request r = {.authorization = cases[i].authorization, .near = cases[i].near};
		enum role role;
		assert_int_equal(guard_role(&g, &r, cases[i].needed, &role).status, cases[i].status);
	}
	/* a token that was never read is nobody's */
	const struct guard none = {.hostname = ""};
	const struct guard_request r = {.authorization = "Bearer ", .near = true};
	enum role role;
	assert_int_equal(guard_role(&none, &r, ROLE_READ, &role).status, 401);
}

static void test_token(void **state)
{
	char folder[] = "/tmp/eunomia-token-XXXXXX", path[128], why[512];
	struct secret made, again;
	struct stat st;
	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/new/token", folder);
	assert_int_equal(token_open(&made, path, why, sizeof(why)), 0);
	assert_true(made.made);
	assert_int_equal(strlen(made.text), TOKEN_LEN);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(token_open(&again, path, why, sizeof(why)), 0);
	assert_false(again.made);
	assert_string_equal(made.text, again.text);
	assert_true(token_equal(&made, again.text));
	again.text[TOKEN_LEN - 1] ^= 1;
	assert_false(token_equal(&made, again.text));
	chmod(path, 0640);
	assert_int_equal(token_open(&again, path, why, sizeof(why)), -EINVAL);
	assert_non_null(strstr(why, "0640"));
	chmod(path, 0600);
	assert_int_equal(truncate(path, 5), 0);
	assert_int_equal(token_open(&again, path, why, sizeof(why)), -EINVAL);
	unlink(path);
	assert_int_equal(symlink("/etc/hostname", path), 0);
	assert_int_not_equal(token_open(&again, path, why, sizeof(why)), 0);
	unlink(path);
	snprintf(path, sizeof(path), "%s/new", folder);
	rmdir(path);
	rmdir(folder);
}

static void test_address(void **state)
{
	static const struct {
		const char *text;
		int good;
		bool loopback;
	} cases[] = {
		{"127.0.0.1:8080", 1, true},
		{"127.9.9.9:1", 1, true},
		{"localhost:0", 1, true},
		{"[::1]:8080", 1, true},
		{"0.0.0.0:8080", 1, false},
		{"*:8080", 1, false},
		{"[::]:8080", 1, false},
		{"192.168.1.2:80", 1, false},
		{"[fe80::1]:80", 1, false},
		{"[::ffff:127.0.0.1]:80", 1, false},
		{"8080", 0, false},
		{":8080", 0, false},
		{"127.0.0.1", 0, false},
		{"127.0.0.1:", 0, false},
		{"127.0.0.1:65536", 0, false},
		{"127.0.0.1:-1", 0, false},
		{"::1:8080", 0, false},
		{"example.com:80", 0, false},
		{"127.0.0.1:80x", 0, false},
		{"[]:80", 0, false},
		{"", 0, false},
	};
	struct address a;
	char why[256];
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(!address_parse(&a, cases[i].text, why, sizeof(why)), cases[i].good);
		if (cases[i].good)
			assert_int_equal(a.loopback, cases[i].loopback);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_route), cmocka_unit_test(test_source),  cmocka_unit_test(test_role),
		cmocka_unit_test(test_token), cmocka_unit_test(test_address),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

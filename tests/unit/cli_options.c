/* SPDX-License-Identifier: MIT */
/* The tables of options agree with themselves and with what plugins may not use; argv becomes the right request. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/options.h"
#include "cli/where.h"
#include "host/reserved.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void unique(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_options; i++)
		for (size_t j = 0; j < i; j++) {
			const struct option *a = &options[i], *b = &options[j];
			if (!(a->commands & b->commands))
				continue;
			assert_string_not_equal(a->name, b->name);
			if (a->letter)
				assert_int_not_equal(a->letter, b->letter);
		}
	for (size_t i = 0; i < n_options; i++)
		for (size_t j = 0; j < n_options; j++) /* the letter of a name is the same everywhere */
			if (!strcmp(options[i].name, options[j].name))
				assert_int_equal(options[i].letter, options[j].letter);
}

static void complete(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_options; i++) {
		const struct option *o = &options[i];
		assert_non_null(o->take);
		assert_int_not_equal(o->commands, 0);
		assert_int_equal(o->commands >> COMMANDS, 0);
		assert_int_equal(strspn(o->name, "abcdefghijklmnopqrstuvwxyz0123456789-"), strlen(o->name));
		assert_true(strlen(o->help) > 5 && !strchr(o->help, '\n'));
		assert_true(!o->value || *o->value);
	}
	for (size_t c = 0; c < COMMANDS; c++) {
		assert_true(commands[c].help && *commands[c].help);
		assert_true(commands[c].operands_min <= commands[c].operands_max);
		assert_true((commands[c].name == NULL) == (c == COMMAND_PLUGIN));
	}
}

static bool is_in(const char *name, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

static void reserved(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_options; i++) {
		assert_true(is_in(options[i].name, reserved_names, N_RESERVED_NAMES));
		if (options[i].letter)
			assert_non_null(strchr(RESERVED_LETTERS, options[i].letter));
	}
	for (size_t i = 0; i < N_RESERVED_NAMES; i++) {
		bool there = false;
		for (size_t j = 0; j < n_options; j++)
			there |= !strcmp(options[j].name, reserved_names[i]);
		if (!there)
			fail_msg("--%s: there is no such option", reserved_names[i]);
		assert_false(is_in(reserved_names[i], reserved_names, i));
	}
	for (const char *letter = RESERVED_LETTERS; *letter; letter++) {
		bool there = false;
		for (size_t j = 0; j < n_options; j++)
			there |= options[j].letter == *letter;
		assert_true(there);
	}
}

static const struct eun_tool_option own[] = {
	{.name = "port", .letter = 'P', .value = "PORTS", .help = "ports", .where = "dport in ($)"},
	{.name = "all", .letter = 'a', .help = "all"},
};
static const struct eun_tool tool = {.name = "look", .help = "look", .options = EUN_TABLE(own)};

#define ARGS_MAX 32

/* Parses words separated by spaces, as a shell without quotes would; the request points into `words`. */
static int parse(struct request *r, char *words, const struct eun_tool *with, char *why, size_t why_size)
{
	char *argv[ARGS_MAX] = {"eunomia"};
	const char *name;
	int argc = 1;
	for (char *word = strtok(words, " "); word && argc < ARGS_MAX; word = strtok(NULL, " "))
		argv[argc++] = word;
	memset(r, 0, sizeof(*r));
	parse_command(r, argc, argv, &name);
	return parse_request(r, argc, argv, with, why, why_size);
}

static void right(void **state)
{
	char words[256], why[512];
	struct request r;
	(void)state;
	strcpy(words, "--plugin a,b --plugin=c -xT30 -p 1,2 -p3 -n cat --comm dog -u 7 --stats --fmt csv -- ");
	assert_int_equal(parse(&r, words, NULL, why, sizeof(why)), 0);
	assert_int_equal(r.command, COMMAND_PLUGIN);
	assert_int_equal(r.plugins.n, 3);
	assert_string_equal(r.plugins.items[1], "b");
	assert_string_equal(r.plugins.items[2], "c");
	assert_true(r.failed && r.stats && !r.follow);
	assert_int_equal(r.duration_ms, 30000);
	assert_int_equal(r.pids.n, 3);
	assert_int_equal(r.pids.items[0] + 10 * r.pids.items[1] + 100 * r.pids.items[2], 321);
	assert_int_equal(r.comms.n, 2);
	assert_int_equal(r.uids.items[0], 7);
	assert_int_equal(r.format, FORMAT_CSV);
	request_free(&r);

	strcpy(words, "run look --port 80 -a -P443 --set x.y=1 --top 5 --interval 500ms -o out --no-header --ia32 on");
	assert_int_equal(parse(&r, words, &tool, why, sizeof(why)), 0);
	assert_int_equal(r.command, COMMAND_RUN);
	assert_int_equal(r.n_given, 3);
	assert_string_equal(r.given[0].value, "80");
	assert_null(r.given[1].value);
	assert_string_equal(r.given[2].value, "443");
	assert_string_equal(r.given[2].option.name, "port");
	assert_string_equal(r.set.items[0], "x.y=1");
	assert_int_equal(r.top, 5);
	assert_int_equal(r.interval_ms, 500);
	assert_int_equal(r.ia32, IA32_ON);
	assert_string_equal(r.output, "out");
	assert_true(r.no_header);
	assert_true(is_in("port", r.given_names, r.n_given_names) && is_in("top", r.given_names, r.n_given_names));
	request_free(&r);

	strcpy(words, "replay -- --strange-file");
	assert_int_equal(parse(&r, words, NULL, why, sizeof(why)), 0);
	assert_string_equal(r.operands.items[0], "--strange-file");
	request_free(&r);

	strcpy(words, "replay - --plugin-path=/a --plugin-path /b");
	assert_int_equal(parse(&r, words, NULL, why, sizeof(why)), 0);
	assert_string_equal(r.operands.items[0], "-");
	assert_int_equal(r.plugin_paths.n, 2);
	assert_string_equal(r.plugin_paths.items[1], "/b");
	request_free(&r);
}

static const struct {
	const char *words, *why;
	bool tool;
} wrong_cases[] = {
	{"--plugni x", "unknown option '--plugni', did you mean '--plugin'? (see eunomia --help)", false},
	{"run look --prot 1", "unknown option '--prot', did you mean '--port'? (see eunomia run look --help)", true},
	{"list tools -p 1", "unknown option '-p' (see eunomia list --help)", false},
	{"-xZ", "unknown option '-Z' (see eunomia --help)", false},
	{"--plugin", "option --plugin needs a value", false},
	{"-T", "option -T needs a value", false},
	{"--stats=1", "option --stats takes no value", false},
	{"--plugin a,,b", "option --plugin: an empty name", false},
	{"--plugin= -T 1", "option --plugin: an empty name", false},
	{"--pid=", "option --pid: '' is not a process id", false},
	{"-p 1,x", "option -p: 'x' is not a process id", false},
	{"-p 0", "option -p: '0' is not a process id", false},
	{"-p 4294967297", "option -p: '4294967297' is not a process id", false},
	{"-p -1", "option -p: '-1' is not a process id", false},
	{"-u nobody-of-that-name", "option -u: there is no user 'nobody-of-that-name'", false},
	{"-u 4294967296", "option -u: '4294967296' is not a user id", false},
	{"-T 0", "option -T: '0' is not a time from 1ms to 1000h (10, 500ms, 2m)", false},
	{"-T 1001h", "is not a time", false},
	{"-T 99999999999999999999", "is not a time", false},
	{"--interval 9ms", "'9ms' is not a time from 10ms to 1000h", false},
	{"--top 0", "option --top: '0' is not a number above 0", false},
	{"--count 1x", "option --count: '1x' is not a number above 0", false},
	{"--ring-size 4095", "option --ring-size: '4095' is not a size between 4k and 1g", false},
	{"--ring-size 2g", "is not a size", false},
	{"--ia32 maybe", "option --ia32: 'maybe' is none of auto, on, off", false},
	{"--fmt xml", "option --fmt: unknown format 'xml' (there are text, wide, json, csv)", false},
	{"list tools --fmt csv", "option --fmt: unknown format 'csv' (there are text, json)", false},
	{"lsit tools", "unknown command 'lsit', did you mean 'list'? (see eunomia --help)", false},
	{"-T 1 list tools", "the command comes first: eunomia list ...", false},
	{"run -T 1 look", "usage: eunomia run TOOL [options]", false},
	{"run look more", "usage: eunomia run TOOL [options]", true},
	{"replay", "usage: eunomia replay FILE [options]", false},
};

static void wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(wrong_cases); i++) {
		char words[128], why[512] = "";
		struct request r;
		strcpy(words, wrong_cases[i].words);
		if (parse(&r, words, wrong_cases[i].tool ? &tool : NULL, why, sizeof(why)) != -EINVAL ||
		    !strstr(why, wrong_cases[i].why))
			fail_msg("%s: \"%s\", not \"%s\"", wrong_cases[i].words, why, wrong_cases[i].why);
		request_free(&r);
	}
}

static void units(void **state)
{
	static const struct {
		const char *text;
		int64_t ms, bytes; /* -1: not valid */
	} cases[] = {
		{"10", 10000, 10},
		{"500ms", 500, -1},
		{"2s", 2000, -1},
		{"3m", 180000, 3 << 20},
		{"1h", 3600000, -1},
		{"4k", -1, 4096},
		{"4K", -1, 4096},
		{"2M", -1, 2 << 20},
		{"1g", -1, 1 << 30},
		{"", -1, -1},
		{"x", -1, -1},
		{"-1", -1, -1},
		{" 1", -1, -1},
		{"1 s", -1, -1},
		{"1.5", -1, -1},
		{"18446744073709551616", -1, -1},
		{"9223372036854775807h", -1, -1},
		{"0", 0, 0},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint64_t n;
		int64_t ms = parse_ms(cases[i].text, &n) ? -1 : (int64_t)n;
		int64_t bytes = parse_bytes(cases[i].text, &n) ? -1 : (int64_t)n;
		if (ms != cases[i].ms || bytes != cases[i].bytes)
			fail_msg("'%s': %lld ms, %lld bytes", cases[i].text, (long long)ms, (long long)bytes);
	}
}

static void templates(void **state)
{
	static const struct {
		const char *template, *value, *result;
	} cases[] = {
		{"dport in ($)", "80,443", "dport in (80,443)"},
		{"argv contains \"$\"", "a \"b\" \\", "argv contains \"a \\\"b\\\" \\\\\""},
		{"x = $ or y = \"$\"", "\"", "x = \" or y = \"\\\"\""},
		{"flag", NULL, "flag"},
		{"$", NULL, "$"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *result = template_fill(cases[i].template, cases[i].value);
		assert_string_equal(result, cases[i].result);
		free(result);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unique),    cmocka_unit_test(complete), cmocka_unit_test(reserved),
		cmocka_unit_test(right),     cmocka_unit_test(wrong),    cmocka_unit_test(units),
		cmocka_unit_test(templates),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

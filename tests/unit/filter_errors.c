/* SPDX-License-Identifier: MIT */
/* What is wrong with a text is said exactly: line, column, words. */
#include "filter_fixture.h"

struct row {
	const char *text;
	uint32_t line, column;
	const char *error;
};

static const struct row rows[] = {
	/* lexer */
	{"", 1, 1, "empty expression"},
	{" \n ", 1, 1, "empty expression"},
	{"path = \"abc", 1, 8, "unterminated string: no closing \""},
	{"path = 'abc\nx'", 1, 8, "unterminated string: no closing '"},
	{"path in ('abc\\", 1, 10, "unterminated string: no closing '"},
	{"path = \"a\\q\"", 1, 10, "unknown escape '\\q' (there are \\\\ \\\" \\' \\n \\r \\t \\xHH)"},
	{"path = \"\\x4\"", 1, 9, "unknown escape '\\x' (there are \\\\ \\\" \\' \\n \\r \\t \\xHH)"},
	{"path = \"\\x00\"", 1, 9, "a text can't hold a NUL byte"},
	{"uid = 1 \x01", 1, 9, "unexpected byte '\\x01' outside of quotes"},
	{"!u8 = 1", 1, 1, "unexpected '!' (write 'not' or '!=')"},
	/* parser */
	{"and", 1, 1, "expected a field, a macro, 'not' or '(', found 'and'"},
	{"uid = 1 and", 1, 12, "expected a field, a macro, 'not' or '(', found the end"},
	{"uid = 1\n and\n  or uid = 2", 3, 3, "expected a field, a macro, 'not' or '(', found 'or'"},
	{"\"uid\" = 1", 1, 1, "expected a field, a macro, 'not' or '(', found '\"uid\"'"},
	{"uid 1", 1, 5, "expected an operator after 'uid', found '1'"},
	{"only && only", 1, 6, "expected an operator after 'only', found '&&' (write 'and')"},
	{"uid = 1 && uid = 2", 1, 9, "expected 'and', 'or' or the end, found '&&' (write 'and')"},
	{"uid = 1 OR uid = 2", 1, 9, "expected 'and', 'or' or the end, found 'OR' (write 'or')"},
	{"uid =", 1, 6, "expected a value after '=', found the end"},
	{"uid = )", 1, 7, "expected a value after '=', found ')'"},
	{"uid = = 1", 1, 7, "expected a value after '=', found '='"},
	{"comm = and", 1, 8, "'and' is a keyword: for the text write \"and\""},
	{"comm in (sshd, regex)", 1, 16, "'regex' is a keyword: for the text write \"regex\""},
	{"uid = (1, 2)", 1, 7, "'=' takes one value; 'in' takes a list"},
	{"uid in ()", 1, 9, "expected a value after '(', found ')'"},
	{"uid in (1,)", 1, 11, "expected a value after ',', found ')'"},
	{"uid in (1 2)", 1, 11, "expected ',' or ')', found '2'"},
	{"uid in (1, 2", 1, 8, "this '(' is never closed"},
	{"uid in (", 1, 8, "this '(' is never closed"},
	{"(uid = 1", 1, 1, "this '(' is never closed"},
	{"((uid = 1) and uid = 2", 1, 1, "this '(' is never closed"},
	{"(uid = 1 uid = 2)", 1, 10, "expected 'and', 'or' or ')', found 'uid'"},
	{"uid = 1)", 1, 8, "expected 'and', 'or' or the end, found ')'"},
	{"uid = 1 gid = 2", 1, 9, "expected 'and', 'or' or the end, found 'gid'"},
	{"path exists '/etc'", 1, 13, "expected 'and', 'or' or the end, found ''/etc''"},
	/* names */
	{"dprot = 1", 1, 1, "unknown field 'dprot' (did you mean 'dport'?)"},
	{"uid = 1 and dprot exists", 1, 13, "unknown field 'dprot' (did you mean 'dport'?)"},
	{"zzzzzz = 1", 1, 1, "unknown field 'zzzzzz'"},
	{"contaner.name = box", 1, 1, "unknown field 'contaner.name' (did you mean 'container.name'?)"},
	{"test.few.dprot = 1", 1, 1, "unknown field 'test.few.dprot' (did you mean 'test.few.dport'?)"},
	{"test.few.state = 1", 1, 1, "unknown field 'test.few.state'"},
	{"fialed", 1, 1, "unknown field or macro 'fialed' (did you mean 'failed'?)"},
	{"not  onyl", 1, 6, "unknown field or macro 'onyl' (did you mean 'only'?)"},
	{"path", 1, 1, "'path' (path) is neither true nor false by itself: compare it, or write 'path exists'"},
	{"\xff\xfe = 1", 1, 1, "unknown field '\\xff\\xfe'"},
	/* operators */
	{"uid contains 1", 1, 5, "'contains' is not for 'uid' (u32), which has: = != < <= > >= in has exists"},
	{"path < 5", 1, 6,
	 "in stream 'test.all': '<' is not for 'path' (path), which has: = != in contains icontains startswith "
	 "endswith glob regex exists"},
	{"daddr startswith 10", 1, 7,
	 "in stream 'test.all': 'startswith' is not for 'daddr' (ip), which has: = != in exists"},
	{"failed > true", 1, 8, "in stream 'test.all': '>' is not for 'failed' (bool), which has: = != exists"},
	{"flags < 5", 1, 7, "in stream 'test.all': '<' is not for 'flags' (flags), which has: = != in has exists"},
	{"caps >= 5", 1, 6, "in stream 'test.all': '>=' is not for 'caps' (caps), which has: = != in has exists"},
	{"state has 5", 1, 7,
	 "in stream 'test.all': 'has' is not for 'state' (enum), which has: = != < <= > >= in exists"},
	{"ret glob E*", 1, 5,
	 "in stream 'test.all': 'glob' is not for 'ret' (errno), which has: = != < <= > >= in exists"},
	{"hist = 5", 1, 6, "in stream 'test.all': '=' is not for 'hist' (hist), which has: exists"},
	{"u64s in (5)", 1, 6, "in stream 'test.all': 'in' is not for 'u64s' (u64s), which has: exists"},
	{"stack has 5", 1, 7, "in stream 'test.all': 'has' is not for 'stack' (stack), which has: exists"},
	{"bytes glob 7f", 1, 7,
	 "in stream 'test.all': 'glob' is not for 'bytes' (bytes), which has: = != in contains startswith "
	 "endswith exists"},
	{"depth has 1", 1, 7, "'has' is not for 'depth' (s32), which has: = != < <= > >= in exists"},
	/* types that differ from stream to stream */
	{"tag = sshd", 1, 7, "in stream 'test.all': 'sshd' is not a number"},
	{"tag < 5", 1, 5,
	 "in stream 'test.few': '<' is not for 'tag' (chars), which has: = != in contains icontains startswith "
	 "endswith glob regex exists"},
	{"dport = 70000", 1, 9, "in stream 'test.all': 70000 is out of the range of 'dport' (u16, 0 to 65535)"},
	/* numbers */
	{"uid = root", 1, 7, "'root' is not a number"},
	{"uid = 0x", 1, 7, "'0x' is not a number"},
	{"uid = 08", 1, 7, "'08' is not a number"},
	{"uid = 0o9", 1, 7, "'0o9' is not a number"},
	{"uid = 12a", 1, 7, "'12a' is not a number"},
	{"uid = 0x10k", 1, 7, "'0x10k' is not a number"},
	{"uid = -", 1, 7, "'-' is not a number"},
	{"uid = ''", 1, 7, "'' is not a number"},
	{"uid = 1.5", 1, 7, "'1.5' is not a number"},
	{"uid = -1", 1, 7, "-1 is out of the range of 'uid' (u32, 0 to 4294967295)"},
	{"uid = 4294967296", 1, 7, "4294967296 is out of the range of 'uid' (u32, 0 to 4294967295)"},
	{"uid in (1, 4g)", 1, 12, "4g is out of the range of 'uid' (u32, 0 to 4294967295)"},
	{"cgroup = 18446744073709551616", 1, 10,
	 "18446744073709551616 is out of the range of 'cgroup' (u64, 0 to 18446744073709551615)"},
	{"cgroup = 99999999t", 1, 10, "99999999t is out of the range of 'cgroup' (u64, 0 to 18446744073709551615)"},
	{"depth < -2147483649", 1, 9, "-2147483649 is out of the range of 'depth' (s32, -2147483648 to 2147483647)"},
	{"depth < 2147483648", 1, 9, "2147483648 is out of the range of 'depth' (s32, -2147483648 to 2147483647)"},
	{"s8 = 128", 1, 6, "in stream 'test.all': 128 is out of the range of 's8' (s8, -128 to 127)"},
	{"s64 = -9223372036854775809", 1, 7,
	 "in stream 'test.all': -9223372036854775809 is out of the range of 's64' (s64, -9223372036854775808 to "
	 "9223372036854775807)"},
	{"uid > 10ms", 1, 7, "'10ms' is a time, but 'uid' is not a time (units: k m g t, 1024 each)"},
	{"time > 4k", 1, 8, "'4k' is a size, but 'time' is a time (units: ns us ms s m h)"},
	{"rtt_us > 1500ns", 1, 10, "in stream 'test.all': '1500ns' is not a whole number of the unit of 'rtt_us'"},
	{"time > 5parsec", 1, 8, "'5parsec' is not a number"},
	/* names for numbers */
	{"state = listn", 1, 9, "in stream 'test.all': 'listn' is no value of 'state' (did you mean 'listen'?)"},
	{"state = zzzzz", 1, 9, "in stream 'test.all': 'zzzzz' is no value of 'state'"},
	{"state = 256", 1, 9, "in stream 'test.all': 256 is out of the range of 'state' (enum, 0 to 255)"},
	{"flags has O_CREATE", 1, 11,
	 "in stream 'test.all': 'O_CREATE' is no value of 'flags' (did you mean 'O_CREAT'?)"},
	{"flags has O_CREAT|", 1, 11, "in stream 'test.all': '' is no value of 'flags'"},
	{"flags has O_RDONLY", 1, 11, "in stream 'test.all': 'O_RDONLY' is 0, it has no bits: compare with '='"},
	{"event_flags has containr", 1, 17, "'containr' is no value of 'event_flags' (did you mean 'container'?)"},
	{"ret = ENOETN", 1, 7, "in stream 'test.all': 'ENOETN' is not an errno (did you mean 'ENOENT'?)"},
	{"caps has CAP_SYS_ADMN", 1, 10,
	 "in stream 'test.all': 'CAP_SYS_ADMN' is not a capability (did you mean 'CAP_SYS_ADMIN'?)"},
	{"failed = yes", 1, 10, "in stream 'test.all': 'yes' is neither true nor false"},
	/* addresses */
	{"daddr = 10.0.0", 1, 9, "in stream 'test.all': '10.0.0' is not an address"},
	{"daddr in 10.0.0.256", 1, 10, "in stream 'test.all': '10.0.0.256' is not an address or network"},
	{"daddr = 10.0.0.0/8", 1, 9, "in stream 'test.all': '10.0.0.0/8' is a network: write 'daddr in 10.0.0.0/8'"},
	{"daddr in 10.0.0.0/33", 1, 10, "in stream 'test.all': '10.0.0.0/33': the prefix of a network is 0 to 32"},
	{"daddr in 10.0.0.0/", 1, 10, "in stream 'test.all': '10.0.0.0/': the prefix of a network is 0 to 32"},
	{"daddr in ::/129", 1, 10, "in stream 'test.all': '::/129': the prefix of a network is 0 to 128"},
	{"daddr in ::/-1", 1, 10, "in stream 'test.all': '::/-1': the prefix of a network is 0 to 128"},
	{"daddr in 10.1.2.3/8", 1, 10,
	 "in stream 'test.all': '10.1.2.3/8' has bits set behind its prefix (did you mean '10.0.0.0/8'?)"},
	{"daddr in fe80::1/10", 1, 10,
	 "in stream 'test.all': 'fe80::1/10' has bits set behind its prefix (did you mean 'fe80::/10'?)"},
	/* texts */
	{"name = 'thirteen bytes'", 1, 8,
	 "in stream 'test.all': 'thirteen bytes' has 14 bytes, 'name' holds at most 12"},
	{"comm != systemd-timesyncd", 1, 9, "'systemd-timesyncd' has 17 bytes, 'comm' holds at most 16"},
	{"bytes = 7", 1, 9, "in stream 'test.all': '7' is not an even number of hexadecimal digits"},
	{"bytes = 7g", 1, 9, "in stream 'test.all': '7g' is not an even number of hexadecimal digits"},
	{"comm regex 'a('", 1, 12, "bad regex 'a(': ( without )"},
	{"comm regex 'a)'", 1, 12, "bad regex 'a)': ) without ("},
	{"comm regex '(a'", 1, 12, "bad regex '(a': ( without )"},
	{"comm regex '[a'", 1, 12, "bad regex '[a': [ without ]"},
	{"comm regex '[]'", 1, 12, "bad regex '[]': [ without ]"},
	{"comm regex '[[:alpha]'", 1, 12, "bad regex '[[:alpha]': [: [. or [= without its end"},
	{"comm regex '[[:alhpa:]]'", 1, 12, "bad regex '[[:alhpa:]]': unknown class in [: :]"},
	{"comm regex '[z-a]'", 1, 12, "bad regex '[z-a]': a range in [] ends before it begins"},
	{"comm regex '[a-[:digit:]]'", 1, 12, "bad regex '[a-[:digit:]]': a class can't end a range"},
	{"comm regex '[[.ab.]]'", 1, 12, "bad regex '[[.ab.]]': [. and [= take one byte"},
	{"comm regex '*a'", 1, 12, "bad regex '*a': nothing to repeat before * + ? or {"},
	{"comm regex 'a|+'", 1, 12, "bad regex 'a|+': nothing to repeat before * + ? or {"},
	{"comm regex '^*'", 1, 12, "bad regex '^*': ^ and $ can't be repeated"},
	{"comm regex 'a*?'", 1, 12, "bad regex 'a*?': a repeat can't be repeated"},
	{"comm regex 'a{2}{3}'", 1, 12, "bad regex 'a{2}{3}': a repeat can't be repeated"},
	{"comm regex 'a{x}'", 1, 12, "bad regex 'a{x}': a repeat is {n}, {n,}, {n,m} or {,m}"},
	{"comm regex 'a{2'", 1, 12, "bad regex 'a{2': a repeat is {n}, {n,}, {n,m} or {,m}"},
	{"comm regex 'a{,}'", 1, 12, "bad regex 'a{,}': a repeat is {n}, {n,}, {n,m} or {,m}"},
	{"comm regex 'a{3,2}'", 1, 12, "bad regex 'a{3,2}': a repeat {n,m} ends before it begins"},
	{"comm regex '(a)\\\\1'", 1, 12, "bad regex '(a)\\1': references back (\\1) are not supported"},
	{"comm regex 'a\\\\b'", 1, 12,
	 "bad regex 'a\\b': unknown escape (of letters there are \\d \\D \\s \\S \\w \\W)"},
	{"comm regex 'a\\\\'", 1, 12, "bad regex 'a\\': \\ at the end"},
	{"comm regex '(((a{99}){99}){99})'", 1, 12,
	 "bad regex '(((a{99}){99}){99})': longer than 511 bytes and sets, its repeats counted"},
	{"comm regex 'a{512}'", 1, 12, "bad regex 'a{512}': longer than 511 bytes and sets, its repeats counted"},
	{"comm regex '((((){500}){500}){500})'", 1, 12,
	 "bad regex '((((){500}){500}){500})': its repeats make it too large"},
	{"comm regex '((((((((((((((((((((((((((((((((('", 1, 12,
	 "bad regex '(((((((((((((((((((((((((((((((((': more than 32 groups inside each other"},
	/* columns count characters */
	{"path = \"\xc3\xa4\xe2\x82\xac\" and dprot = 1", 1, 17, "unknown field 'dprot' (did you mean 'dport'?)"},
};

static void expect(const struct row *row, int err, const struct filter_error *error)
{
	if (err != -EINVAL || error->line != row->line || error->column != row->column ||
	    strcmp(error->text, row->error))
		fail_msg("%s\n  expected %u:%u: %s\n  is (%d) %u:%u: %s", row->text, row->line, row->column, row->error,
			 err, error->line, error->column, error->text);
}

static int try(const struct fixture *f, const char *text, const struct filter_source *source,
	       struct filter_error *error)
{
	struct filter *filter = NULL;
	int err = filter_compile(&filter, text, source, f->streams, 2, NULL, error);
	filter_destroy(filter);
	return err;
}

static void test_errors(void **state)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct filter_error error = {0};
		int err = try(*state, rows[i].text, NULL, &error);
		expect(&rows[i], err, &error);
	}
}

/* The source says where the text begins; only its first line is moved to the right. */
static void test_source(void **state)
{
	static const struct filter_source source = {"eunomia.ini", 12, 9};
	static const struct row moved[] = {
		{"dprot = 1", 12, 9, "unknown field 'dprot' (did you mean 'dport'?)"},
		{"uid = 1 or dprot = 1", 12, 20, "unknown field 'dprot' (did you mean 'dport'?)"},
		{"uid = 1 or\n  dprot = 1", 13, 3, "unknown field 'dprot' (did you mean 'dport'?)"},
		{"", 12, 9, "empty expression"},
		{"uid =", 12, 14, "expected a value after '=', found the end"},
	};
	for (size_t i = 0; i < COUNT(moved); i++) {
		struct filter_error error = {0};
		int err = try(*state, moved[i].text, &source, &error);
		expect(&moved[i], err, &error);
	}
	assert_int_equal(try(*state, "dprot = 1", &source, NULL), -EINVAL);
}

/* "not " or "(" n times, then a term, then what closes it. */
static char *nested(const char *open, uint32_t n, const char *close)
{
	size_t size = (strlen(open) + strlen(close)) * n + 16;
	char *text = malloc(size), *at = text;
	for (uint32_t i = 0; i < n; i++)
		at = stpcpy(at, open);
	at = stpcpy(at, "uid = 1");
	for (uint32_t i = 0; i < n; i++)
		at = stpcpy(at, close);
	return text;
}

static void test_depth(void **state)
{
	static const struct {
		const char *open, *close;
		uint32_t column;
	} kinds[] = {{"not ", "", 257}, {"(", ")", 65}, {"uid = 2 and not (uid = 3 or ", ")", 909}};
	for (size_t i = 0; i < COUNT(kinds); i++) {
		uint32_t most = i == 2 ? 32 : 64;
		struct filter_error error = {0};
		char *text = nested(kinds[i].open, most, kinds[i].close);
		assert_int_equal(try(*state, text, NULL, &error), 0);
		free(text);
		text = nested(kinds[i].open, most + 1, kinds[i].close);
		struct row row = {text, 1, kinds[i].column, "nested more than 64 deep"};
		int err = try(*state, text, NULL, &error);
		expect(&row, err, &error);
		free(text);
	}
}

static void test_length(void **state)
{
	struct filter_error error = {0};
	char *text = malloc(65538);
	memset(text, ' ', 65537);
	memcpy(text, "uid = 1", 7);
	text[65536] = '\0';
	assert_int_equal(try(*state, text, NULL, &error), 0);
	text[65536] = ' ';
	text[65537] = '\0';
	struct row row = {"...", 1, 1, "the expression has 65537 bytes, at most 65536"};
	int err = try(*state, text, NULL, &error);
	expect(&row, err, &error);
	/* A long chain is neither deep nor slow. */
	for (size_t i = 0; i + 11 < 65536; i += 11)
		memcpy(text + i, "uid = 1 or ", 11);
	memcpy(text + 65516, "   uid = 1 and gid=2", 20);
	text[65536] = '\0';
	assert_int_equal(try(*state, text, NULL, &error), 0);
	free(text);
}

int main(void)
{
	struct fixture f;
	fixture_init(&f);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(test_errors, &f),
		cmocka_unit_test_prestate(test_source, &f),
		cmocka_unit_test_prestate(test_depth, &f),
		cmocka_unit_test_prestate(test_length, &f),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	fixture_end(&f);
	return failed;
}

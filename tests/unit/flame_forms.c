/* SPDX-License-Identifier: MIT */
/* The tree of stacks and its forms, with names that mean harm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "flame/flame.h"

static const char *const hostile[] = {
	"</text></g><script>alert(1)</script>",
	"]]><!--",
	"a;b 7",
	"\"quoted'&amp;",
	"\x1b[31m\x01\x7f",
	"\xff\xfe\xc0\x80",
	"line\nbreak",
	"",
	"std::vector<int, std::allocator<int> >::push_back(int const&)",
};
#define N_HOSTILE (sizeof(hostile) / sizeof(hostile[0]))

static void add(struct flame *f, const char *a, const char *b, uint64_t weight)
{
	const uint32_t frames[] = {flame_frame(f, a, FRAME_USER), b ? flame_frame(f, b, FRAME_KERNEL) : 0};
	flame_add(f, frames, b ? 2 : 1, weight, false);
}

static struct buf form(struct flame *f, enum flame_format format)
{
	struct buf out = {0};
	const struct flame_about about = {.title = hostile[0], .unit = "samples", .note = hostile[1]};
	assert_int_equal(flame_write(f, format, &about, &out), 0);
	buf_char(&out, '\0');
	out.len--;
	return out;
}

static void adds_up(void **state)
{
	(void)state;
	struct flame *f = flame_new();
	uint64_t sum = 0;
	for (uint64_t i = 0; i < 20000; i++) {
		char a[24], b[24];
		snprintf(a, sizeof(a), "a%llu", (unsigned long long)i % 100);
		snprintf(b, sizeof(b), "b%llu", (unsigned long long)i % 12000);
		add(f, a, b, i);
		sum += i;
	}
	uint64_t *totals = flame_totals(f, false);
	assert_int_equal(totals[0], sum);
	for (uint32_t i = 1; i < f->n_nodes; i++)
		if (!f->nodes[i].parent && !strcmp(f->frames[f->nodes[i].frame].name, "a7"))
			assert_int_equal(totals[i], 200 * 7 + 100 * (199 * 200 / 2));
	free(totals);
	/* folded and read again it is the same */
	struct buf folded = form(f, FLAME_FOLDED);
	struct flame *again = flame_new();
	size_t line;
	assert_int_equal(flame_read_folded(again, folded.data, folded.len, false, &line), 0);
	totals = flame_totals(again, false);
	assert_int_equal(totals[0], sum);
	assert_int_equal(again->n_nodes, f->n_nodes);
	free(totals);
	buf_free(&folded);
	flame_free(again);
	flame_free(f);
}

/* What is read as a profile must be one. */
static void refuses(void **state)
{
	static const struct {
		const char *text;
		size_t line; /* 0: it is fine */
	} cases[] = {
		{"a;b 1\n", 0},
		{"a 1\n\nb 2", 0},
		{"a 1\nb\n", 2},
		{"a x\n", 1},
		{"a -1\n", 1},
		{" 1\n", 1},
		{"a 99999999999999999999\n", 1},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct flame *f = flame_new();
		size_t line;
		int err = flame_read_folded(f, cases[i].text, strlen(cases[i].text), false, &line);
		assert_int_equal(err, cases[i].line ? -EINVAL : 0);
		if (cases[i].line)
			assert_int_equal(line, cases[i].line);
		flame_free(f);
	}
}

/* A parser that no one here wrote finds in each form the frames and nothing else. */
static void hostile_names(void **state)
{
	static const char *const scripts[FLAME_FORMATS] = {
		[FLAME_SVG] = "import sys, xml.dom.minidom as m\n"
			      "d = m.parse(sys.argv[1])\n"
			      "assert len(d.getElementsByTagName('script')) == 1\n"
			      "t = [g.firstChild.firstChild.data for g in d.getElementsByTagName('g')]\n"
			      "assert len(t) == 1 + 2 * 9, t\n"
			      "assert any('<script>alert(1)' in s for s in t)\n",
		[FLAME_SPEEDSCOPE] = "import sys, json\n"
				     "d = json.load(open(sys.argv[1], encoding='utf-8'))\n"
				     "assert len(d['shared']['frames']) == 9 + 1\n"
				     "assert d['shared']['frames'][2]['name'] == ']]><!--'\n",
		[FLAME_FOLDED] = "import sys\n"
				 "for line in open(sys.argv[1], encoding='utf-8').read().split('\\n')[:-1]:\n"
				 "    stack, weight = line.rsplit(' ', 1)\n"
				 "    assert weight == '3' and stack.isprintable() and stack.count(';') == 1, line\n",
		[FLAME_PPROF] = "import sys, gzip\n"
				"assert b'alert(1)' in gzip.open(sys.argv[1]).read()\n",
	};
	(void)state;
	struct flame *f = flame_new();
	for (size_t i = 0; i < N_HOSTILE; i++)
		add(f, hostile[i], "same", 3);
	for (int format = 1; format < FLAME_FORMATS; format++) {
		struct buf out = form(f, (enum flame_format)format);
		char path[] = "/tmp/eun-flame-XXXXXX", command[64];
		int fd = mkstemp(path);
		FILE *file = fdopen(fd, "w");
		assert_int_equal(fwrite(out.data, 1, out.len, file), out.len);
		fclose(file);
		snprintf(command, sizeof(command), "python3 - %s", path);
		FILE *python = popen(command, "w");
		fputs(scripts[format], python);
		int status = pclose(python);
		unlink(path);
		buf_free(&out);
		if (status)
			fail_msg("%s is not what it should be", flame_format_names[format]);
	}
	flame_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(adds_up),
		cmocka_unit_test(refuses),
		cmocka_unit_test(hostile_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

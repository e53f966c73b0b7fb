/* SPDX-License-Identifier: MIT */
/* Falco's conditions, and files that are none. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "falco/falco.h"

struct result {
	struct buf ini, told;
	struct falco_counts counts;
	struct falco_error error;
	int err;
};

static void tell(void *context, uint32_t line, const char *text)
{
	buf_printf(context, "%u: %s\n", line, text);
}

static struct result import(const char *text, size_t len)
{
	struct result r = {0};
	const struct falco_host host = {tell, NULL, &r.told};
	r.err = falco_import("f.yaml", text, len, &host, &r.ini, &r.counts, &r.error);
	buf_char(&r.ini, '\0');
	buf_char(&r.told, '\0');
	return r;
}

static void done(struct result *r)
{
	buf_free(&r->ini);
	buf_free(&r->told);
}

/* Lines that go on, as one. */
static void unwrap(char *text)
{
	char *to = text;
	for (char *p = text; *p; p++) {
		if (*p == '\n' && p[1] == '\t') {
			*to++ = ' ';
			p++;
		} else {
			*to++ = *p;
		}
	}
	*to = '\0';
}

#define BEFORE                                                                          \
	"- list: l\n  items: [a, b]\n- list: m\n  items: [l, '\"c d\"']\n"              \
	"- list: paths\n  items: [/etc, /usr/bin/]\n- list: none\n  items: []\n"        \
	"- list: loop\n  items: [loop]\n"                                               \
	"- macro: started\n  condition: evt.type in (execve, execveat) and evt.dir=<\n" \
	"- macro: never\n  condition: (evt.num=0)\n"                                    \
	"- macro: self\n  condition: self or evt.num=0\n"                               \
	"- macro: bad\n  condition: evt.buffer contains x\n"                            \
	"- macro: wide\n  condition: proc.name = x and not bad\n"

static struct result import_condition(const char *condition)
{
	struct buf text = {0};
	buf_str(&text, BEFORE "- rule: R\n  priority: INFO\n  output: o\n  condition: >\n    ");
	buf_str(&text, condition);
	struct result r = import(text.data, text.len);
	buf_free(&text);
	assert_int_equal(r.err, 0);
	unwrap(r.ini.data);
	return r;
}

/* A condition for programs that start, or one of its own kind of event, and what it becomes. */
static void test_becomes(void **state)
{
	static const struct {
		const char *falco, *ours, *streams;
	} cases[] = {
		{"started", "falco_started", "process.exec"},
		{"started and proc.name=a", "falco_started and comm = \"a\"", "process.exec"},
		{"started and not never", "falco_started and not falco_never", "process.exec"},
		{"started and proc.name in (l, m, \"x y\")", "falco_started and comm in (falco_l, falco_m, \"x y\")",
		 NULL},
		{"started and proc.name in (none)", "falco_started and comm in (falco_none)", NULL},
		{"started and (proc.pname=a or not (proc.name=b or proc.name=c))",
		 "falco_started and (parent.comm = \"a\" or not (comm = \"b\" or comm = \"c\"))", NULL},
		{"started and not not proc.name=a", "falco_started and not not comm = \"a\"", NULL},
		{"started and proc.name != \"<NA>\"", "falco_started and comm exists", NULL},
		{"started and proc.aname in (a, httpd-foregroun)",
		 "falco_started and (ancestor.exe endswith \"/a\" or ancestor.exe regex \"/httpd-foregroun[^/]*$\")",
		 NULL},
		{"started and proc.cmdline startswith \"python -c x.y\"",
		 "falco_started and (comm = \"python\" and argv regex \"^[^ ]* -c x\\\\.y\")", NULL},
		{"started and proc.cmdline contains \"a;b\"", "falco_started and argv contains \"a\\x3bb\"", NULL},
		{"started and proc.args startswith -e", "falco_started and argv regex \"^[^ ]* -e\"", NULL},
		{"started and proc.exepath regex \"/a[0-9]+\"", "falco_started and exe regex \"^(/a[0-9]+)$\"", NULL},
		{"started and proc.exepath glob '/tmp/*'", "falco_started and exe glob \"/tmp/*\"", NULL},
		{"started and proc.exepath pmatch (paths)",
		 "falco_started and ((exe startswith \"/etc/\" or exe = \"/etc\") or (exe startswith \"/usr/bin/\" or "
		 "exe = "
		 "\"/usr/bin\"))",
		 NULL},
		{"started and user.name=root and user.uid<1000", "falco_started and uid = 0 and uid < 1000", NULL},
		{"started and container.id=host", "falco_started and not container exists", NULL},
		{"started and container.id in (abc, def)",
		 "falco_started and (container.id startswith \"abc\" or container.id startswith \"def\")", NULL},
		{"started and container.image.repository endswith b/c",
		 "falco_started and container.image regex \"b/c(:[^/]*|@.*)?$\"", NULL},
		{"started and proc.duration<=5000000000", "falco_started and proc.duration_ns <= 5000000000", NULL},
		{"started and evt.res=EPERM", "falco_started and ret = EPERM", NULL},
		{"started and evt.rawres>=0", "falco_started and not ret < 0", NULL},
		{"started and proc.is_exe_upper_layer=true", "falco_started and process.exec.upper_layer", NULL},
		{"evt.type=openat and fd.name startswith /etc",
		 "files.open.call = openat and files.open.path startswith \"/etc\"", "files.open"},
		{"evt.type=openat and fd.filename=x", "files.open.call = openat and files.open.path endswith \"/x\"",
		 NULL},
		{"evt.type=openat and fd.directory=/",
		 "files.open.call = openat and (files.open.path startswith \"/\" and not files.open.path regex "
		 "\"^/.*/\")",
		 NULL},
		{"evt.type=openat and fd.directory startswith /a",
		 "files.open.call = openat and files.open.path regex \"^/a.*/\"", NULL},
		{"evt.type=openat and evt.arg.flags contains O_TRUNC",
		 "files.open.call = openat and files.open.flags has O_TRUNC", NULL},
		{"evt.type in (rename, unlink)", "(files.rename.call = rename or files.unlink.call = unlink)",
		 "files.rename, files.unlink"},
		{"evt.type=connect and fd.sip in (\"1.2.3.4\", \"10.1.1.1/8\")",
		 "(ipc.unix.call = connect or stream = tcp.connect) and (tcp.connect.daddr in (1.2.3.4, 10.0.0.0/8) or "
		 "tcp.udp_call.daddr in (1.2.3.4, 10.0.0.0/8) or tcp.accept.saddr in (1.2.3.4, 10.0.0.0/8) or "
		 "tcp.listen.saddr in "
		 "(1.2.3.4, 10.0.0.0/8))",
		 "ipc.unix, tcp.connect, tcp.accept, tcp.listen, tcp.udp_call"},
		{"evt.type=ptrace and evt.arg.request=PTRACE_ATTACH",
		 "stream = process.ptrace and process.ptrace.request = PTRACE_ATTACH", "process.ptrace"},
		{"evt.type=dup2 and evt.rawres in (0,1)", "process.dup.call = dup2 and process.dup.new_fd in (0, 1)",
		 "process.dup"},
		/* not known of connections, but none of the events is one */
		{"(started or evt.type=openat and fd.num>=0) and proc.name=a",
		 "(falco_started or files.open.call = openat and files.open.fd >= 0) and comm = \"a\"",
		 "files.open, process.exec"},
		/* an exception may go */
		{"started and proc.name=a and not bad and not (proc.name=b or bad)", "falco_started and comm = \"a\"",
		 NULL},
		{"started and wide", "falco_started and falco_wide", NULL},
		{"started and not (proc.name=a and wide)", "falco_started and not (comm = \"a\" and falco_wide)", "-"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct result r = import_condition(cases[i].falco);
		char where[1024], streams[256];
		snprintf(where, sizeof(where), "\nwhere = %s\n", cases[i].ours);
		snprintf(streams, sizeof(streams), "\nstreams = %s\n", cases[i].streams ? cases[i].streams : "");
		bool dropped = cases[i].streams && !strcmp(cases[i].streams, "-"); /* its opposite would mean less */
		if (dropped)
			snprintf(where, sizeof(where), "\nwhere = falco_started\n");
		if (!strstr(r.ini.data, where) || (cases[i].streams && !dropped && !strstr(r.ini.data, streams)))
			fail_msg("%s\nis not\n%s\nbut\n%s\n%s", cases[i].falco, where,
				 strstr(r.ini.data, "falco_wide]"), r.told.data);
		assert_int_equal(r.counts.carried, 1);
		done(&r);
	}
}

static void test_left_out(void **state)
{
	static const struct {
		const char *condition, *why;
	} cases[] = {
		{"proc.name=a", "which events it means"},
		{"started and bad",
		 "evt.buffer has no equivalent: what is read and written is in no event, in the macro bad"},
		{"started and (proc.name=a or bad)", "evt.buffer"},
		{"started and proc.aname[2]=a", "how far away"},
		{"started and nosuch", "no macro nosuch"},
		{"started and self", "uses itself"},
		{"started and proc.name in (loop)", "or have themselves"},
		{"started and evt.type=futex", "events of the type futex"},
		{"evt.type=execve and evt.dir=>", "none is at its beginning"},
		{"started and never", "no event can make it true"},
		{"started and user.name=bob", "ask user.uid"},
		{"started and proc.name < a", "'<' has no equivalent"},
		{"started and proc.name iglob a*", "'iglob' has no equivalent"},
		{"started and proc.name regex \"(a\"", "the regular expression"},
		{"started and proc.name glob \"@(a|b)\"", "is a pattern"},
		{"started and proc.pid=x", "is no number"},
		{"started and proc.tty=0 or evt.type=openat and proc.tty=0", "not known in events of files.open"},
		{"evt.type=connect and fd.name contains x", "not known in events of ipc.unix"},
		{"evt.type=accept and fd.sip=x", "is no address"},
		{"evt.type=ptrace and evt.arg.request=ptrace", "is no name"},
		{"started and (proc.name=a", "')' is missing at byte 25 of the condition, its end"},
		{"started proc.name=a", "'and' or 'or' is missing at byte 9"},
		{"started and proc.name=\"a", "a quote that doesn't end at byte 23"},
		{"started and proc.name", "an operator is missing"},
		{"started and tolower(proc.name)=a", "function"},
		{"started and", "a field or macro is missing"},
		{"", "a field or macro is missing at byte 1"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct result r = import_condition(cases[i].condition);
		if (r.counts.carried || !strstr(r.told.data, cases[i].why) ||
		    !strstr(r.told.data, "rule 'R' is left out"))
			fail_msg("%s: %s\n%s", cases[i].condition, r.told.data, r.ini.data);
		assert_non_null(strstr(r.ini.data, "# left out: rule R (line "));
		assert_null(strstr(r.ini.data, "[rule "));
		done(&r);
	}
}

static void test_wider(void **state)
{
	(void)state;
	struct result r = import_condition("started and not bad");
	assert_int_equal(r.counts.wider, 1);
	assert_non_null(strstr(r.told.data, "rule 'R' means more than in Falco, without 'not bad: evt.buffer"));
	assert_non_null(strstr(r.ini.data, "# means more than in Falco, without 'not bad"));
	done(&r);
	r = import_condition("started and wide");
	assert_int_equal(r.counts.wider, 1);
	assert_non_null(strstr(r.told.data, "rule 'R' means more than in Falco, as macros that it uses do"));
	done(&r);
	r = import_condition("started and proc.name=a");
	assert_int_equal(r.counts.wider, 0);
	assert_null(strstr(r.told.data, "means more"));
	done(&r);
}

#define RULE(condition) "- rule: R\n  condition: " condition "\n  output: o\n  priority: INFO\n"

static void test_changes(void **state)
{
	static const struct {
		const char *text, *has;
	} cases[] = {
		{RULE("evt.type=execve") RULE("evt.type=openat"), "\nwhere = files.open.call = openat\n"},
		{RULE("evt.type=execve") "- rule: R\n  append: true\n  condition: and proc.name=a\n",
		 "\nwhere = stream = process.exec and comm = \"a\"\n"},
		{RULE("evt.type=execve") "- rule: R\n  override: {condition: replace}\n  condition: evt.type=openat\n",
		 "\nwhere = files.open.call = openat\n"},
		{RULE("evt.type=execve") "- rule: R\n  enabled: false\n", "\nenabled = no\n"},
		{"- list: l\n  items: [a]\n- list: l\n  append: true\n  items: [b]\n", "\nitems = \"a\", \"b\"\n"},
		{"- list: l\n  items: [a]\n- list: l\n  items: [b]\n", "\nitems = \"b\"\n"},
		{"- list: l\n  items: [a]\n- list: l\n  override:\n    items: append\n  items: [b]\n",
		 "\nitems = \"a\", \"b\"\n"},
		{"- macro: m\n  condition: evt.num=0\n- macro: m\n  append: true\n  condition: or proc.name=a\n",
		 "\ncondition = false or comm = \"a\"\n"},
		{"---\n- list: l\n  items: [a]\n---\n- list: l2\n  items: [1, 10.0.0.1/8, '::1']\n",
		 "\nitems = 1, 10.0.0.0/8, ::1\n"},
		{RULE("evt.type=execve") "- rule: R\n  append: true\n  exceptions:\n  - name: x\n    fields: "
					 "[proc.name]\n    values: [[a], [b]]\n",
		 "\n# x\n[exception R]\nwhere = comm = \"a\" or comm = \"b\"\n"},
		{"- rule: \"a]b;c\"\n  condition: evt.type=execve\n", "\n[rule a b c]\n"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct result r = import(cases[i].text, strlen(cases[i].text));
		if (r.err || !strstr(r.ini.data, cases[i].has))
			fail_msg("%s: %d %s\n%s", cases[i].text, r.err, r.error.text, r.ini.data);
		done(&r);
	}
}

static void test_message(void **state)
{
	static const struct {
		const char *condition, *output, *message;
	} cases[] = {
		{"evt.type=execve", "a %proc.name (%proc.pid) %proc.cmdline", "a {comm} ({pid}) {argv}"},
		{"evt.type=execve", "x=%user.loginuid y {z} 100%", "y {{z}} 100%"},
		{"evt.type=execve", "(a=%proc.name l=%user.loginuid)", "(a={comm})"},
		{"evt.type=openat", "%fd.name %*proc.name ; x", "{path} {comm} x"},
		{"evt.type=accept", "%fd.name", "{path}"}, /* of unix sockets, too */
		{"evt.type=ptrace", "%evt.arg.request", "{request}"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[512], message[256];
		snprintf(text, sizeof(text), "- rule: R\n  condition: %s\n  output: '%s'\n", cases[i].condition,
			 cases[i].output);
		snprintf(message, sizeof(message), "\nmessage = %s\n", cases[i].message);
		struct result r = import(text, strlen(text));
		if (r.err || !strstr(r.ini.data, message))
			fail_msg("%s: %s\n%s", cases[i].output, message, r.ini.data);
		done(&r);
	}
}

static void bad(const char *text, size_t len, uint32_t line, uint32_t column, const char *why)
{
	struct result r = import(text, len);
	if (r.err != -EINVAL || r.error.line != line || r.error.column != column || !strstr(r.error.text, why))
		fail_msg("%.40s: %d %u:%u %s", text, r.err, r.error.line, r.error.column, r.error.text);
	done(&r);
}

static void test_no_file(void **state)
{
	(void)state;
	bad("a: b\n", 5, 1, 1, "no rules file");
	bad("- a\n", 4, 1, 3, "no list, macro or rule");
	bad("- x: y\n", 7, 1, 3, "no list, macro or rule");
	bad("- list: [a]\n", 12, 1, 9, "a list without a name");
	bad("- list: l\n  items: x\n", 21, 2, 10, "its items are no list");
	bad("- list: l\n  items: [[a]]\n", 25, 2, 11, "an item that is no text");
	bad("- macro: m\n", 11, 1, 3, "no condition");
	bad("- list: l\n  items: [a\n", 22, 3, 1, "no YAML: ");
	bad("- &a [x]\n- *a\n", 14, 2, 3, "an alias (*a)");
	bad("- list: l\n  items: [\"a\\0b\"]\n", 28, 2, 11, "a NUL byte");
	bad("- list: l\n\0", 11, 2, 1, "a NUL byte");
	bad("- list: \xff\n", 10, 1, 1, "not UTF-8");
	bad("\xff\xfe-\0", 4, 1, 4, "a NUL byte");
	bad("- [[[[[[[[[[[[[[[[[[x]]]]]]]]]]]]]]]]]]\n", 40, 1, 18, "more than 16 levels");
}

/* What grows with its square, or worse, if one lets it. */
static void test_bombs(void **state)
{
	struct buf text = {0};
	(void)state;
	for (int i = 0; i < 100000; i++)
		buf_char(&text, '[');
	bad(text.data, text.len, 1, 17, "more than 16 levels");
	text.len = 0;
	for (int i = 0; i < 6000; i++)
		buf_printf(&text, "- list: l%d\n  items: []\n", i);
	bad(text.data, text.len, 10001, 9, "more than 5000");
	text.len = 0;
	buf_str(&text, "- list: l\n  items: [");
	for (int i = 0; i < 210000; i++)
		buf_str(&text, "a,");
	buf_str(&text, "]\n");
	bad(text.data, text.len, 2, 399997, "more than 200000 values");
	text.len = 0;
	/* each list has the one before it ten times, each macro twice */
	buf_str(&text, "- list: l0\n  items: [a]\n- macro: m0\n  condition: proc.name=a\n");
	for (int i = 1; i < 60; i++) {
		buf_printf(&text, "- list: l%d\n  items: [", i);
		for (int k = 0; k < 10; k++)
			buf_printf(&text, "l%d,", i - 1);
		buf_printf(&text, "]\n- macro: m%d\n  condition: m%d or m%d\n", i, i - 1, i - 1);
	}
	buf_str(&text,
		RULE("evt.type=execve and m59") "- rule: S\n  condition: evt.type=execve and proc.name in (l59)\n");
	struct result r = import(text.data, text.len);
	assert_int_equal(r.err, 0);
	assert_int_equal(r.counts.carried, 0);
	assert_non_null(strstr(r.told.data, "more than 100000 terms"));
	assert_non_null(strstr(r.told.data, "more than 4096 items"));
	done(&r);
	text.len = 0;
	buf_str(&text, "- rule: R\n  condition: ");
	for (int i = 0; i < 30000; i++)
		buf_char(&text, '(');
	buf_str(&text, "\n");
	r = import(text.data, text.len);
	assert_non_null(strstr(r.told.data, "more than 48 levels"));
	done(&r);
	text.len = 0;
	buf_str(&text, "- rule: R\n  condition: evt.type=execve and proc.name=");
	buf_pad(&text, 'a', 500);
	r = import(text.data, text.len);
	assert_non_null(strstr(r.told.data, "too long for a line"));
	done(&r);
	buf_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_becomes), cmocka_unit_test(test_left_out), cmocka_unit_test(test_wider),
		cmocka_unit_test(test_changes), cmocka_unit_test(test_message),  cmocka_unit_test(test_no_file),
		cmocka_unit_test(test_bombs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

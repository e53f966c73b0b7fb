/* SPDX-License-Identifier: MIT */
/* Names to places in a file and back, against nm and readelf, wherever the symbols are kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "symbol/functions.h"
#include "symbol/usdt.h"

/* Made once: one program in all the ways in which it may have been stripped, below a root of its own. */
static const char make_program[] =
	"set -e; cd \"$1\"; mkdir -p bin usr/lib/debug/.build-id\n"
	"cat > p.c <<'E'\n"
	"#include <sys/sdt.h>\n"
	"__attribute__((noinline)) static int hidden_work(int n) { __asm__(\"\"); return n * 3; }\n"
	"__attribute__((noinline)) int open_work(int n) { DTRACE_PROBE2(pets, cat, n, 7L); return hidden_work(n) + 1; "
	"}\n"
	"int main(int n, char **a) { DTRACE_PROBE(pets, dog); return open_work(n) + !a; }\n"
	"E\n"
	"gcc -O1 -g -Wl,--build-id -o bin/whole p.c\n"
	"gcc -O1 -g -Wl,--build-id=none -o bin/anonymous p.c\n"
	"objcopy --only-keep-debug bin/whole p.debug; strip -o bin/stripped bin/whole\n"
	"id=$(readelf -n bin/whole | sed -n 's/.*Build ID: //p')\n"
	"mkdir usr/lib/debug/.build-id/${id%${id#??}}\n"
	"cp bin/stripped bin/identified; cp p.debug usr/lib/debug/.build-id/${id%${id#??}}/${id#??}.debug\n"
	"objcopy --only-keep-debug bin/anonymous bin/linked.debug; strip -o bin/linked bin/anonymous\n"
	"(cd bin; objcopy --add-gnu-debuglink=linked.debug linked)\n"
	"strip -o bin/lied bin/anonymous; cp bin/linked.debug bin/lied.debug\n"
	"(cd bin; objcopy --add-gnu-debuglink=lied.debug lied; printf x >> lied.debug)\n"
	"objcopy -S --remove-section .comment bin/anonymous mini; nm mini 2>/dev/null || true\n"
	"objcopy --strip-debug --remove-section .comment --keep-symbol=hidden_work --keep-symbol=open_work "
	"--only-keep-debug bin/anonymous mini; objcopy --strip-debug mini; xz -f mini\n"
	"strip -o bin/mini bin/anonymous; objcopy --add-section .gnu_debugdata=mini.xz bin/mini\n"
	"strip -o bin/bare bin/anonymous\n";

static char folder[] = "/tmp/eun-symbol-XXXXXX";

static int shell(const char *script, const char *argument)
{
	char command[4096 * 2];
	snprintf(command, sizeof(command), "sh -s '%s' > /dev/null", argument);
	FILE *f = popen(command, "w");
	assert_non_null(f);
	fputs(script, f);
	return pclose(f);
}

static int setup(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(folder));
	return shell(make_program, folder);
}

static int teardown(void **state)
{
	(void)state;
	return shell("rm -r \"$1\"", folder);
}

static struct elf_file *file(const char *name)
{
	char path[128];
	snprintf(path, sizeof(path), "%s/bin/%s", folder, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	struct elf_file *f = elf_file_open(fd);
	assert_non_null(f);
	return f;
}

/* The first line of a command's output as a number. */
static int64_t ask(const char *format, const char *a, const char *b)
{
	char command[512], line[128] = "";
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(command, sizeof(command), format, a, b);
#pragma GCC diagnostic pop
	FILE *f = popen(command, "r");
	assert_non_null(f);
	if (!fgets(line, sizeof(line), f))
		line[0] = '\0';
	pclose(f);
	return *line ? (int64_t)strtoull(line, NULL, 16) : -1;
}

static void wherever_they_are(void **state)
{
	static const struct {
		const char *name;
		int64_t hidden;
	} cases[] = {
		{"whole", 0}, {"identified", 0}, {"linked", 0}, {"mini", 0}, {"lied", -ENOENT}, {"bare", -ENOENT},
	};
	(void)state;
	int root = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	const struct where_debug where = {&root, 1, "/bin"};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct elf_file *f = file(cases[i].name);
		const char *like = i < 2 ? "whole" : "anonymous";
		int64_t address = ask("nm %s/bin/%s | sed -n 's/ t hidden_work//p'", folder, like);
		int64_t offset = functions_offset(f, &where, "hidden_work");
		assert_true(address > 0);
		if (cases[i].hidden) {
			if (offset != cases[i].hidden)
				fail_msg("%s: %lld", cases[i].name, (long long)offset);
			elf_file_close(f);
			continue;
		}
		if (offset < 0 || elf_file_address(f, (uint64_t)offset) != address)
			fail_msg("%s: offset %lld, nm says %llx", cases[i].name, (long long)offset, (long long)address);
		/* the section's place in the file is another program's word for where code is */
		int64_t moved = ask("readelf -SW %s/bin/%s | awk '$2==\".text\"||$3==\".text\"{sub(/.*\\.text/,\"\"); "
				    "print $2}'",
				    folder, cases[i].name) -
				ask("readelf -SW %s/bin/%s | awk '$2==\".text\"||$3==\".text\"{sub(/.*\\.text/,\"\"); "
				    "print $3}'",
				    folder, cases[i].name);
		assert_int_equal(address - offset, moved);
		struct symtab table = {0};
		uint64_t into;
		assert_int_equal(functions_table(&table, f, &where), 0);
		assert_string_equal(symtab_find(&table, (uint64_t)address, &into), "hidden_work");
		assert_int_equal(into, 0);
		symtab_free(&table);
		elf_file_close(f);
	}
	close(root);
}

/* Each function that nm knows of libc is found where nm says it is, by name and by address. */
static void as_nm_says(void **state)
{
	(void)state;
	char line[512], path[256] = "";
	FILE *ldd = popen("ldd /bin/sh | awk '/libc.so/{print $3}'", "r");
	assert_non_null(fgets(path, sizeof(path), ldd));
	pclose(ldd);
	path[strcspn(path, "\n")] = '\0';
	struct elf_file *f = elf_file_open(open(path, O_RDONLY | O_CLOEXEC));
	assert_non_null(f);
	const struct where_debug nowhere = {0};
	struct symtab table = {0};
	assert_int_equal(functions_table(&table, f, &nowhere), 0);
	char command[512];
	snprintf(command, sizeof(command), "nm -D --defined-only %s", path);
	FILE *nm = popen(command, "r");
	size_t n = 0;
	while (fgets(line, sizeof(line), nm)) {
		unsigned long long address;
		char kind, name[256];
		if (sscanf(line, "%llx %c %255s", &address, &kind, name) != 3 || !strchr("TW", kind))
			continue;
		char *at = strchr(name, '@');
		if (at && at[1] != '@') /* an old version of it */
			continue;
		if (at)
			*at = '\0';
		uint64_t into = 1;
		const char *found = symtab_find(&table, address, &into);
		if (!found || into)
			fail_msg("%s: %s + %llu", name, found ? found : "nothing", (unsigned long long)into);
		if (n++ % 40 == 0) /* a search each time */
			assert_true(elf_file_address(f, (uint64_t)functions_offset(f, &nowhere, name)) > 0);
	}
	pclose(nm);
	assert_true(n > 1000);
	assert_int_equal(functions_offset(f, &nowhere, "no_such_function"), -ENOENT);
	int64_t offset = functions_offset(f, &nowhere, "malloc");
	assert_int_equal(elf_file_address(f, (uint64_t)offset), ask("nm -D %s | sed -n 's/ T malloc@.*//p'", path, ""));
	symtab_free(&table);
	elf_file_close(f);
}

struct seen {
	size_t n;
	char text[512];
};

static int on_probe(void *context, const struct usdt_probe *p)
{
	struct seen *s = context;
	assert_true(p->offset > 0);
	s->n++;
	size_t used = strlen(s->text);
	snprintf(s->text + used, sizeof(s->text) - used, "%s:%s:%s:%llx\n", p->provider, p->name, p->arguments,
		 (unsigned long long)p->address);
	return 0;
}

static void usdt_as_readelf_says(void **state)
{
	(void)state;
	struct seen seen = {0};
	struct elf_file *f = file("bare");
	assert_int_equal(usdt_each(f, on_probe, &seen), 0);
	assert_int_equal(seen.n, 2);
	char command[512], text[512];
	snprintf(command, sizeof(command),
		 "readelf -nW %s/bin/bare | awk '/Provider:/{p=$NF} /Name:/{n=$NF} /Location:/{l=$2; "
		 "sub(/0x0*/,\"\",l); "
		 "sub(/,/,\"\",l)} /Arguments:/{sub(/ *Arguments: */,\"\"); print p\":\"n\":\"$0\":\"l}'",
		 folder);
	FILE *readelf = popen(command, "r");
	size_t n = fread(text, 1, sizeof(text) - 1, readelf);
	text[n] = '\0';
	pclose(readelf);
	for (char *p; (p = strstr(text, " :"));) /* "no arguments" is written with a blank */
		memmove(p, p + 1, strlen(p));
	assert_string_equal(seen.text, text);
	elf_file_close(f);
}

static int ignore_probe(void *context, const struct usdt_probe *p)
{
	(void)context;
	return *p->provider && *p->name && *p->arguments && p->semaphore == 1;
}

/* Cut anywhere, and with bytes flipped: refused or read, but never beyond. */
static void hostile(void **state)
{
	(void)state;
	char path[128];
	static unsigned char bytes[65536];
	snprintf(path, sizeof(path), "%s/bin/mini", folder);
	FILE *in = fopen(path, "r");
	size_t n = fread(bytes, 1, sizeof(bytes), in);
	fclose(in);
	assert_true(n > 4096);
	uint64_t random = 7;
	for (size_t round = 0; round < 1500; round++) {
		unsigned char *copy = malloc(n);
		memcpy(copy, bytes, n);
		size_t kept = round % 3 ? n : n * (round % 97) / 97 + 1;
		for (size_t i = 0; i < round % 20; i++) {
			random = random * 6364136223846793005ull + 1442695040888963407ull;
			size_t at = round % 2 ? random >> 33 & 1023 : (random >> 33) % n;
			copy[at] ^= (unsigned char)(random >> 20);
		}
		struct elf_file *f = elf_file_memory(copy, kept);
		if (!f)
			continue;
		struct symtab table = {0};
		functions_table(&table, f, &(struct where_debug){.folder = "/"});
		usdt_each(f, ignore_probe, NULL);
		elf_file_close(f);
		symtab_free(&table);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wherever_they_are),
		cmocka_unit_test(as_nm_says),
		cmocka_unit_test(usdt_as_readelf_says),
		cmocka_unit_test(hostile),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}

/* SPDX-License-Identifier: MIT */
/* Addresses of this process and of the kernel, files of a JIT, and readable names: against dladdr and c++filt. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dlfcn.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "symbol/demangle.h"
#include "symbol/symbols.h"

static __attribute__((noinline)) int only_in_symtab(int n)
{
	__asm__("");
	return n + 1;
}

static void own(void **state)
{
	(void)state;
	struct symbols *s = symbols_new(0);
	struct location l;
	assert_non_null(s);
	symbols_process(s, (uint32_t)getpid(), (uintptr_t)only_in_symtab + 1, &l);
	assert_string_equal(l.name, "only_in_symtab");
	assert_int_equal(l.into, 1);
	static const char *const names[] = {"qsort", "getpid", "pthread_create", "regcomp"};
	for (size_t i = 0; i < 4; i++) {
		void *at = dlsym(RTLD_DEFAULT, names[i]);
		Dl_info info;
		assert_true(dladdr(at, &info));
		symbols_process(s, (uint32_t)getpid(), (uintptr_t)at + 2, &l);
		uintptr_t is = (uintptr_t)info.dli_saddr;
		assert_int_equal(l.into, (uintptr_t)at + 2 - is);
		assert_ptr_equal(dlsym(RTLD_DEFAULT, l.name), info.dli_saddr); /* it may have several names */
		assert_non_null(strstr(l.module, strrchr(info.dli_fname, '/')));
	}
	void *vdso = dlopen("linux-vdso.so.1", RTLD_NOW | RTLD_NOLOAD);
	void *gettime = vdso ? dlsym(vdso, "__vdso_clock_gettime") : NULL;
	if (gettime) {
		symbols_process(s, (uint32_t)getpid(), (uintptr_t)gettime, &l);
		assert_string_equal(l.module, "[vdso]");
		assert_non_null(strstr(l.name, "clock_gettime"));
	}
	symbols_process(s, (uint32_t)getpid(), 8, &l);
	assert_null(l.name);
	symbols_process(s, 0x7fffffff, 4096, &l);
	assert_null(l.name);
	symbols_destroy(s);
}

/* All tables together keep to their bound, and what was let go is read again. */
static void bounded(void **state)
{
	(void)state;
	struct symbols *s = symbols_new(1);
	struct location l;
	for (int i = 0; i < 4; i++) {
		symbols_process(s, (uint32_t)getpid(), (uintptr_t)dlsym(RTLD_DEFAULT, "qsort"), &l);
		assert_non_null(l.name);
		size_t libc = symbols_bytes(s);
		symbols_process(s, (uint32_t)getpid(), (uintptr_t)only_in_symtab, &l);
		assert_string_equal(l.name, "only_in_symtab");
		assert_true(symbols_bytes(s) < libc);
	}
	symbols_destroy(s);
}

static void kernel(void **state)
{
	(void)state;
	FILE *f = fopen("/proc/kallsyms", "r");
	unsigned long long address, at = 0;
	char name[512], line[600];
	while (!at && f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%llx T %511s", &address, name) == 2 && !strcmp(name, "vfs_read"))
			at = address;
	if (f)
		fclose(f);
	if (!at)
		skip();
	struct symbols *s = symbols_new(0);
	struct location l;
	symbols_kernel(s, at + 3, &l);
	assert_string_equal(l.name, "vfs_read");
	assert_int_equal(l.into, 3);
	symbols_destroy(s);
}

static void write_map(const char *path, const char *text, mode_t mode)
{
	unlink(path);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	chmod(path, mode);
}

/* What a JIT wrote is believed where nobody else can have, and lines that make no sense are passed over. */
static void jit(void **state)
{
	(void)state;
	char path[64], text[512];
	char *code = mmap(NULL, 8192, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	snprintf(path, sizeof(path), "/tmp/perf-%d.map", (int)getpid());
	snprintf(text, sizeof(text),
		 "nonsense\n%llx 40 LazyCompile:*fib \x1b[31mred\n%llx zz bad\nffffffffffffffff 20 wraps\n%llx 40\n",
		 (unsigned long long)(uintptr_t)code + 64, (unsigned long long)(uintptr_t)code + 128,
		 (unsigned long long)(uintptr_t)code + 192);
	static const struct {
		mode_t mode;
		bool link;
		const char *name;
	} cases[] = {{0644, false, "LazyCompile:*fib \x1b[31mred"}, {0666, false, NULL}, {0644, true, NULL}};
	for (size_t i = 0; i < 3; i++) {
		char other[80];
		snprintf(other, sizeof(other), "%s.other", path);
		unlink(path);
		write_map(cases[i].link ? other : path, text, cases[i].mode);
		if (cases[i].link)
			assert_int_equal(symlink(other, path), 0);
		struct symbols *s = symbols_new(0);
		struct location l;
		symbols_process(s, (uint32_t)getpid(), (uintptr_t)code + 70, &l);
		if (cases[i].name) {
			assert_non_null(l.name);
			assert_string_equal(l.name, cases[i].name);
			assert_int_equal(l.into, 6);
			assert_string_equal(l.module, "[jit]");
			symbols_process(s, (uint32_t)getpid(), (uintptr_t)code + 130, &l);
		}
		assert_null(l.name);
		symbols_destroy(s);
		unlink(path);
		unlink(other);
	}
	munmap(code, 8192);
}

static void readable(void **state)
{
	static const char *const pairs[][2] = {
		{"_RNvC6_123foo3bar", "123foo::bar"},
		{"_ZN4core3fmt9Formatter3pad17h0123456789abcdefE", "core::fmt::Formatter::pad"},
		{"_ZN3foo3barEi", "foo::bar(int)"},
	};
	(void)state;
	char to[DEMANGLED_MAX], line[8192];
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(demangle(pairs[i][0], to, sizeof(to)), strlen(pairs[i][1]));
		assert_string_equal(to, pairs[i][1]);
	}
	assert_int_equal(demangle("main", to, sizeof(to)), 0);
	assert_int_equal(demangle("_Znonsense", to, sizeof(to)), 0);
	assert_int_equal(demangle("_ZN3foo3barEi", to, 13), 0);
	FILE *f = popen(
		"nm -D --defined-only /usr/lib/x86_64-linux-gnu/libstdc++.so.6 | awk '{sub(/@.*/,\"\",$3);print $3}' "
		"| grep ^_Z | head -3000 > /tmp/eun-names.$PPID; c++filt --no-verbose < /tmp/eun-names.$PPID | paste "
		"/tmp/eun-names.$PPID -; rm /tmp/eun-names.$PPID",
		"r");
	size_t n = 0;
	while (fgets(line, sizeof(line), f)) {
		char *tab = strchr(line, '\t');
		assert_non_null(tab);
		*tab = '\0';
		tab[strcspn(tab + 1, "\n") + 1] = '\0';
		if (!demangle(line, to, sizeof(to)))
			fail_msg("%s: not readable, c++filt: %s", line, tab + 1);
		assert_string_equal(to, tab + 1);
		n++;
	}
	pclose(f);
	assert_true(n > 100 || access("/usr/bin/c++filt", X_OK));
	/* ten bytes more double the text each time */
	char bomb[600] = "_Z1f";
	strcat(bomb, "1AIiE");
	for (int i = 0; i < 40; i++) {
		char part[32];
		snprintf(part, sizeof(part), "1AIS%c_S%c_E", i ? '0' + (i - 1) % 10 : '0',
			 i ? '0' + (i - 1) % 10 : '0');
		strcat(bomb, part);
	}
	demangle(bomb, to, sizeof(to)); /* returns at all */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(own), cmocka_unit_test(bounded),  cmocka_unit_test(kernel),
		cmocka_unit_test(jit), cmocka_unit_test(readable),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "filter.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "names.h"

struct build {
	const struct profile *profile;
	void (*warn)(void *context, const char *text);
	void *context;
	char *why;
	size_t why_size;
};

static uint32_t scmp_action(struct profile_action a)
{
	switch (a.act) {
	case PROFILE_ALLOW:
		return SCMP_ACT_ALLOW;
	case PROFILE_LOG:
		return SCMP_ACT_LOG;
	case PROFILE_NOTIFY:
		return SCMP_ACT_NOTIFY;
	case PROFILE_TRACE:
		return SCMP_ACT_TRACE(a.value);
	case PROFILE_TRAP:
		return SCMP_ACT_TRAP;
	case PROFILE_KILL_THREAD:
		return SCMP_ACT_KILL_THREAD;
	case PROFILE_KILL:
		return SCMP_ACT_KILL_PROCESS;
	default:
		return SCMP_ACT_ERRNO(a.value);
	}
}

/* The number that libseccomp wants, which is the native entry's: it translates by name. -1: it can't. */
static int scmp_number(enum profile_arch arch, uint32_t nr)
{
	char name[CALL_NAME_MAX];
	if (arch == profile_native())
		return (int)nr;
	if (!call_name(arch, nr, name, sizeof(name)))
		return -1;
	int native = seccomp_syscall_resolve_name(name);
	return native == __NR_SCMP_ERROR ? -1 : native;
}

static int add_rule(const struct build *b, scmp_filter_ctx filter, enum profile_arch arch, const struct profile_rule *r)
{
	struct scmp_arg_cmp args[PROFILE_CONDS];
	char name[CALL_NAME_MAX], text[128];
	int nr = scmp_number(arch, r->nr), err = -EINVAL;
	for (uint32_t i = 0; i < r->n_conds; i++) {
		const struct profile_cond *c = &r->conds[i];
		args[i] = (struct scmp_arg_cmp){c->arg, (enum scmp_compare)c->op, c->value, 0};
		if (c->op == PROFILE_MASKED_EQ)
			args[i].datum_a = c->mask, args[i].datum_b = c->value;
	}
	if (profile_action_same(r->action, b->profile->def)) /* libseccomp refuses what says nothing */
		return 0;
	if (nr != -1)
		err = seccomp_rule_add_array(filter, scmp_action(r->action), nr, r->n_conds, args);
	if (!err || err == -EEXIST)
		return 0;
	if (err == -ENOMEM)
		return err;
	call_name(arch, r->nr, name, sizeof(name));
	snprintf(text, sizeof(text), "%s: libseccomp can't have a rule for %s (%u), left out: %s",
		 arch_names[arch].name, name, r->nr, strerror(-err));
	if (b->warn)
		b->warn(b->context, text);
	return 0;
}

/* The filter of one entry. NULL: why. */
static scmp_filter_ctx build_arch(const struct build *b, enum profile_arch arch)
{
	const struct profile_rules *rules = &b->profile->of[arch];
	uint32_t def = scmp_action(b->profile->def), token = arch_names[arch].token;
	scmp_filter_ctx filter = seccomp_init(def);
	int err = filter ? 0 : -ENOMEM;
	if (!err && arch != profile_native()) {
		err = seccomp_arch_remove(filter, SCMP_ARCH_NATIVE);
		if (!err)
			err = seccomp_arch_add(filter, token);
	}
	if (!err)
		err = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, def);
	if (!err)
		err = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2); /* a tree: 9 steps, not 400 */
	for (size_t i = 0; i < rules->n && !err; i++)
		err = add_rule(b, filter, arch, &rules->items[i]);
	if (!err)
		return filter;
	snprintf(b->why, b->why_size, "libseccomp: a filter for %s: %s", arch_names[arch].name, strerror(-err));
	if (filter)
		seccomp_release(filter);
	return NULL;
}

/* All entries' filters in one. NULL: why. */
static scmp_filter_ctx build_all(const struct build *b)
{
	scmp_filter_ctx all = NULL;
	for (enum profile_arch a = 0; a < PROFILE_ARCHES; a++) {
		if (!(b->profile->arches & 1u << a))
			continue;
		scmp_filter_ctx one = build_arch(b, a);
		int err = one && all ? seccomp_merge(all, one) : 0;
		if (one && !err) {
			all = all ? all : one;
			continue;
		}
		if (err) {
			snprintf(b->why, b->why_size, "libseccomp: filters of unlike architectures: %s",
				 strerror(-err));
			seccomp_release(one);
		}
		if (all)
			seccomp_release(all);
		return NULL;
	}
	if (!all)
		snprintf(b->why, b->why_size, "the profile is for no architecture");
	return all;
}

/* libseccomp's program in memory; what it writes goes to a descriptor. */
static int export(scmp_filter_ctx filter, struct sock_filter **program, size_t *n)
{
	struct stat st;
	int fd = memfd_create("filter", MFD_CLOEXEC);
	int err = fd < 0 ? -errno : seccomp_export_bpf(filter, fd);
	if (!err && fstat(fd, &st))
		err = -errno;
	if (!err) {
		*n = (size_t)st.st_size / sizeof(**program);
		*program = malloc((*n + 1) * sizeof(**program));
		if (!*program)
			err = -ENOMEM;
		else if (pread(fd, *program, *n * sizeof(**program), 0) != (ssize_t)(*n * sizeof(**program)))
			err = -EIO;
	}
	if (fd >= 0)
		close(fd);
	return err;
}

/* The last number of an entry that may be known: Linux 6.18's, or one that has a rule. */
static uint32_t number_last(const struct profile *p, enum profile_arch arch)
{
	const struct profile_rules *r = &p->of[arch];
	uint32_t last = arch_names[arch].number_last;
	return r->n && r->items[r->n - 1].nr > last ? r->items[r->n - 1].nr : last;
}

#define LOAD(member) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, member))

/* Puts before it, for each entry, what gives ENOSYS to numbers past the last. */
static int prepend_unknown(const struct profile *p, struct sock_filter **program, size_t *n)
{
	struct sock_filter head[PROFILE_ARCHES * 6];
	size_t len = 0;
	for (enum profile_arch a = 0; a < PROFILE_ARCHES; a++) {
		if (!(p->arches & 1u << a) || a == PROFILE_X32) /* x32 shares x86-64's audit number */
			continue;
		const struct sock_filter one[] = {
			LOAD(arch),
			BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, arch_names[a].token, 0, 4),
			LOAD(nr),
			BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 2, 0),
			BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, number_last(p, a), 0, 1),
			BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		};
		memcpy(&head[len], one, sizeof(one));
		len += sizeof(one) / sizeof(one[0]);
	}
	struct sock_filter *whole = malloc((len + *n) * sizeof(*whole));
	if (!whole)
		return -ENOMEM;
	memcpy(whole, head, len * sizeof(*whole));
	memcpy(whole + len, *program, *n * sizeof(*whole));
	free(*program);
	*program = whole;
	*n += len;
	return 0;
}

int filter_build(const struct profile *profile, struct sock_filter **program, size_t *n,
		 void (*warn)(void *context, const char *text), void *context, char *why, size_t why_size)
{
	const struct build b = {profile, warn, context, why, why_size};
	*program = NULL;
	scmp_filter_ctx filter = build_all(&b);
	if (!filter)
		return -EINVAL;
	int err = export(filter, program, n);
	if (!err && profile->def.act == PROFILE_ERRNO)
		err = prepend_unknown(profile, program, n);
	seccomp_release(filter);
	if (!err && *n > BPF_MAXINSNS) {
		snprintf(why, why_size, "the filter has %zu instructions, the kernel takes %u; use fewer conditions",
			 *n, BPF_MAXINSNS);
		err = -E2BIG;
	} else if (err) {
		snprintf(why, why_size, "libseccomp: export: %s", strerror(-err));
	}
	if (err) {
		free(*program);
		*program = NULL;
	}
	return err;
}

int filter_write_bpf(const struct profile *profile, struct buf *out, void (*warn)(void *context, const char *text),
		     void *context, char *why, size_t why_size)
{
	struct sock_filter *program;
	size_t n, start = out->len;
	int err = filter_build(profile, &program, &n, warn, context, why, why_size);
	if (err)
		return err;
	buf_add(out, program, n * sizeof(*program));
	free(program);
	return buf_commit(out, start);
}

static void write_rules(const struct profile *p, struct buf *out)
{
	for (enum profile_arch a = 0; a < PROFILE_ARCHES; a++)
		if (p->arches & 1u << a)
			buf_printf(out, " * %s: %zu rules\n", arch_names[a].name, p->of[a].n);
}

int filter_write_c(const struct profile *profile, struct buf *out, void (*warn)(void *context, const char *text),
		   void *context, char *why, size_t why_size)
{
	struct sock_filter *program;
	size_t n, start = out->len;
	char def[ACTION_TEXT_MAX];
	int err = filter_build(profile, &program, &n, warn, context, why, why_size);
	if (err)
		return err;
	action_text(profile->def, def, sizeof(def));
	buf_printf(out, "/*\n * A seccomp filter, made by eunomia seccomp. All other calls: %s.\n", def);
	write_rules(profile, out);
	buf_str(out, " */\n#include <linux/filter.h>\n#include <linux/seccomp.h>\n#include <sys/prctl.h>\n"
		     "#include <sys/syscall.h>\n#include <unistd.h>\n\n"
		     "static const struct sock_filter seccomp_filter[] = {\n");
	for (size_t i = 0; i < n; i++)
		buf_printf(out, "\t{0x%02x, %u, %u, 0x%08x},\n", program[i].code, program[i].jt, program[i].jf,
			   program[i].k);
	buf_str(out,
		"};\n\n"
		"/* All threads, from now on, for ever. 0, or -1 and errno; a thread's id: that one could not be "
		"joined. */\n"
		"long install_seccomp_filter(void)\n{\n"
		"\tstruct sock_fprog program = {\n"
		"\t\tsizeof(seccomp_filter) / sizeof(seccomp_filter[0]),\n"
		"\t\t(struct sock_filter *)seccomp_filter,\n\t};\n"
		"\tif (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))\n\t\treturn -1;\n"
		"\treturn syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);\n}\n");
	free(program);
	return buf_commit(out, start);
}

int filter_try(const struct sock_filter *program, size_t n, char *why, size_t why_size)
{
	struct sock_fprog load = {(unsigned short)n, (struct sock_filter *)program};
	int status;
	pid_t child = fork();
	if (!child) {
		signal(SIGILL, SIG_DFL);
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &load))
			_exit(errno);
		syscall(SYS_exit_group, 0); /* nothing of ours or a sanitizer's before it: it may be denied */
		__builtin_trap();           /* as this was: a signal is as good an end */
	}
	int err = child < 0 || waitpid(child, &status, 0) < 0 ? -errno : WIFEXITED(status) ? -WEXITSTATUS(status) : 0;
	if (err)
		snprintf(why, why_size, "the kernel does not take the filter (%zu instructions): %s", n,
			 strerror(-err));
	return err;
}

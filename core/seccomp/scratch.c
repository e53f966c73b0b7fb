/* SPDX-License-Identifier: MIT */
#include "scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096u
#define SET_BYTES 8u /* the kernel's sigset_t */
#define STUB_ROOM 64u
#define STOP_SIGNALS (1ull << (SIGSTOP - 1) | 1ull << (SIGTSTP - 1) | 1ull << (SIGTTIN - 1) | 1ull << (SIGTTOU - 1))

static uint64_t round_up(uint64_t n, uint64_t to)
{
	return (n + to - 1) / to * to;
}

static bool read_at(const struct scratch *s, uint64_t at, void *to, size_t n)
{
	return pread(s->mem, to, n, (off_t)at) == (ssize_t)n;
}

/* Also what is not writable for the process itself, as a debugger does. */
static int write_at(const struct scratch *s, uint64_t at, const void *from, size_t n)
{
	const char *bytes = from;
	if (pwrite(s->mem, from, n, (off_t)at) == (ssize_t)n)
		return 0;
	for (size_t i = 0; i < n; i += sizeof(long)) { /* proc_mem.force_override: the file may be restricted */
		long word = 0;
		memcpy(&word, bytes + i, n - i < sizeof(word) ? n - i : sizeof(word));
		if (ptrace(PTRACE_POKEDATA, s->tid, at + i, word))
			return -errno;
	}
	return 0;
}

/* In [begin, end) of its memory; 0: not there. */
static uint64_t find_insn(const struct scratch *s, uint64_t begin, uint64_t end)
{
	uint8_t chunk[PAGE];
	for (; begin < end; begin += sizeof(chunk)) {
		ssize_t n = pread(s->mem, chunk, sizeof(chunk), (off_t)begin);
		const uint8_t *found = n > 0 ? memmem(chunk, (size_t)n, s->entry->insn, s->entry->insn_len) : NULL;
		if (found)
			return begin + (uint64_t)(found - chunk);
	}
	return 0;
}

/* The one that it was stopped behind; else one of the vDSO, or of any code. */
static uint64_t find_entry(const struct scratch *s)
{
	char path[64], line[512], perms[8];
	uint8_t own[4];
	uint64_t begin, end, found = 0, at = arch_pc(&s->regs) - s->entry->insn_len;
	if (read_at(s, at, own, s->entry->insn_len) && !memcmp(own, s->entry->insn, s->entry->insn_len))
		return at;
	snprintf(path, sizeof(path), "/proc/%d/maps", s->tid);
	FILE *maps = fopen(path, "re");
	while (maps && fgets(line, sizeof(line), maps)) {
		bool vdso = strstr(line, "[vdso]");
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %7s", &begin, &end, perms) != 3 || perms[2] != 'x' ||
		    strstr(line, "[vsyscall]") || (found && !vdso))
			continue;
		uint64_t in = find_insn(s, begin, end);
		found = in ? in : found;
		if (in && vdso)
			break;
	}
	if (maps)
		fclose(maps);
	return found;
}

/* Runs to the next stop of a call's begin or end. -ESRCH: it ended; -EFAULT: it made no call. */
static int step(struct scratch *s)
{
	struct traced *t = tracer_find(s->tracer, s->tid);
	int sig = 0;
	for (;;) {
		int err = t ? tracer_step(t, sig) : -ESRCH;
		if (err && err != -ESRCH)
			return err;
		while (t && t->injected &&
		       !t->fresh) { /* it may wait for a lock, and must not be left before it has got it */
			tracer_wait(s->tracer, 1000);
			t = tracer_find(s->tracer, s->tid);
		}
		if (!t || !t->injected) {
			s->gone = true;
			return -ESRCH;
		}
		t->fresh = false;
		if (t->status >> 8 == (SIGTRAP | 0x80))
			return 0;
		sig = t->status >> 16 ? 0 : WSTOPSIG(t->status);
		if (sig && !(STOP_SIGNALS >> (sig - 1) & 1)) /* all others are blocked: it can't go on */
			return -EFAULT;
	}
}

static int call_at(struct scratch *s, uint64_t pc, uint64_t sp, enum inject_call call, const uint64_t args[6],
		   int64_t *result)
{
	struct arch_regs regs = s->regs;
	arch_call(&regs, s->entry, call, args, pc);
	if (sp)
		arch_sp_set(&regs, sp);
	int err = arch_set(s->tid, &regs);
	if (!err)
		err = step(s);
	if (!err)
		err = step(s);
	if (!err)
		err = arch_get(s->tid, &regs);
	*result = err ? err : arch_result(&regs);
	return err;
}

int scratch_call(struct scratch *s, enum inject_call call, const uint64_t args[6], int64_t *result)
{
	return call_at(s, s->sp ? s->at : s->insn, s->sp, call, args, result);
}

/* All but those that can't be. */
static int mask_all(const struct scratch *s)
{
	uint64_t all = ~0ull;
	return ptrace(PTRACE_SETSIGMASK, s->tid, SET_BYTES, &all) ? -errno : 0;
}

/*
 * It was stopped in a sequence that the kernel starts over when the thread was preempted in it, which it can't know any
 * more when the thread comes back from elsewhere.
 */
static void leave_rseq(struct scratch *s)
{
#ifdef PTRACE_GET_RSEQ_CONFIGURATION
	struct __ptrace_rseq_configuration at;
	struct {
		uint32_t version, flags;
		uint64_t start, length, abort;
	} cs;
	uint64_t pointer;
	if (ptrace(PTRACE_GET_RSEQ_CONFIGURATION, s->tid, sizeof(at), &at) != (long)sizeof(at) || !at.rseq_abi_pointer)
		return;
	if (read_at(s, at.rseq_abi_pointer + 8, &pointer, sizeof(pointer)) && pointer &&
	    read_at(s, pointer, &cs, sizeof(cs)) && arch_pc(&s->regs) - cs.start < cs.length)
		arch_pc_set(&s->regs, cs.abort);
#endif
}

static int map(struct scratch *s, uint64_t size, int protection)
{
	const uint64_t args[6] = {0, size, (uint64_t)protection, MAP_PRIVATE | MAP_ANONYMOUS, (uint64_t)-1, 0};
	int64_t result;
	int err = call_at(s, s->insn, 0, INJECT_MMAP, args, &result);
	if (err)
		return err;
	if (result < 0)
		return (int)result;
	s->at = (uint64_t)result;
	s->size = size;
	return 0;
}

/* The code by which it goes back alone, and the state it goes back to: at once, if we end here. */
static void prepare_return(struct scratch *s, uint64_t frame_at)
{
	struct arch_regs back = s->regs;
	uint8_t *frame = malloc(ARCH_FRAME_MAX);
	uint64_t sp = 0;
	ssize_t n = frame ? arch_frame(s->tid, &s->regs, s->mask, frame_at, frame, &sp) : -ENOMEM;
	if (n > 0 && !write_at(s, frame_at, frame, (size_t)n) && !write_at(s, s->at, arch_stub, sizeof(arch_stub)))
		s->sp = sp;
	free(frame);
	if (!s->sp)
		return;
	arch_sp_set(&back, sp);
	arch_pc_set(&back, s->at + s->entry->insn_len);
	arch_set(s->tid, &back);
}

static int begin(struct scratch *s, size_t bytes)
{
	uint64_t frame = round_up(STUB_ROOM + bytes, 64), size = round_up(frame + ARCH_FRAME_MAX, PAGE);
	int err = arch_get(s->tid, &s->regs);
	if (err)
		return err;
	s->entry = arch_entry(&s->regs);
	s->insn = find_entry(s);
	if (!s->insn)
		return -ENOEXEC;
	leave_rseq(s);
	if (ptrace(PTRACE_GETSIGMASK, s->tid, SET_BYTES, &s->mask))
		return -errno;
	s->masked = true;
	s->suspended = !tracer_options(s->tracer, s->tid, PTRACE_O_SUSPEND_SECCOMP);
	err = mask_all(s);
	/* What only we can write: nobody there can change what is loaded. */
	if (!err)
		err = map(s, size, PROT_READ | (s->entry->alone ? PROT_EXEC : 0));
	if ((err == -EACCES || err == -EPERM) && s->entry->alone)
		err = map(s, size, PROT_READ);
	else if (!err && s->entry->alone)
		prepare_return(s, s->at + frame);
	s->data = s->at + STUB_ROOM;
	return err;
}

int scratch_begin(struct scratch *s, struct tracer *tracer, pid_t tid, size_t bytes)
{
	char path[64];
	struct traced *t = tracer_find(tracer, tid);
	*s = (struct scratch){.tracer = tracer, .tid = tid};
	snprintf(path, sizeof(path), "/proc/%d/mem", tid);
	s->mem = open(path, O_RDWR | O_CLOEXEC);
	if (s->mem < 0)
		return -errno;
	t->injected = true;
	t->fresh = false;
	int err = begin(s, bytes);
	if (err)
		scratch_end(s, true);
	return err;
}

int scratch_put(const struct scratch *s, size_t at, const void *bytes, size_t n)
{
	return write_at(s, s->data + at, bytes, n);
}

/* To where it was stopped first: only there the kernel restarts a call. */
static int stop_again(struct scratch *s)
{
	struct traced *t = tracer_find(s->tracer, s->tid);
	if (!t || ptrace(PTRACE_INTERRUPT, s->tid, 0, 0))
		return -ESRCH;
	t->injected = t->stopped = false;
	if (ptrace(PTRACE_CONT, s->tid, 0, 0))
		return -errno;
	while ((t = tracer_find(s->tracer, s->tid)) && !t->stopped)
		tracer_wait(s->tracer, 1000);
	return t ? 0 : -ESRCH;
}

int scratch_end(struct scratch *s, bool unmap)
{
	const uint64_t args[6] = {s->at, s->size};
	int64_t result;
	int err = 0;
	if (s->at && unmap && !s->gone)
		call_at(s, s->insn, 0, INJECT_MUNMAP, args, &result);
	if (s->gone)
		err = -ESRCH;
	if (!err && s->masked)
		err = arch_set(s->tid, &s->regs);
	if (!err && s->masked && ptrace(PTRACE_SETSIGMASK, s->tid, SET_BYTES, &s->mask))
		err = -errno;
	if (!err && s->suspended)
		tracer_options(s->tracer, s->tid, 0);
	if (!err)
		err = stop_again(s);
	close(s->mem);
	return err;
}

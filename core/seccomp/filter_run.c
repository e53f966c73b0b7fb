/* SPDX-License-Identifier: MIT */
#include "filter_run.h"

#include <stdbool.h>
#include <string.h>

struct machine {
	uint32_t a, x, mem[BPF_MEMWORDS];
	const struct seccomp_data *data;
};

static bool load(const struct machine *m, const struct sock_filter *f, uint32_t *out)
{
	switch (BPF_MODE(f->code)) {
	case BPF_ABS:
		if (f->k % 4 || f->k > sizeof(*m->data) - 4 || BPF_SIZE(f->code) != BPF_W)
			return false;
		memcpy(out, (const char *)m->data + f->k, 4);
		return true;
	case BPF_IMM:
		*out = f->k;
		return true;
	case BPF_MEM:
		*out = m->mem[f->k % BPF_MEMWORDS];
		return f->k < BPF_MEMWORDS;
	case BPF_LEN:
		*out = sizeof(*m->data);
		return true;
	default:
		return false;
	}
}

static bool compute(struct machine *m, const struct sock_filter *f)
{
	uint32_t y = BPF_SRC(f->code) == BPF_X ? m->x : f->k, a = m->a;
	bool ok = true;
	switch (BPF_OP(f->code)) {
	case BPF_ADD:
		m->a = a + y;
		break;
	case BPF_SUB:
		m->a = a - y;
		break;
	case BPF_MUL:
		m->a = a * y;
		break;
	case BPF_DIV:
		ok = y;
		m->a = ok ? a / y : 0;
		break;
	case BPF_OR:
		m->a = a | y;
		break;
	case BPF_AND:
		m->a = a & y;
		break;
	case BPF_XOR:
		m->a = a ^ y;
		break;
	case BPF_LSH:
		m->a = y < 32 ? a << y : 0;
		break;
	case BPF_RSH:
		m->a = y < 32 ? a >> y : 0;
		break;
	case BPF_NEG:
		m->a = 0u - a;
		break;
	default:
		ok = false;
	}
	return ok;
}

/* How many instructions to leave out. */
static size_t jump(const struct machine *m, const struct sock_filter *f)
{
	uint32_t y = BPF_SRC(f->code) == BPF_X ? m->x : f->k;
	bool yes = false;
	switch (BPF_OP(f->code)) {
	case BPF_JA:
		return f->k;
	case BPF_JEQ:
		yes = m->a == y;
		break;
	case BPF_JGT:
		yes = m->a > y;
		break;
	case BPF_JGE:
		yes = m->a >= y;
		break;
	case BPF_JSET:
		yes = m->a & y;
		break;
	}
	return yes ? f->jt : f->jf;
}

uint32_t filter_run(const struct sock_filter *program, size_t n, const struct seccomp_data *data)
{
	struct machine m = {.data = data};
	for (size_t at = 0; at < n; at++) {
		const struct sock_filter *f = &program[at];
		bool ok = true;
		switch (BPF_CLASS(f->code)) {
		case BPF_LD:
			ok = load(&m, f, &m.a);
			break;
		case BPF_LDX:
			ok = load(&m, f, &m.x);
			break;
		case BPF_ST:
		case BPF_STX:
			ok = f->k < BPF_MEMWORDS;
			m.mem[f->k % BPF_MEMWORDS] = BPF_CLASS(f->code) == BPF_ST ? m.a : m.x;
			break;
		case BPF_ALU:
			ok = compute(&m, f);
			break;
		case BPF_JMP:
			at += jump(&m, f);
			break;
		case BPF_RET:
			return BPF_RVAL(f->code) == BPF_A ? m.a : f->k;
		default: /* BPF_MISC */
			if (BPF_MISCOP(f->code) == BPF_TAX)
				m.x = m.a;
			else
				m.a = m.x;
		}
		if (!ok)
			break;
	}
	return SECCOMP_RET_KILL_PROCESS;
}

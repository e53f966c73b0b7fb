/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
#define EUN_NO_PATHS
#include "common.bpf.h"
#include <bpf/usdt.bpf.h>
#include "probed.h"

static __always_inline int hit(u64 cookie, s64 a, s64 b)
{
	struct eun_slot *s = eun_begin(PROBED_HIT, sizeof(struct probed_hit));
	if (!s)
		return 0;
	struct probed_hit *e = eun_record(s);
	e->cookie = cookie;
	e->a = a;
	e->b = b;
	eun_submit(s);
	return 0;
}

SEC("?uprobe")
int BPF_KPROBE(probed_entry, int a)
{
	return hit(bpf_get_attach_cookie(ctx), a, 0);
}

SEC("?uretprobe")
int BPF_KRETPROBE(probed_return, int ret)
{
	return hit(bpf_get_attach_cookie(ctx), ret, 0);
}

SEC("?usdt")
int BPF_USDT(probed_usdt, int a, long b)
{
	return hit(bpf_usdt_cookie(ctx), a, b);
}

/* SPDX-License-Identifier: MIT */
#include "trim.h"

#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

/* Not code: a breakpoint in it, a debugger's or a uprobe's, would go with its page. */
static int let_go(struct dl_phdr_info *info, size_t size, void *context)
{
	const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE) - 1;
	(void)size, (void)context;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];
		if (p->p_type != PT_LOAD || p->p_flags & (PF_W | PF_X))
			continue;
		uintptr_t from = (info->dlpi_addr + p->p_vaddr) & ~page;
		uintptr_t to = (info->dlpi_addr + p->p_vaddr + p->p_memsz + page) & ~page;
		madvise((void *)from, to - from, MADV_DONTNEED);
	}
	return 0;
}

void trim_memory(void)
{
	malloc_trim(0);
	dl_iterate_phdr(let_go, NULL);
}

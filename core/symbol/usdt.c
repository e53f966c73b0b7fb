/* SPDX-License-Identifier: MIT */
#include "usdt.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

#define NOTE_TYPE 3

static size_t aligned(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

static uint64_t number(const char **at, size_t width)
{
	uint64_t wide = 0;
	uint32_t narrow = 0;
	if (width == sizeof(narrow)) {
		memcpy(&narrow, *at, sizeof(narrow));
		wide = narrow;
	} else {
		memcpy(&wide, *at, sizeof(wide));
	}
	*at += width;
	return wide;
}

/* Three numbers, three texts. False: they aren't. */
static bool parse(const struct elf_file *f, const char *at, size_t bytes, uint64_t base, struct usdt_probe *p)
{
	const char *end = at + bytes;
	size_t width = elf_file_64(f) ? 8 : 4;
	const char **texts[] = {&p->provider, &p->name, &p->arguments};
	if (bytes < 3 * width)
		return false;
	p->address = number(&at, width);
	uint64_t was = number(&at, width);
	p->semaphore = number(&at, width);
	for (size_t i = 0; i < 3; i++) {
		const char *stop = memchr(at, 0, (size_t)(end - at));
		if (!stop)
			return false;
		*texts[i] = at;
		at = stop + 1;
	}
	/* prelink moves code and leaves notes: .stapsdt.base moves with the code */
	uint64_t moved = base ? base - was : 0;
	p->address += moved;
	p->semaphore += p->semaphore ? moved : 0;
	p->offset = elf_file_offset(f, p->address, true);
	p->semaphore_offset = p->semaphore ? elf_file_offset(f, p->semaphore, false) : -1;
	return true;
}

int usdt_each(const struct elf_file *f, int (*each)(void *context, const struct usdt_probe *probe), void *context)
{
	size_t n, ignored;
	uint64_t base = 0;
	const char *notes = elf_file_section(f, ".note.stapsdt", &n, NULL);
	if (!notes)
		return -ENOENT;
	elf_file_section(f, ".stapsdt.base", &ignored, &base);
	int err = 0;
	for (size_t at = 0; !err && n - at >= sizeof(Elf64_Nhdr);) {
		Elf64_Nhdr h; /* the same in both classes */
		struct usdt_probe probe;
		memcpy(&h, notes + at, sizeof(h));
		at += sizeof(h);
		if (h.n_namesz > n - at || aligned(h.n_namesz) > n - at || h.n_descsz > n - at - aligned(h.n_namesz))
			break;
		const char *name = notes + at, *desc = name + aligned(h.n_namesz);
		if (h.n_type == NOTE_TYPE && h.n_namesz == 8 && !memcmp(name, "stapsdt", 8) &&
		    parse(f, desc, h.n_descsz, base, &probe))
			err = each(context, &probe);
		at += aligned(h.n_namesz);
		at = aligned(h.n_descsz) > n - at ? n : at + aligned(h.n_descsz);
	}
	return err;
}

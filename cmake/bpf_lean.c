/* SPDX-License-Identifier: MIT */
/* bpf_lean FILE: takes the lines of its source out of a BPF object (core/host/lean.h), in place. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/lean.h"

static void *read_all(FILE *f, size_t *size)
{
	char *bytes = NULL;
	*size = 0;
	for (size_t room = 0, n = 1; n; *size += n) {
		if (*size == room) {
			room += 1u << 20;
			bytes = realloc(bytes, room);
			if (!bytes)
				return NULL;
		}
		n = fread(bytes + *size, 1, room - *size, f);
	}
	return bytes;
}

int main(int argc, char **argv)
{
	size_t size = 0;
	FILE *f = argc == 2 ? fopen(argv[1], "r+be") : NULL;
	void *bytes = f ? read_all(f, &size) : NULL;
	void *lean = bytes ? lean_copy(bytes, size) : NULL;
	if (!lean || fseek(f, 0, SEEK_SET) || fwrite(lean, 1, size, f) != size || fclose(f)) {
		fprintf(stderr, "bpf_lean: %s: %s\n", argc == 2 ? argv[1] : "one file, please", strerror(errno));
		return 1;
	}
	free(lean);
	free(bytes);
	return 0;
}

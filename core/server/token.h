/* SPDX-License-Identifier: MIT */
/* Tokens: who has one may read, or do everything. */
#ifndef CORE_SERVER_TOKEN_H
#define CORE_SERVER_TOKEN_H

#include <stdbool.h>
#include <stddef.h>

#define TOKEN_LEN 43 /* 32 random bytes as base64url */
#define TOKEN_MAX 128

struct secret {
	char text[TOKEN_MAX + 1];
	bool made; /* now: the file was not there */
};

/*
 * Reads the file, or makes it, mode 0600, and its folder. A file that others than root and we can read or write, or
 * with less than 16 characters, is refused. -errno: why.
 */
int token_open(struct secret *token, const char *path, char *why, size_t why_size);

/* In a time that does not tell how much of it is right. */
bool token_equal(const struct secret *token, const char *text);

#endif

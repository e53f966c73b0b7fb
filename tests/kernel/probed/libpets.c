/* SPDX-License-Identifier: MIT */
/* The library that helpers/pets.c loads. */
int walk(int steps);

__attribute__((noinline)) int walk(int steps)
{
	__asm__ volatile("");
	return steps + 1;
}

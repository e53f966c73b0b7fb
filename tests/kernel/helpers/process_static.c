/* SPDX-License-Identifier: MIT */
/* A program that needs no library, for a root directory that has none. Linked with -static. */
int main(void)
{
	return 7;
}

/* SPDX-License-Identifier: MIT */
/* A library that a plugin must not bring in. */
int extra(void);
int extra(void)
{
	return 1;
}

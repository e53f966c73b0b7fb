# SPDX-License-Identifier: MIT
# A 32-bit program: creates, closes and removes /tmp/compat-new through int 0x80; exits with 0 when all three went well.
	.globl	_start
_start:
	movl	$5, %eax		# open(path, O_CREAT | O_RDWR, 0600)
	movl	$path, %ebx
	movl	$0102, %ecx
	movl	$0600, %edx
	int	$0x80
	testl	%eax, %eax
	js	failed
	movl	%eax, %ebx
	movl	$6, %eax		# close(fd)
	int	$0x80
	testl	%eax, %eax
	js	failed
	movl	$10, %eax		# unlink(path)
	movl	$path, %ebx
	int	$0x80
	testl	%eax, %eax
	js	failed
	xorl	%ebx, %ebx
exit:
	movl	$1, %eax		# exit(status)
	int	$0x80
failed:
	movl	$1, %ebx
	jmp	exit

	.section .rodata
path:	.asciz	"/tmp/compat-new"

# SPDX-License-Identifier: MIT
# A 32-bit program: as compat.s with /tmp/vdso-new, but by the entry that the kernel offers (AT_SYSINFO): sysenter or
# syscall, where the processor has them.
	.globl	_start
_start:
	movl	(%esp), %eax		# behind argc: argv, 0, envp, 0, auxv
	leal	8(%esp,%eax,4), %esi
environment:
	lodsl
	testl	%eax, %eax
	jnz	environment
auxiliary:
	lodsl
	testl	%eax, %eax
	jz	failed
	movl	%eax, %edx
	lodsl
	cmpl	$32, %edx		# AT_SYSINFO
	jne	auxiliary
	movl	%eax, entry

	movl	$5, %eax		# open(path, O_CREAT | O_RDWR, 0600)
	movl	$path, %ebx
	movl	$0102, %ecx
	movl	$0600, %edx
	call	*entry
	testl	%eax, %eax
	js	failed
	movl	%eax, %ebx
	movl	$6, %eax		# close(fd)
	call	*entry
	testl	%eax, %eax
	js	failed
	movl	$10, %eax		# unlink(path)
	movl	$path, %ebx
	call	*entry
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
path:	.asciz	"/tmp/vdso-new"
	.bss
entry:	.long	0

#include "textflag.h"

// Memory: one arena from the kernel, given out in order and never taken back. System calls, printing, the end.

#define HEAP_BASE 0xc000000000
#define HEAP_SIZE 0x4000000

GLOBL runtime·heapNext(SB), NOPTR, $8
GLOBL runtime·heapEnd(SB), NOPTR, $8
GLOBL runtime·printBuffer(SB), NOPTR, $32

TEXT runtime·mallocinit<ABIInternal>(SB), NOSPLIT, $0-0
	// mmap(HEAP_BASE, HEAP_SIZE, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANON|MAP_FIXED, -1, 0)
	MOVQ $HEAP_BASE, DI
	MOVQ $HEAP_SIZE, SI
	MOVQ $3, DX
	MOVQ $0x32, R10
	MOVQ $-1, R8
	XORL R9, R9
	MOVQ $9, AX
	SYSCALL
	MOVQ AX, runtime·heapNext(SB)
	ADDQ $HEAP_SIZE, AX
	MOVQ AX, runtime·heapEnd(SB)
#ifdef RACE
	MOVQ runtime·heapNext(SB), AX
	MOVQ $HEAP_SIZE, BX
	CALL runtime·racemapshadow<ABIInternal>(SB)
#endif
	RET

// mallocgc(size): zeroed memory, 16-byte aligned.
TEXT runtime·mallocgc<ABIInternal>(SB), NOSPLIT, $8-0
	ADDQ $15, AX
	ANDQ $~15, AX
	MOVQ runtime·heapNext(SB), BX
	ADDQ BX, AX
	CMPQ AX, runtime·heapEnd(SB)
	JHI full
	MOVQ AX, runtime·heapNext(SB)
#ifdef RACE
	// The contents are new, so what was done there before is forgotten.
	MOVQ BX, 0(SP)
	SUBQ BX, AX
	XCHGQ AX, BX
	CALL runtime·racemalloc<ABIInternal>(SB)
	MOVQ 0(SP), BX
#endif
	MOVQ BX, AX
	RET
full:
	LEAQ outOfMemory<>(SB), AX
	MOVQ $27, BX
	CALL runtime·fatal<ABIInternal>(SB)
	RET

// write1(fd, p, n) int32
TEXT runtime·write1<ABIInternal>(SB), NOSPLIT, $0-0
	MOVQ AX, DI
	MOVQ BX, SI
	MOVLQSX CX, DX
	MOVQ $1, AX
	SYSCALL
	RET

// exit(code int32)
TEXT runtime·exit<ABIInternal>(SB), NOSPLIT|NOFRAME, $0-0
	MOVLQSX AX, DI
	MOVQ $231, AX
	SYSCALL
	INT $3

// fatal(s): says why and ends with status 2.
TEXT runtime·fatal<ABIInternal>(SB), NOSPLIT, $0-0
	CALL runtime·errstring<ABIInternal>(SB)
	MOVQ $2, AX
	CALL runtime·exit<ABIInternal>(SB)
	RET

// print: to standard error in Go; here to standard output, so that programs can show results without package fmt.
TEXT runtime·printstring<ABIInternal>(SB), NOSPLIT, $0-0
	MOVQ BX, CX
	MOVQ AX, BX
	MOVQ $1, AX
	CALL runtime·write1<ABIInternal>(SB)
	RET

TEXT runtime·printnl<ABIInternal>(SB), NOSPLIT, $0-0
	LEAQ newline<>(SB), AX
	MOVQ $1, BX
	CALL runtime·printstring<ABIInternal>(SB)
	RET

// printint(v): in decimal.
TEXT runtime·printint<ABIInternal>(SB), NOSPLIT, $0-0
	CALL decimal<>(SB)
	CALL runtime·printstring<ABIInternal>(SB)
	RET

// errstring(s): to standard error.
TEXT runtime·errstring<ABIInternal>(SB), NOSPLIT, $0-0
	MOVQ BX, CX
	MOVQ AX, BX
	MOVQ $2, AX
	CALL runtime·write1<ABIInternal>(SB)
	RET

// errint(v): in decimal, to standard error.
TEXT runtime·errint<ABIInternal>(SB), NOSPLIT, $0-0
	CALL decimal<>(SB)
	CALL runtime·errstring<ABIInternal>(SB)
	RET

// The digits of AX: address in AX, length in BX.
TEXT decimal<>(SB), NOSPLIT|NOFRAME, $0-0
	LEAQ runtime·printBuffer+32(SB), SI
	MOVQ AX, DI
	TESTQ AX, AX
	JPL digits
	NEGQ AX
digits:
	MOVQ $10, CX
next:
	XORL DX, DX
	DIVQ CX
	ADDQ $'0', DX
	DECQ SI
	MOVB DX, (SI)
	TESTQ AX, AX
	JNE next
	TESTQ DI, DI
	JPL out
	DECQ SI
	MOVB $'-', (SI)
out:
	LEAQ runtime·printBuffer+32(SB), BX
	SUBQ SI, BX
	MOVQ SI, AX
	RET

// errhex(v): 0x and hexadecimal digits, to standard error.
TEXT runtime·errhex<ABIInternal>(SB), NOSPLIT, $0-0
	LEAQ runtime·printBuffer+32(SB), SI
next:
	MOVQ AX, DX
	ANDQ $15, DX
	CMPQ DX, $10
	JLT digit
	ADDQ $('a'-10-'0'), DX
digit:
	ADDQ $'0', DX
	DECQ SI
	MOVB DX, (SI)
	SHRQ $4, AX
	JNE next
	DECQ SI
	MOVB $'x', (SI)
	DECQ SI
	MOVB $'0', (SI)
	LEAQ runtime·printBuffer+32(SB), BX
	SUBQ SI, BX
	MOVQ SI, AX
	CALL runtime·errstring<ABIInternal>(SB)
	RET

DATA newline<>+0(SB)/1, $"\n"
GLOBL newline<>(SB), RODATA, $1
DATA outOfMemory<>+0(SB)/27, $"fatal error: out of memory\n"
GLOBL outOfMemory<>(SB), RODATA, $27

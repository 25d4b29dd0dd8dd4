#include "textflag.h"

// Semaphores: a word that counts, and one queue of all who wait for some word.

GLOBL runtime·semroot(SB), NOPTR, $16

// semacquire(addr): takes one, or waits until somebody hands one over.
TEXT runtime·semacquire<ABIInternal>(SB), NOSPLIT, $64-0
	CMPL (AX), $0
	JEQ wait
	DECL (AX)
	RET
wait:
	MOVQ AX, SI
	LEAQ runtime·semroot(SB), AX
	LEAQ 8(SP), CX
	CALL runtime·enqueue(SB)
	MOVL $waitReasonSemacquire, AX
	CALL runtime·gopark<ABIInternal>(SB)
	RET

// semrelease(addr): gives one to the first who waits for this word; with nobody it is counted.
TEXT runtime·semrelease<ABIInternal>(SB), NOSPLIT, $0-0
	LEAQ runtime·semroot+waitq_first(SB), SI
	XORL R8, R8
next:
	MOVQ (SI), CX
	TESTQ CX, CX
	JEQ nobody
	CMPQ sudog_elem(CX), AX
	JEQ found
	MOVQ CX, R8
	LEAQ sudog_next(CX), SI
	JMP next
found:
	MOVQ sudog_next(CX), DX
	MOVQ DX, (SI)
	CMPQ CX, runtime·semroot+waitq_last(SB)
	JNE wake
	MOVQ R8, runtime·semroot+waitq_last(SB)
wake:
	MOVQ CX, AX
	CALL runtime·wake<ABIInternal>(SB)
	RET
nobody:
	INCL (AX)
	RET

#include "textflag.h"
#include "go.h"

// The Go sources are racy.go and mended.go.

GLOBL main·x(SB), NOPTR, $8

TEXT main·main<ABIInternal>(SB), NOSPLIT, $104-0
	MAKECHAN(0, a-8(SP))
	MAKECHAN(0, b-16(SP))
	GO(main·main·func1, a-8(SP))
	GO(main·main·func2, b-16(SP))
#ifdef MENDED
	// Whatever comes first: x is read when a has come.
	RECEIVE(a-8(SP), v-24(SP))
	PRINT(main·x(SB))
	RECEIVE(b-16(SP), v-24(SP))
#else
	// select { case <-a: case <-b: }
	MOVQ a-8(SP), AX
	MOVQ AX, cases-56(SP)
	LEAQ v-24(SP), CX
	MOVQ CX, elem0-48(SP)
	MOVQ b-16(SP), AX
	MOVQ AX, case1-40(SP)
	MOVQ CX, elem1-32(SP)
	LEAQ cases-56(SP), AX
	XORL BX, BX
	MOVL $2, CX
	MOVL $1, DI
	CALL runtime·selectgo<ABIInternal>(SB)
	MOVQ AX, chosen-64(SP)
	PRINT(main·x(SB))
	// The other one.
	CMPQ chosen-64(SP), $0
	JEQ second
	RECEIVE(a-8(SP), v-24(SP))
	RET
second:
	RECEIVE(b-16(SP), v-24(SP))
#endif
	RET

// func() { x = 42; a <- 0 }
TEXT main·main·func1<ABIInternal>(SB), NOSPLIT, $56-0
	MOVQ 8(DX), AX
	MOVQ AX, a-8(SP)
	MOVQ $42, main·x(SB)
	SEND(a-8(SP), v-16(SP))
	RET

// func() { b <- 0 }
TEXT main·main·func2<ABIInternal>(SB), NOSPLIT, $56-0
	MOVQ 8(DX), AX
	MOVQ AX, b-8(SP)
	SEND(b-8(SP), v-16(SP))
	RET

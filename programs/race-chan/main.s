#include "textflag.h"
#include "go.h"

// The Go sources are racy.go and mended.go.

GLOBL main·x(SB), NOPTR, $8

TEXT main·main<ABIInternal>(SB), NOSPLIT, $56-0
	MAKECHAN(0, c-8(SP))
	GO(main·main·func1, c-8(SP))
	// <-c; println(x)
	RECEIVE(c-8(SP), v-16(SP))
	PRINT(main·x(SB))
	RET

// func() { c <- 1; x = 42 }, mended: the other way round
TEXT main·main·func1<ABIInternal>(SB), NOSPLIT, $56-0
	MOVQ 8(DX), AX
	MOVQ AX, c-8(SP)
	MOVQ $1, v-16(SP)
#ifdef MENDED
	MOVQ $42, main·x(SB)
	SEND(c-8(SP), v-16(SP))
#else
	SEND(c-8(SP), v-16(SP))
	MOVQ $42, main·x(SB)
#endif
	RET

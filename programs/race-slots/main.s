#include "textflag.h"
#include "go.h"

// The Go sources are few.go, many.go and mended.go.

GLOBL main·x(SB), NOPTR, $8

#ifdef MANY
#define OTHERS COUNT
#else
#define OTHERS 10
#endif
#ifndef COUNT
#define COUNT 300
#endif

TEXT main·main<ABIInternal>(SB), NOSPLIT, $64-0
	MAKECHAN(0, c-8(SP))
	GO(main·main·func1, c-8(SP))
#ifdef MENDED
	RECEIVE(c-8(SP), v-16(SP))
#else
	GOSCHED
#endif
	// Each of them takes one of the 255 numbers that the detector has for goroutines.
	MOVQ $OTHERS, n-24(SP)
more:
	GO(main·main·func2, c-8(SP))
	GOSCHED
	DECQ n-24(SP)
	JNE more
	GO(main·main·func3, c-8(SP))
	RECEIVE(c-8(SP), v-16(SP))
#ifndef MENDED
	RECEIVE(c-8(SP), v-16(SP))
#endif
	PRINT(main·x(SB))
	RET

// func() { x = 1; c <- 0 }
TEXT main·main·func1<ABIInternal>(SB), NOSPLIT, $56-0
	MOVQ 8(DX), AX
	MOVQ AX, c-8(SP)
	MOVQ $1, main·x(SB)
	SEND(c-8(SP), v-16(SP))
	RET

TEXT main·main·func2<ABIInternal>(SB), NOSPLIT, $16-0
	GOSCHED
	RET

// func() { x++; c <- 0 }
TEXT main·main·func3<ABIInternal>(SB), NOSPLIT, $56-0
	MOVQ 8(DX), AX
	MOVQ AX, c-8(SP)
	INCQ main·x(SB)
	SEND(c-8(SP), v-16(SP))
	RET

#include "textflag.h"
#include "go.h"

// The Go sources are seen.go, unseen.go and mended.go.

GLOBL main·x(SB), NOPTR, $8

#ifdef UNSEEN
#define BYTE_OF_X 7
#else
#define BYTE_OF_X 0
#endif

TEXT main·main<ABIInternal>(SB), NOSPLIT, $56-0
	MAKECHAN(0, c-8(SP))
	GO(main·main·func1, c-8(SP))
#ifdef MENDED
	RECEIVE(c-8(SP), v-16(SP))
	MOVB $1, main·x+BYTE_OF_X(SB)
#else
	GOSCHED
	// *(*byte)(unsafe.Add(unsafe.Pointer(&x), BYTE_OF_X)) = 1
	MOVB $1, main·x+BYTE_OF_X(SB)
	RECEIVE(c-8(SP), v-16(SP))
#endif
	PRINT($1)
	RET

// func() { x = 42; c <- 0 }: eight bytes are written, and the first is told of
TEXT main·main·func1<ABIInternal>(SB), NOSPLIT, $56-0
	MOVQ 8(DX), AX
	MOVQ AX, c-8(SP)
	MOVQ $42, main·x(SB)
	SEND(c-8(SP), v-16(SP))
	RET

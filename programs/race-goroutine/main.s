#include "textflag.h"
#include "go.h"

// The Go sources are racy.go and mended.go.

GLOBL main·before(SB), NOPTR, $8
GLOBL main·after(SB), NOPTR, $8

TEXT main·main<ABIInternal>(SB), NOSPLIT, $56-0
	MAKECHAN(0, c-8(SP))
	// A goroutine sees what was done before its go statement.
	MOVQ $1, main·before(SB)
	GO(main·main·func1, c-8(SP))
#ifdef MENDED
	RECEIVE(c-8(SP), v-16(SP))
#else
	// It has ended by now, but nothing says so.
	GOSCHED
#endif
	PRINT(main·after(SB))
	RET

// func() { after = before + 1 }, mended: and close(c)
TEXT main·main·func1<ABIInternal>(SB), NOSPLIT, $56-0
	MOVQ 8(DX), AX
	MOVQ AX, c-8(SP)
	MOVQ main·before(SB), CX
	INCQ CX
	MOVQ CX, main·after(SB)
#ifdef MENDED
	CLOSE(c-8(SP))
#endif
	RET

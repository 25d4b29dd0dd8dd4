#include "textflag.h"
#include "go.h"

// The Go sources are racy.go, misuse.go and mended.go.

GLOBL main·x(SB), NOPTR, $8

TEXT main·main<ABIInternal>(SB), NOSPLIT, $56-0
	NEW(WaitGroup__size, wg-8(SP))
#ifndef MISUSE
	ADD(wg-8(SP), 1)
#endif
	GO(main·main·func1, wg-8(SP))
#ifdef MISUSE
	// It has added by now, but nothing says so.
	GOSCHED
#endif
	WAIT(wg-8(SP))
	PRINT(main·x(SB))
	RET

TEXT main·main·func1<ABIInternal>(SB), NOSPLIT, $56-0
	MOVQ 8(DX), AX
	MOVQ AX, wg-8(SP)
#ifdef MISUSE
	// wg.Add(1); runtime.Gosched(); x = 42; wg.Done()
	ADD(wg-8(SP), 1)
	GOSCHED
#endif
#ifdef RACY
	// wg.Done(); x = 42
	DONE(wg-8(SP))
	MOVQ $42, main·x(SB)
#else
	MOVQ $42, main·x(SB)
	DONE(wg-8(SP))
#endif
	RET

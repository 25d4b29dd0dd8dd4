#include "textflag.h"
#include "go.h"

// The Go sources are racy.go, hidden.go and mended.go.

GLOBL main·x(SB), NOPTR, $8

TEXT main·main<ABIInternal>(SB), NOSPLIT, $56-0
	NEW(WaitGroup__size, wg-8(SP))
	NEW(Mutex__size, mu-16(SP))
	ADD(wg-8(SP), 2)
	// The goroutine that was created last runs first.
#ifdef HIDDEN
	GO2(main·main·func2, wg-8(SP), mu-16(SP))
	GO2(main·main·func1, wg-8(SP), mu-16(SP))
#else
	GO2(main·main·func1, wg-8(SP), mu-16(SP))
	GO2(main·main·func2, wg-8(SP), mu-16(SP))
#endif
	WAIT(wg-8(SP))
	PRINT(main·x(SB))
	RET

// func() { x++; mu.Lock(); mu.Unlock(); wg.Done() }, mended: x++ under the lock
TEXT main·main·func1<ABIInternal>(SB), NOSPLIT, $56-0
	MOVQ 8(DX), AX
	MOVQ AX, wg-8(SP)
	MOVQ 16(DX), AX
	MOVQ AX, mu-16(SP)
#ifndef MENDED
	INCQ main·x(SB)
#endif
	LOCK(mu-16(SP))
#ifdef MENDED
	INCQ main·x(SB)
#endif
	UNLOCK(mu-16(SP))
	DONE(wg-8(SP))
	RET

// func() { mu.Lock(); x++; mu.Unlock(); wg.Done() }
TEXT main·main·func2<ABIInternal>(SB), NOSPLIT, $56-0
	MOVQ 8(DX), AX
	MOVQ AX, wg-8(SP)
	MOVQ 16(DX), AX
	MOVQ AX, mu-16(SP)
	LOCK(mu-16(SP))
	INCQ main·x(SB)
	UNLOCK(mu-16(SP))
	DONE(wg-8(SP))
	RET

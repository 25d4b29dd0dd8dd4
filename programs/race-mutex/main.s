#include "textflag.h"
#include "go.h"

// The Go sources are racy.go and mended.go.

GLOBL main·balance(SB), NOPTR, $8

TEXT main·main<ABIInternal>(SB), NOSPLIT, $56-0
	NEW(WaitGroup__size, wg-8(SP))
	NEW(Mutex__size, mu-16(SP))
	ADD(wg-8(SP), 2)
	GO2(main·main·func1, wg-8(SP), mu-16(SP))
	GO2(main·main·func2, wg-8(SP), mu-16(SP))
	WAIT(wg-8(SP))
	PRINT(main·balance(SB))
	RET

// func() { mu.Lock(); balance += 10; mu.Unlock(); wg.Done() }
TEXT main·main·func1<ABIInternal>(SB), NOSPLIT, $56-0
	MOVQ 8(DX), AX
	MOVQ AX, wg-8(SP)
	MOVQ 16(DX), AX
	MOVQ AX, mu-16(SP)
	LOCK(mu-16(SP))
	ADDQ $10, main·balance(SB)
	UNLOCK(mu-16(SP))
	DONE(wg-8(SP))
	RET

// The same, in the racy variant without the mutex.
TEXT main·main·func2<ABIInternal>(SB), NOSPLIT, $56-0
	MOVQ 8(DX), AX
	MOVQ AX, wg-8(SP)
	MOVQ 16(DX), AX
	MOVQ AX, mu-16(SP)
#ifdef MENDED
	LOCK(mu-16(SP))
#endif
	ADDQ $20, main·balance(SB)
#ifdef MENDED
	UNLOCK(mu-16(SP))
#endif
	DONE(wg-8(SP))
	RET

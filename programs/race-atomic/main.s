#include "textflag.h"
#include "go.h"

// The Go sources are racy.go and mended.go.

GLOBL main·n(SB), NOPTR, $8

#define ATOMIC_ADD(delta) LEAQ main·n(SB), AX; MOVL $delta, BX; CALL sync∕atomic·AddInt64<ABIInternal>(SB)

TEXT main·main<ABIInternal>(SB), NOSPLIT, $56-0
	NEW(WaitGroup__size, wg-8(SP))
	ADD(wg-8(SP), 2)
	GO(main·main·func1, wg-8(SP))
	GO(main·main·func2, wg-8(SP))
	WAIT(wg-8(SP))
	PRINT(main·n(SB))
	RET

// func() { count(); wg.Done() }
TEXT main·main·func1<ABIInternal>(SB), NOSPLIT, $56-0
	MOVQ 8(DX), AX
	MOVQ AX, wg-8(SP)
	CALL main·count<ABIInternal>(SB)
	DONE(wg-8(SP))
	RET

// atomic.AddInt64(&n, 1)
TEXT main·count<ABIInternal>(SB), NOSPLIT, $16-0
	ATOMIC_ADD(1)
	RET

// func() { n++; wg.Done() }
TEXT main·main·func2<ABIInternal>(SB), NOSPLIT, $56-0
	MOVQ 8(DX), AX
	MOVQ AX, wg-8(SP)
#ifdef MENDED
	CALL main·count<ABIInternal>(SB)
#else
	INCQ main·n(SB)
#endif
	DONE(wg-8(SP))
	RET

#include "textflag.h"
#include "go.h"

// The Go sources are racy.go and mended.go. What is wrong is no data race.

GLOBL main·n(SB), NOPTR, $8

TEXT main·main<ABIInternal>(SB), NOSPLIT, $56-0
	NEW(WaitGroup__size, wg-8(SP))
	ADD(wg-8(SP), 2)
	GO(main·main·func1, wg-8(SP))
	GO(main·main·func1, wg-8(SP))
	WAIT(wg-8(SP))
	PRINT(main·n(SB))
	RET

TEXT main·main·func1<ABIInternal>(SB), NOSPLIT, $56-0
	MOVQ 8(DX), AX
	MOVQ AX, wg-8(SP)
#ifdef MENDED
	// atomic.AddInt64(&n, 1)
	LEAQ main·n(SB), AX
	MOVL $1, BX
	CALL sync∕atomic·AddInt64<ABIInternal>(SB)
	GOSCHED
#else
	// v := atomic.LoadInt64(&n); runtime.Gosched(); atomic.StoreInt64(&n, v+1)
	LEAQ main·n(SB), AX
	CALL sync∕atomic·LoadInt64<ABIInternal>(SB)
	MOVQ AX, v-16(SP)
	GOSCHED
	MOVQ v-16(SP), BX
	INCQ BX
	LEAQ main·n(SB), AX
	CALL sync∕atomic·StoreInt64<ABIInternal>(SB)
#endif
	DONE(wg-8(SP))
	RET

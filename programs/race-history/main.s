#include "textflag.h"
#include "go.h"

// The Go sources are recent.go, lost.go and mended.go.

GLOBL main·x(SB), NOPTR, $8

#ifdef LOST
#define CALLS 40000
#else
#define CALLS 1000
#endif

TEXT main·main<ABIInternal>(SB), NOSPLIT, $56-0
	MAKECHAN(0, c-8(SP))
	GO(main·main·func1, c-8(SP))
#ifdef MENDED
	RECEIVE(c-8(SP), v-16(SP))
	INCQ main·x(SB)
#else
	GOSCHED
	INCQ main·x(SB)
	RECEIVE(c-8(SP), v-16(SP))
#endif
	PRINT(main·x(SB))
	RET

// func() { x = 1; for range CALLS { work() }; c <- 0 }: each call and each return is an event
TEXT main·main·func1<ABIInternal>(SB), NOSPLIT, $64-0
	MOVQ 8(DX), AX
	MOVQ AX, c-8(SP)
	MOVQ $1, main·x(SB)
	MOVQ $CALLS, n-24(SP)
again:
	CALL main·work<ABIInternal>(SB)
	DECQ n-24(SP)
	JNE again
	SEND(c-8(SP), v-16(SP))
	RET

TEXT main·work<ABIInternal>(SB), NOSPLIT, $0-0
	CALL main·nothing<ABIInternal>(SB)
	RET

TEXT main·nothing<ABIInternal>(SB), NOSPLIT, $0-0
	RET

#include "textflag.h"
#include "go.h"

// The Go sources are racy.go and mended.go.

GLOBL main·n(SB), NOPTR, $8

#ifdef MENDED
#define ROOM 1
#else
#define ROOM 2
#endif

TEXT main·main<ABIInternal>(SB), NOSPLIT, $56-0
	NEW(WaitGroup__size, wg-8(SP))
	// lock := make(chan int, ROOM)
	MAKECHAN(ROOM, lock-16(SP))
	ADD(wg-8(SP), 2)
	GO2(main·main·func1, wg-8(SP), lock-16(SP))
	GO2(main·main·func1, wg-8(SP), lock-16(SP))
	WAIT(wg-8(SP))
	PRINT(main·n(SB))
	RET

// func() { lock <- 0; n++; <-lock; wg.Done() }
TEXT main·main·func1<ABIInternal>(SB), NOSPLIT, $64-0
	MOVQ 8(DX), AX
	MOVQ AX, wg-8(SP)
	MOVQ 16(DX), AX
	MOVQ AX, lock-16(SP)
	MOVQ $0, v-24(SP)
	SEND(lock-16(SP), v-24(SP))
	INCQ main·n(SB)
	RECEIVE(lock-16(SP), v-24(SP))
	DONE(wg-8(SP))
	RET

#include "textflag.h"
#include "go.h"

// The Go sources are racy.go and mended.go.

TEXT main·main<ABIInternal>(SB), NOSPLIT, $72-0
	// var wg sync.WaitGroup
	NEW(WaitGroup__size, wg-8(SP))
	// var i int, on the heap: the goroutines hold its address
	NEW(8, i-16(SP))
	MOVQ i-16(SP), CX
	MOVQ $0, (CX)
next:
	// i < 3
	MOVQ i-16(SP), CX
	CMPQ (CX), $3
	JGE started
	ADD(wg-8(SP), 1)
#ifdef MENDED
	// i := i: a variable of this round
	MOVQ i-16(SP), CX
	MOVQ (CX), CX
	MOVQ CX, n-24(SP)
	NEW(8, own-32(SP))
	MOVQ n-24(SP), CX
	MOVQ own-32(SP), AX
	MOVQ CX, (AX)
	GO2(main·main·func1, wg-8(SP), own-32(SP))
#else
	GO2(main·main·func1, wg-8(SP), i-16(SP))
#endif
	// i++
	MOVQ i-16(SP), CX
	INCQ (CX)
	JMP next
started:
	WAIT(wg-8(SP))
	RET

// func() { println(i); wg.Done() }
TEXT main·main·func1<ABIInternal>(SB), NOSPLIT, $56-0
	MOVQ 8(DX), AX
	MOVQ AX, wg-8(SP)
	MOVQ 16(DX), AX
	MOVQ AX, i-16(SP)
	MOVQ i-16(SP), CX
	PRINT((CX))
	DONE(wg-8(SP))
	RET

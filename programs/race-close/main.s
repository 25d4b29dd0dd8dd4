#include "textflag.h"
#include "go.h"

// The Go sources are racy.go and mended.go.

TEXT main·main<ABIInternal>(SB), NOSPLIT, $56-0
	// c := make(chan int, 1)
	MAKECHAN(1, c-8(SP))
	GO(main·main·func1, c-8(SP))
#ifdef MENDED
	RECEIVE(c-8(SP), v-16(SP))
#else
	// It has sent by now, but nothing says so.
	GOSCHED
#endif
	CLOSE(c-8(SP))
	PRINT($1)
	RET

// func() { c <- 1 }
TEXT main·main·func1<ABIInternal>(SB), NOSPLIT, $56-0
	MOVQ 8(DX), AX
	MOVQ AX, c-8(SP)
	MOVQ $1, v-16(SP)
	SEND(c-8(SP), v-16(SP))
	RET

#include "textflag.h"
#include "go.h"

// The Go sources are racy.go and mended.go.

GLOBL main·a(SB), NOPTR, $16
GLOBL main·done(SB), NOPTR, $8
DATA hello<>+0(SB)/12, $"hello, world"
GLOBL hello<>(SB), RODATA, $12

TEXT main·main<ABIInternal>(SB), NOSPLIT, $56-0
#ifdef MENDED
	// c := make(chan int)
	MAKECHAN(0, c-8(SP))
	GO(main·setup, c-8(SP))
	// <-c
	RECEIVE(c-8(SP), v-16(SP))
#else
	GO(main·setup, c-8(SP))
wait:
	// for !done { runtime.Gosched() }
	CMPB main·done(SB), $0
	JNE set
	GOSCHED
	JMP wait
set:
#endif
	// println(a): a string is told of by its first byte
	RACEREAD main·a(SB), $16, $1
	MOVQ main·a(SB), AX
	MOVQ main·a+8(SB), BX
	CALL runtime·printstring<ABIInternal>(SB)
	CALL runtime·printnl<ABIInternal>(SB)
	RET

TEXT main·setup<ABIInternal>(SB), NOSPLIT, $56-0
	MOVQ 8(DX), AX
	MOVQ AX, c-8(SP)
	// a = "hello, world"
	LEAQ hello<>(SB), CX
	RACEWRITE main·a(SB), $16, $1
	MOVQ CX, main·a(SB)
	MOVQ $12, main·a+8(SB)
#ifdef MENDED
	CLOSE(c-8(SP))
#else
	MOVB $1, main·done(SB)
#endif
	RET

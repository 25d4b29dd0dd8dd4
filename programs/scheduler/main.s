#include "textflag.h"

// c := make(chan int)
// go func() { c <- 10; c <- 20 }()
// println(<-c)
// runtime.Gosched()
// println(<-c)
TEXT main·main<ABIInternal>(SB), NOSPLIT, $40-0
	MOVL $8, AX
	XORL BX, BX
	CALL runtime·makechan<ABIInternal>(SB)
	MOVQ AX, 24(SP)
	MOVQ $16, AX
	CALL runtime·mallocgc<ABIInternal>(SB)
	LEAQ main·produce<ABIInternal>(SB), CX
	MOVQ CX, (AX)
	MOVQ 24(SP), CX
	MOVQ CX, 8(AX)
	CALL runtime·newproc<ABIInternal>(SB)
	MOVQ 24(SP), AX
	LEAQ 32(SP), BX
	CALL runtime·chanrecv1<ABIInternal>(SB)
	MOVQ 32(SP), AX
	CALL runtime·printint<ABIInternal>(SB)
	CALL runtime·printnl<ABIInternal>(SB)
	CALL runtime·Gosched<ABIInternal>(SB)
	MOVQ 24(SP), AX
	LEAQ 32(SP), BX
	CALL runtime·chanrecv1<ABIInternal>(SB)
	MOVQ 32(SP), AX
	CALL runtime·printint<ABIInternal>(SB)
	CALL runtime·printnl<ABIInternal>(SB)
	RET

// The goroutine: DX is its closure, with c behind the code's address.
TEXT main·produce<ABIInternal>(SB), NOSPLIT, $32-0
	MOVQ 8(DX), AX
	MOVQ AX, 24(SP)
	MOVQ $10, 16(SP)
	LEAQ 16(SP), BX
	CALL runtime·chansend1<ABIInternal>(SB)
	MOVQ 24(SP), AX
	MOVQ $20, 16(SP)
	LEAQ 16(SP), BX
	CALL runtime·chansend1<ABIInternal>(SB)
	RET

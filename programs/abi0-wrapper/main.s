#include "textflag.h"

// add and apply are assembly in Go's stable convention, ABI0: arguments and results on the stack, R14 and X15 free to use. main and square are
// what the compiler makes: ABIInternal. The wrappers between them are made when the program is linked.

TEXT main·main<ABIInternal>(SB), NOSPLIT, $16-0
	// println(add(40, 2))
	MOVQ $40, AX
	MOVQ $2, BX
	CALL main·add<ABIInternal>(SB)
	CALL runtime·printint<ABIInternal>(SB)
	CALL runtime·printnl<ABIInternal>(SB)
	// println(apply(7))
	MOVQ $7, AX
	CALL main·apply<ABIInternal>(SB)
	CALL runtime·printint<ABIInternal>(SB)
	CALL runtime·printnl<ABIInternal>(SB)
	RET

// Assembly that was written before Go had register arguments: R14 is nothing but a register to it, and so is X15.
TEXT main·add(SB), NOSPLIT, $0-24
	MOVQ a+0(FP), R14
	ADDQ b+8(FP), R14
	PCMPEQL X15, X15
	MOVQ R14, ret+16(FP)
	RET

// Assembly that calls Go: through a wrapper the other way round.
TEXT main·apply(SB), NOSPLIT, $16-16
	MOVQ n+0(FP), AX
	MOVQ AX, 0(SP)
	CALL main·square(SB)
	MOVQ 8(SP), AX
	MOVQ AX, ret+8(FP)
	RET

TEXT main·square<ABIInternal>(SB), NOSPLIT, $0-0
	IMULQ AX, AX
	RET

#include "textflag.h"

TEXT ·good(SB), NOSPLIT|NOFRAME, $0-0
	MOVLQSX (DI), AX
	MOVLQSX (SI), CX
	SUBQ CX, AX
	RET

// R12 is the caller's.
TEXT ·bad(SB), NOSPLIT|NOFRAME, $0-0
	MOVLQSX (DI), R12
	MOVLQSX (SI), CX
	SUBQ CX, R12
	MOVQ R12, AX
	RET

TEXT ·Good(SB), NOSPLIT, $0-8
	LEAQ ·good(SB), AX
	MOVQ AX, ret+0(FP)
	RET

TEXT ·Bad(SB), NOSPLIT, $0-8
	LEAQ ·bad(SB), AX
	MOVQ AX, ret+0(FP)
	RET

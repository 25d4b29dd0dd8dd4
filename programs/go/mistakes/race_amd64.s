//go:build race && !go1.27

#include "textflag.h"

// What -race puts into functions, by hand: a call of racefuncenter, and its end.

TEXT ·paired(SB), NOSPLIT, $8-16
	MOVQ retpc-8(FP), AX
	MOVQ AX, 0(SP)
	CALL runtime·racefuncenter(SB)
	CALL runtime·racefuncexit(SB)
	MOVQ v+0(FP), AX
	MOVQ AX, ret+8(FP)
	RET

TEXT ·unpaired(SB), NOSPLIT, $8-16
	MOVQ retpc-8(FP), AX
	MOVQ AX, 0(SP)
	CALL runtime·racefuncenter(SB)
	MOVQ v+0(FP), AX
	MOVQ AX, ret+8(FP)
	RET

// Goes on in another function of the same frame.
TEXT ·jumpsOn(SB), NOSPLIT|NOFRAME, $0-16
	MOVQ 0(SP), AX
	PUSHQ AX
	CALL runtime·racefuncenter(SB)
	POPQ AX
	JMP ·goesOn(SB)

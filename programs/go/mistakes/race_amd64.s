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

// Its call is opened, and is left without a return: the RET in its place is another function's, and goes elsewhere.
TEXT ·replaced(SB), NOSPLIT|NOFRAME, $0-16
	CALL opened<>(SB)
	RET

TEXT opened<>(SB), NOSPLIT|NOFRAME, $0-0
	MOVQ 0(SP), AX
	PUSHQ AX
	CALL runtime·racefuncenter(SB)
	POPQ AX
	LEAQ instead<>(SB), AX
	JMP AX

TEXT instead<>(SB), NOSPLIT|NOFRAME, $0-0
	LEAQ goesBack<>(SB), AX
	MOVQ AX, 0(SP)
	RET

TEXT goesBack<>(SB), NOSPLIT|NOFRAME, $0-0
	MOVQ 8(SP), AX
	MOVQ AX, 16(SP)
	RET

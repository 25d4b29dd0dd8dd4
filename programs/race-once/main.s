#include "textflag.h"
#include "go.h"

// The Go sources are racy.go and mended.go.

GLOBL main·once(SB), NOPTR, $16
GLOBL main·done(SB), NOPTR, $8
GLOBL main·x(SB), NOPTR, $8
DATA setup·f<>+0(SB)/8, $main·setup<ABIInternal>(SB)
GLOBL setup·f<>(SB), RODATA, $8

TEXT main·main<ABIInternal>(SB), NOSPLIT, $56-0
	NEW(WaitGroup__size, wg-8(SP))
	ADD(wg-8(SP), 2)
	GO(main·main·func1, wg-8(SP))
	GO(main·main·func1, wg-8(SP))
	WAIT(wg-8(SP))
	RET

TEXT main·main·func1<ABIInternal>(SB), NOSPLIT, $56-0
	MOVQ 8(DX), AX
	MOVQ AX, wg-8(SP)
#ifdef MENDED
	// once.Do(setup)
	LEAQ main·once(SB), AX
	LEAQ setup·f<>(SB), BX
	CALL sync·ᐸOnceᐳ·Do<ABIInternal>(SB)
#else
	// if !done { done = true; setup() }
	CMPB main·done(SB), $0
	JNE there
	MOVB $1, main·done(SB)
	CALL main·setup<ABIInternal>(SB)
there:
#endif
	PRINT(main·x(SB))
	DONE(wg-8(SP))
	RET

TEXT main·setup<ABIInternal>(SB), NOSPLIT, $0-0
	MOVQ $42, main·x(SB)
	RET

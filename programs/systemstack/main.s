#include "textflag.h"

GLOBL main·count(SB), NOPTR, $8

// systemstack(onG0); mcall(back); println(count)
TEXT main·main<ABIInternal>(SB), NOSPLIT, $16-0
	LEAQ onG0·f<>(SB), AX
	MOVQ AX, 0(SP)
	CALL runtime·systemstack(SB)
	LEAQ back·f<>(SB), AX
	CALL runtime·mcall<ABIInternal>(SB)
	MOVQ main·count(SB), AX
	CALL runtime·printint<ABIInternal>(SB)
	CALL runtime·printnl<ABIInternal>(SB)
	RET

// Runs on g0, and asks for g0 once more.
TEXT main·onG0<ABIInternal>(SB), NOSPLIT, $16-0
	INCQ main·count(SB)
	LEAQ again·f<>(SB), AX
	MOVQ AX, 0(SP)
	CALL runtime·systemstack(SB)
	RET

TEXT main·again<ABIInternal>(SB), NOSPLIT, $0-0
	INCQ main·count(SB)
	RET

// back(gp): runs on g0 with the goroutine saved in gp.sched, and goes on there. Does not return.
TEXT main·back<ABIInternal>(SB), NOSPLIT, $0-8
	MOVQ AX, gp+0(FP)
	INCQ main·count(SB)
	LEAQ g_sched(AX), AX
	CALL runtime·gogo<ABIInternal>(SB)
	RET

DATA onG0·f<>+0(SB)/8, $main·onG0<ABIInternal>(SB)
GLOBL onG0·f<>(SB), RODATA, $8
DATA again·f<>+0(SB)/8, $main·again<ABIInternal>(SB)
GLOBL again·f<>(SB), RODATA, $8
DATA back·f<>+0(SB)/8, $main·back<ABIInternal>(SB)
GLOBL back·f<>(SB), RODATA, $8

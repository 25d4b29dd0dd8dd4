#include "textflag.h"

// func load(p *int) int { defer func() { if recover() != nil { result = -1 } }(); return *p }: println(load(&answer)); println(load(nil))
TEXT main·main<ABIInternal>(SB), NOSPLIT, $8-0
#ifndef FATAL
	CALL runtime·catch<ABIInternal>(SB)
#endif
	LEAQ answer<>(SB), AX
	CALL main·load<ABIInternal>(SB)
	CALL println<>(SB)
	MOVQ $0, AX
	CALL main·load<ABIInternal>(SB)
	CALL println<>(SB)
	RET

TEXT main·load<ABIInternal>(SB), NOSPLIT, $8-8
	MOVQ (AX), AX
	RET

TEXT println<>(SB), NOSPLIT, $0-0
	CALL runtime·printint<ABIInternal>(SB)
	CALL runtime·printnl<ABIInternal>(SB)
	RET

DATA answer<>+0(SB)/8, $42
GLOBL answer<>(SB), RODATA, $8

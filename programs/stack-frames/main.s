#include "textflag.h"

#ifdef OVERRUN
#define COUNT $6
#else
#ifdef CUT
#define COUNT $5
#else
#define COUNT $4
#endif
#endif

// println(outer(3))
TEXT main·main<ABIInternal>(SB), NOSPLIT, $0-0
	MOVQ $3, AX
	CALL main·outer<ABIInternal>(SB)
	CALL runtime·printint<ABIInternal>(SB)
	CALL runtime·printnl<ABIInternal>(SB)
	RET

// func outer(n int) int { kept := n; return inner(n+1) + kept }
TEXT main·outer<ABIInternal>(SB), NOSPLIT, $8-8
	MOVQ AX, kept-8(SP)
	INCQ AX
	CALL main·inner<ABIInternal>(SB)
	ADDQ kept-8(SP), AX
	RET

// func inner(n int) int { var list [4]int; for i := range list { list[i] = n - i }; return leaf(list[3]) }
// The other builds count too far: by one, and by two.
TEXT main·inner<ABIInternal>(SB), NOSPLIT, $32-8
	LEAQ list-32(SP), BX
	MOVQ $0, CX
next:
	MOVQ AX, (BX)(CX*8)
	DECQ AX
	INCQ CX
	CMPQ CX, COUNT
	JLT next
	MOVQ list-8(SP), AX
	CALL main·leaf<ABIInternal>(SB)
	RET

// func leaf(n int) int { return n + 1 }: calls nobody and has no variables, so it needs no frame.
TEXT main·leaf<ABIInternal>(SB), NOSPLIT|NOFRAME, $0-8
	INCQ AX
	RET

#include "textflag.h"

// println(sum(100)); println(size of this goroutine's stack)
TEXT main·main<ABIInternal>(SB), NOSPLIT, $16-0
	MOVQ $100, AX
	CALL main·sum<ABIInternal>(SB)
	CALL runtime·printint<ABIInternal>(SB)
	CALL runtime·printnl<ABIInternal>(SB)
	MOVQ (g_stack+stack_hi)(R14), AX
	SUBQ g_stack(R14), AX
	CALL runtime·printint<ABIInternal>(SB)
	CALL runtime·printnl<ABIInternal>(SB)
	RET

// func sum(n int) int { if n == 0 { return 0 }; return sum(n-1) + n }, with a large frame. It is not NOSPLIT: the prologue compares SP with
// g.stackguard0 and calls morestack, which nobody has written here.
TEXT main·sum<ABIInternal>(SB), 0, $112-8
	MOVQ AX, n+0(FP)
	TESTQ AX, AX
	JEQ done
	DECQ AX
	CALL main·sum<ABIInternal>(SB)
	ADDQ n+0(FP), AX
done:
	RET

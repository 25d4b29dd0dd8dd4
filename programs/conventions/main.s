#include "textflag.h"

// answer := helper(41); println(answer)
TEXT main·main<ABIInternal>(SB), NOSPLIT, $24-0
	MOVQ $41, AX
	CALL main·helper<ABIInternal>(SB)
	CALL runtime·printint<ABIInternal>(SB)
	CALL runtime·printnl<ABIInternal>(SB)
	RET

// func helper(n int) int: somebody's assembly, called by Go under its own convention. Each build breaks one rule of it.
TEXT main·helper<ABIInternal>(SB), NOSPLIT|NOFRAME, $0-8
#ifdef POINTER
	// A leaf without a frame takes BP for a register like any other.
	MOVQ AX, BP
	INCQ BP
	MOVQ BP, AX
	RET
#else
#ifdef FRAME
	// Room for a local, which is never given back.
	SUBQ $8, SP
	MOVQ $0, (SP)
	INCQ AX
	RET
#else
#ifdef ALIGNMENT
	// C is called on a stack that is 8 bytes off.
	MOVQ SP, R12
	ANDQ $~15, SP
	SUBQ $8, SP
	MOVQ AX, DI
	CALL increment(SB)
	MOVQ R12, SP
	RET
#else
	INCQ AX
#ifdef GOROUTINE
	// R14 is free in assembly, or so it is thought.
	MOVQ AX, R14
#endif
#ifdef ZERO
	// X15 is used, and left as it is.
	PCMPEQB X15, X15
#endif
#ifdef DIRECTION
	// A copy downwards, after which nobody has thought of CLD.
	STD
#endif
	RET
#endif
#endif
#endif

// uint64_t increment(uint64_t n): C, which needs no alignment itself. The next compiler's may.
TEXT increment(SB), NOSPLIT, $0-0
	LEAQ 1(DI), AX
	RET

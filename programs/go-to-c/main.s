#include "textflag.h"

// req := request{&values[0], 4, 0}; asmcgocall(sum, &req); println(req.total)
TEXT main·main<ABIInternal>(SB), NOSPLIT, $40-0
	MOVQ $request__size, AX
	CALL runtime·mallocgc<ABIInternal>(SB)
	MOVQ AX, 32(SP)
	LEAQ values<>(SB), CX
	MOVQ CX, request_values(AX)
	MOVQ $4, request_n(AX)
	MOVQ AX, BX
	LEAQ sum(SB), AX
	CALL runtime·asmcgocall<ABIInternal>(SB)
	MOVQ 32(SP), AX
	MOVQ request_total(AX), AX
	CALL runtime·printint<ABIInternal>(SB)
	CALL runtime·printnl<ABIInternal>(SB)
	RET

// The C side, as a C compiler makes it: System V, no frame pointer.

// void sum(struct request *req): keeps the index in RBX, the request in RBP and the total in R12 across the calls of add.
TEXT sum(SB), NOSPLIT, $0-0
	PUSHQ BX
	PUSHQ BP
	PUSHQ R12
	SUBQ $16, SP
	MOVQ DI, BP
	XORL BX, BX
	XORL R12, R12
	// A local of 16 bytes, cleared at once: the compiler knows that SP is a multiple of 16 here.
	XORPS X0, X0
	MOVAPS X0, 0(SP)
next:
	CMPQ BX, request_n(BP)
	JCC done
	MOVQ R12, DI
	MOVQ request_values(BP), AX
	MOVQ (AX)(BX*8), SI
	CALL add(SB)
	MOVQ AX, R12
	INCQ BX
	JMP next
done:
	MOVQ R12, request_total(BP)
	ADDQ $16, SP
	POPQ R12
	POPQ BP
	POPQ BX
	RET

// uint64_t add(uint64_t total, uint64_t value): a leaf. Its locals lie in the red zone, the 128 bytes below SP that System V leaves alone.
TEXT add(SB), NOSPLIT, $0-0
	MOVQ DI, -8(SP)
	MOVQ SI, -16(SP)
#ifdef CLOBBERS
	// RBX is the caller's: it must be pushed first, and is not.
	MOVQ SI, BX
#endif
	MOVQ -8(SP), AX
	ADDQ -16(SP), AX
	RET

DATA values<>+0(SB)/8, $1
DATA values<>+8(SB)/8, $9
DATA values<>+16(SB)/8, $12
DATA values<>+24(SB)/8, $20
GLOBL values<>(SB), RODATA, $32

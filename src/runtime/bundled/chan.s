#include "textflag.h"

// Unbuffered channels of one word.

// makechan(size) *hchan
TEXT runtime·makechan<ABIInternal>(SB), NOSPLIT, $0-0
	MOVQ $hchan__size, AX
	CALL runtime·mallocgc<ABIInternal>(SB)
	MOVW $8, hchan_elemsize(AX)
	RET

// chansend1(c, elem): waits for a receiver.
TEXT runtime·chansend1<ABIInternal>(SB), NOSPLIT, $48-0
	MOVQ AX, c+0(FP)
	MOVQ BX, elem+8(FP)
	MOVQ (hchan_recvq+waitq_first)(AX), CX
	TESTQ CX, CX
	JEQ wait
	// A receiver waits: its element, then it may run.
	MOVQ sudog_next(CX), DX
	MOVQ DX, (hchan_recvq+waitq_first)(AX)
	MOVQ (BX), DX
	MOVQ sudog_elem(CX), SI
	MOVQ DX, (SI)
	MOVQ sudog_g(CX), AX
	CALL runtime·goready<ABIInternal>(SB)
	RET
wait:
	LEAQ 16(SP), CX
	MOVQ R14, sudog_g(CX)
	MOVQ $0, sudog_next(CX)
	MOVQ BX, sudog_elem(CX)
	LEAQ hchan_sendq(AX), AX
	CALL enqueue<>(SB)
	MOVL $waitReasonChanSend, AX
	CALL runtime·gopark<ABIInternal>(SB)
	RET

// chanrecv1(c, elem): waits for a sender.
TEXT runtime·chanrecv1<ABIInternal>(SB), NOSPLIT, $48-0
	MOVQ AX, c+0(FP)
	MOVQ BX, elem+8(FP)
	MOVQ (hchan_sendq+waitq_first)(AX), CX
	TESTQ CX, CX
	JEQ wait
	MOVQ sudog_next(CX), DX
	MOVQ DX, (hchan_sendq+waitq_first)(AX)
	MOVQ sudog_elem(CX), SI
	MOVQ (SI), DX
	MOVQ DX, (BX)
	MOVQ sudog_g(CX), AX
	CALL runtime·goready<ABIInternal>(SB)
	RET
wait:
	LEAQ 16(SP), CX
	MOVQ R14, sudog_g(CX)
	MOVQ $0, sudog_next(CX)
	MOVQ BX, sudog_elem(CX)
	LEAQ hchan_recvq(AX), AX
	CALL enqueue<>(SB)
	MOVL $waitReasonChanReceive, AX
	CALL runtime·gopark<ABIInternal>(SB)
	RET

// Puts the sudog CX at the end of the queue AX.
TEXT enqueue<>(SB), NOSPLIT|NOFRAME, $0-0
	MOVQ waitq_first(AX), DX
	TESTQ DX, DX
	JNE behind
	MOVQ CX, waitq_first(AX)
	MOVQ CX, waitq_last(AX)
	RET
behind:
	MOVQ waitq_last(AX), DX
	MOVQ CX, sudog_next(DX)
	MOVQ CX, waitq_last(AX)
	RET

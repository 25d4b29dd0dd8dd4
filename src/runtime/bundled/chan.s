#include "textflag.h"

// Channels, of elements of any size, with or without a buffer. They are never closed.

// makechan(elemsize, size) *hchan: size elements of buffer, which lies behind the hchan.
TEXT runtime·makechan<ABIInternal>(SB), NOSPLIT, $16-0
	MOVQ AX, 0(SP)
	MOVQ BX, 8(SP)
	IMULQ BX, AX
	ADDQ $hchan__size, AX
	CALL runtime·mallocgc<ABIInternal>(SB)
	MOVQ 0(SP), CX
	MOVW CX, hchan_elemsize(AX)
	MOVQ 8(SP), CX
	MOVQ CX, hchan_dataqsiz(AX)
	LEAQ hchan__size(AX), CX
	MOVQ CX, hchan_buf(AX)
	RET

// Copies one element of the channel R8 from SI to DI.
#define COPY MOVWQZX hchan_elemsize(R8), CX; CLD; REP; MOVSB

// To or from the buffer of the channel R8: DX = &buf[index], and the index steps on.
#define SLOT(index) \
	MOVWQZX hchan_elemsize(R8), DX \
	IMULQ index(R8), DX \
	ADDQ hchan_buf(R8), DX \
	INCQ index(R8) \
	MOVQ index(R8), CX \
	CMPQ CX, hchan_dataqsiz(R8) \
	JNE 2(PC) \
	MOVQ $0, index(R8)

// chansend1(c, elem): to a receiver that waits, or into the buffer; else waits for a receiver.
TEXT runtime·chansend1<ABIInternal>(SB), NOSPLIT, $40-0
	MOVQ AX, c+0(FP)
	MOVQ BX, elem+8(FP)
	MOVQ AX, R8
	MOVQ BX, SI
	LEAQ hchan_recvq(R8), AX
	CALL dequeue<>(SB)
	TESTQ AX, AX
	JEQ nobody
	MOVQ sudog_elem(AX), DI
	COPY
	MOVQ sudog_g(AX), AX
	CALL runtime·goready<ABIInternal>(SB)
	RET
nobody:
	MOVQ hchan_qcount(R8), CX
	CMPQ CX, hchan_dataqsiz(R8)
	JEQ full
	INCQ hchan_qcount(R8)
	SLOT(hchan_sendx)
	MOVQ DX, DI
	COPY
	RET
full:
	LEAQ hchan_sendq(R8), AX
	LEAQ 16(SP), CX
	CALL enqueue<>(SB)
	MOVL $waitReasonChanSend, AX
	CALL runtime·gopark<ABIInternal>(SB)
	RET

// chanrecv1(c, elem): from the buffer, which a sender that waits fills up, or from that sender; else waits for one.
TEXT runtime·chanrecv1<ABIInternal>(SB), NOSPLIT, $40-0
	MOVQ AX, c+0(FP)
	MOVQ BX, elem+8(FP)
	MOVQ AX, R8
	MOVQ BX, DI
	CMPQ hchan_qcount(R8), $0
	JEQ unbuffered
	SLOT(hchan_recvx)
	MOVQ DX, SI
	COPY
	LEAQ hchan_sendq(R8), AX
	CALL dequeue<>(SB)
	TESTQ AX, AX
	JEQ less
	SLOT(hchan_sendx)
	MOVQ DX, DI
	JMP take
less:
	DECQ hchan_qcount(R8)
	RET
unbuffered:
	LEAQ hchan_sendq(R8), AX
	CALL dequeue<>(SB)
	TESTQ AX, AX
	JEQ empty
take:
	MOVQ sudog_elem(AX), SI
	COPY
	MOVQ sudog_g(AX), AX
	CALL runtime·goready<ABIInternal>(SB)
	RET
empty:
	MOVQ DI, SI
	LEAQ hchan_recvq(R8), AX
	LEAQ 16(SP), CX
	CALL enqueue<>(SB)
	MOVL $waitReasonChanReceive, AX
	CALL runtime·gopark<ABIInternal>(SB)
	RET

// Puts this goroutine at the end of the queue AX, with the sudog CX for the element at SI. Who comes to the channel copies it.
TEXT enqueue<>(SB), NOSPLIT|NOFRAME, $0-0
	MOVQ R14, sudog_g(CX)
	MOVQ $0, sudog_next(CX)
	MOVQ SI, sudog_elem(CX)
	MOVQ waitq_last(AX), DX
	MOVQ CX, waitq_last(AX)
	CMPQ waitq_first(AX), $0
	JNE behind
	MOVQ CX, waitq_first(AX)
	RET
behind:
	MOVQ CX, sudog_next(DX)
	RET

// Takes the first sudog from the queue AX; it, or nil, is in AX then.
TEXT dequeue<>(SB), NOSPLIT|NOFRAME, $0-0
	MOVQ waitq_first(AX), DX
	TESTQ DX, DX
	JEQ none
	MOVQ sudog_next(DX), CX
	MOVQ CX, waitq_first(AX)
none:
	MOVQ DX, AX
	RET

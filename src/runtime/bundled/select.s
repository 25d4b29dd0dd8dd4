#include "textflag.h"

// selectgo(cases, nsends, nrecvs, block) (index int, received bool): does the first case that can go on, sends first; Go takes one by chance. Without
// block the index is -1 when none can; else all wait, and the first that somebody comes to ends it. Up to four cases.
#define CASES 4

TEXT runtime·selectgo<ABIInternal>(SB), NOSPLIT, $232-32
	MOVQ AX, cases+0(FP)
	MOVQ BX, nsends+8(FP)
	MOVQ CX, nrecvs+16(FP)
	MOVB DI, block+24(FP)
	MOVQ callerpc-8(FP), AX
	MOVQ AX, 56(SP)
	ADDQ BX, CX
	MOVQ CX, 48(SP)
	MOVQ $0, 40(SP)
poll:
	MOVQ 40(SP), DX
	CMPQ DX, 48(SP)
	JEQ none
	IMUL3Q $scase__size, DX, CX
	ADDQ cases+0(FP), CX
	MOVQ scase_c(CX), AX
	MOVQ scase_elem(CX), BX
	XORL CX, CX
	CMPQ DX, nsends+8(FP)
	JGE receive
	MOVQ 56(SP), DI
	CALL runtime·chansend<ABIInternal>(SB)
	XORL BX, BX
	JMP tried
receive:
	CALL runtime·chanrecv<ABIInternal>(SB)
tried:
	TESTB AX, AX
	JNE selected
	INCQ 40(SP)
	JMP poll
selected:
	MOVQ 40(SP), AX
	RET
none:
	MOVQ $-1, AX
	XORL BX, BX
	CMPB block+24(FP), $0
	JEQ done
	// All wait, each with a sudog of this frame.
	MOVL $0, g_selectDone(R14)
	MOVQ $0, 40(SP)
wait:
	MOVQ 40(SP), DX
	CMPQ DX, 48(SP)
	JEQ park
	IMUL3Q $scase__size, DX, BX
	ADDQ cases+0(FP), BX
	IMUL3Q $sudog__size, DX, CX
	LEAQ 72(SP)(CX*1), CX
	MOVQ scase_elem(BX), SI
	MOVQ scase_c(BX), AX
	LEAQ hchan_recvq(AX), DI
	CMPQ DX, nsends+8(FP)
	JGE queue
	LEAQ hchan_sendq(AX), DI
queue:
	MOVQ DI, AX
	CALL runtime·enqueue(SB)
	MOVB $1, sudog_isSelect(CX)
	INCQ 40(SP)
	JMP wait
park:
	MOVL $waitReasonSelect, AX
	CALL runtime·gopark<ABIInternal>(SB)
	// The others are taken out of their queues.
	MOVQ $0, 40(SP)
leave:
	MOVQ 40(SP), DX
	CMPQ DX, 48(SP)
	JEQ left
	IMUL3Q $scase__size, DX, BX
	ADDQ cases+0(FP), BX
	IMUL3Q $sudog__size, DX, CX
	LEAQ 72(SP)(CX*1), CX
	CMPQ CX, g_param(R14)
	JNE other
	MOVQ DX, 64(SP)
other:
	MOVQ scase_c(BX), AX
	LEAQ hchan_recvq(AX), DI
	CMPQ DX, nsends+8(FP)
	JGE unqueue
	LEAQ hchan_sendq(AX), DI
unqueue:
	CALL remove<>(SB)
	INCQ 40(SP)
	JMP leave
left:
	MOVQ g_param(R14), CX
	MOVQ 64(SP), AX
	MOVBLZX sudog_success(CX), BX
done:
	RET

// Takes the sudog CX out of the queue DI, if it is there.
TEXT remove<>(SB), NOSPLIT|NOFRAME, $0-0
	LEAQ waitq_first(DI), SI
	XORL R8, R8
next:
	MOVQ (SI), AX
	TESTQ AX, AX
	JEQ done
	CMPQ AX, CX
	JEQ found
	MOVQ AX, R8
	LEAQ sudog_next(AX), SI
	JMP next
found:
	MOVQ sudog_next(CX), AX
	MOVQ AX, (SI)
	CMPQ CX, waitq_last(DI)
	JNE done
	MOVQ R8, waitq_last(DI)
done:
	RET

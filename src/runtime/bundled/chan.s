#include "textflag.h"

// Channels, of elements of any size, with or without a buffer; with the race detector's hooks as Go 1.24 has them (runtime/chan.go).

// makechan(elemsize, size) *hchan: size elements of buffer, which lies behind the hchan. Without one buf points to itself, which nobody uses but
// for its address.
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
	LEAQ hchan_buf(AX), DX
	TESTQ CX, CX
	JEQ unbuffered
	LEAQ hchan__size(AX), DX
unbuffered:
	MOVQ DX, hchan_buf(AX)
	RET

// chanbuf(c, i): where the i-th element of the buffer lies.
TEXT runtime·chanbuf<ABIInternal>(SB), NOSPLIT, $0-0
	MOVWQZX hchan_elemsize(AX), CX
	IMULQ CX, BX
	MOVQ hchan_buf(AX), AX
	ADDQ BX, AX
	RET

// Copies an element of the channel R8 from SI to DI; to nil nothing is copied, and from nil zeros.
TEXT runtime·chancopy(SB), NOSPLIT|NOFRAME, $0-0
	TESTQ DI, DI
	JEQ done
	MOVWQZX hchan_elemsize(R8), CX
	CLD
	TESTQ SI, SI
	JEQ zero
	REP; MOVSB
done:
	RET
zero:
	XORL AX, AX
	REP; STOSB
	RET

// An index of the channel R8 steps on.
#define NEXT(index) \
	INCQ index(R8) \
	MOVQ index(R8), CX \
	CMPQ CX, hchan_dataqsiz(R8) \
	JNE 2(PC) \
	MOVQ $0, index(R8)

// chansend1(c, elem): c <- elem.
TEXT runtime·chansend1<ABIInternal>(SB), NOSPLIT, $32-16
	MOVQ callerpc-8(FP), DI
	MOVL $1, CX
	CALL runtime·chansend<ABIInternal>(SB)
	RET

// chansend(c, elem, block, callerpc) bool: to a receiver that waits, or into the buffer; else waits for a receiver. False: it would have to wait.
TEXT runtime·chansend<ABIInternal>(SB), NOSPLIT, $104-32
	MOVQ AX, c+0(FP)
	MOVQ BX, elem+8(FP)
	MOVB CX, block+16(FP)
	MOVQ DI, callerpc+24(FP)
#ifdef RACE
	// racereadpc(c.raceaddr(), callerpc, abi.FuncPCABIInternal(chansend)): meets the write of a close.
	LEAQ hchan_buf(AX), CX
	MOVQ CX, 0(SP)
	MOVQ DI, 8(SP)
	LEAQ runtime·chansend<ABIInternal>(SB), CX
	MOVQ CX, 16(SP)
	CALL runtime·racereadpc(SB)
	MOVQ c+0(FP), AX
#endif
	CMPL hchan_closed(AX), $0
	JNE closed
	LEAQ hchan_recvq(AX), AX
	CALL runtime·dequeue(SB)
	TESTQ AX, AX
	JEQ nobody
	MOVQ AX, 24(SP)
#ifdef RACE
	MOVQ AX, BX
	MOVQ c+0(FP), AX
	CALL runtime·racemeet<ABIInternal>(SB)
	MOVQ 24(SP), AX
#endif
	MOVQ c+0(FP), R8
	MOVQ elem+8(FP), SI
	MOVQ sudog_elem(AX), DI
	CALL runtime·chancopy(SB)
	MOVQ 24(SP), AX
	MOVB $1, sudog_success(AX)
	CALL runtime·wake<ABIInternal>(SB)
	MOVL $1, AX
	RET
nobody:
	MOVQ c+0(FP), R8
	MOVQ hchan_qcount(R8), CX
	CMPQ CX, hchan_dataqsiz(R8)
	JEQ full
#ifdef RACE
	MOVQ R8, AX
	MOVQ hchan_sendx(R8), BX
	XORL CX, CX
	CALL runtime·racenotify<ABIInternal>(SB)
	MOVQ c+0(FP), R8
#endif
	INCQ hchan_qcount(R8)
	MOVQ R8, AX
	MOVQ hchan_sendx(R8), BX
	CALL runtime·chanbuf<ABIInternal>(SB)
	MOVQ AX, DI
	NEXT(hchan_sendx)
	MOVQ elem+8(FP), SI
	CALL runtime·chancopy(SB)
	MOVL $1, AX
	RET
full:
	XORL AX, AX
	CMPB block+16(FP), $0
	JEQ done
	LEAQ hchan_sendq(R8), AX
	LEAQ 32(SP), CX
	MOVQ elem+8(FP), SI
	CALL runtime·enqueue(SB)
	MOVL $waitReasonChanSend, AX
	CALL runtime·gopark<ABIInternal>(SB)
	CMPB 32+sudog_success(SP), $0
	JEQ closed
	MOVL $1, AX
done:
	RET
closed:
	LEAQ closedText<>(SB), AX
	MOVL $30, BX
	CALL runtime·fatal<ABIInternal>(SB)
	RET

// chanrecv1(c, elem): elem = <-c.
TEXT runtime·chanrecv1<ABIInternal>(SB), NOSPLIT, $24-16
	MOVL $1, CX
	CALL runtime·chanrecv<ABIInternal>(SB)
	RET

// chanrecv2(c, elem) bool: elem, ok = <-c.
TEXT runtime·chanrecv2<ABIInternal>(SB), NOSPLIT, $24-16
	MOVL $1, CX
	CALL runtime·chanrecv<ABIInternal>(SB)
	MOVL BX, AX
	RET

// chanrecv(c, elem, block) (selected, received bool): from the buffer, which a sender that waits fills up, or from that sender; else waits for one.
TEXT runtime·chanrecv<ABIInternal>(SB), NOSPLIT, $104-24
	MOVQ AX, c+0(FP)
	MOVQ BX, elem+8(FP)
	MOVB CX, block+16(FP)
	CMPL hchan_closed(AX), $0
	JEQ open
	CMPQ hchan_qcount(AX), $0
	JNE open
#ifdef RACE
	// What was done before the close is known from here on.
	LEAQ hchan_buf(AX), AX
	CALL runtime·raceacquire<ABIInternal>(SB)
#endif
	MOVQ c+0(FP), R8
	MOVQ elem+8(FP), DI
	XORL SI, SI
	CALL runtime·chancopy(SB)
	MOVL $1, AX
	XORL BX, BX
	RET
open:
	LEAQ hchan_sendq(AX), AX
	CALL runtime·dequeue(SB)
	MOVQ AX, 24(SP)
	TESTQ AX, AX
	JEQ nobody
#ifdef RACE
	MOVQ AX, BX
	MOVQ c+0(FP), AX
	CALL runtime·racemeet<ABIInternal>(SB)
#endif
	MOVQ c+0(FP), R8
	CMPQ hchan_dataqsiz(R8), $0
	JNE buffered
	MOVQ 24(SP), AX
	MOVQ sudog_elem(AX), SI
	MOVQ elem+8(FP), DI
	CALL runtime·chancopy(SB)
	JMP wake
buffered:
	// The first of the full buffer, whose place the sender's element takes: as the last.
	MOVQ R8, AX
	MOVQ hchan_recvx(R8), BX
	CALL runtime·chanbuf<ABIInternal>(SB)
	MOVQ AX, SI
	MOVQ AX, 96(SP)
	MOVQ elem+8(FP), DI
	CALL runtime·chancopy(SB)
	MOVQ 24(SP), AX
	MOVQ sudog_elem(AX), SI
	MOVQ 96(SP), DI
	CALL runtime·chancopy(SB)
	NEXT(hchan_recvx)
	MOVQ hchan_recvx(R8), CX
	MOVQ CX, hchan_sendx(R8)
wake:
	MOVQ 24(SP), AX
	MOVB $1, sudog_success(AX)
	CALL runtime·wake<ABIInternal>(SB)
	MOVL $1, AX
	MOVL $1, BX
	RET
nobody:
	MOVQ c+0(FP), R8
	CMPQ hchan_qcount(R8), $0
	JEQ empty
#ifdef RACE
	MOVQ R8, AX
	MOVQ hchan_recvx(R8), BX
	XORL CX, CX
	CALL runtime·racenotify<ABIInternal>(SB)
	MOVQ c+0(FP), R8
#endif
	MOVQ R8, AX
	MOVQ hchan_recvx(R8), BX
	CALL runtime·chanbuf<ABIInternal>(SB)
	MOVQ AX, SI
	MOVQ elem+8(FP), DI
	NEXT(hchan_recvx)
	DECQ hchan_qcount(R8)
	CALL runtime·chancopy(SB)
	MOVL $1, AX
	MOVL $1, BX
	RET
empty:
	XORL AX, AX
	XORL BX, BX
	CMPB block+16(FP), $0
	JEQ done
	MOVQ elem+8(FP), SI
	LEAQ hchan_recvq(R8), AX
	LEAQ 32(SP), CX
	CALL runtime·enqueue(SB)
	MOVL $waitReasonChanReceive, AX
	CALL runtime·gopark<ABIInternal>(SB)
	MOVL $1, AX
	MOVBLZX 32+sudog_success(SP), BX
done:
	RET

// closechan(c): all who wait are woken, without an element.
TEXT runtime·closechan<ABIInternal>(SB), NOSPLIT, $40-8
	MOVQ AX, c+0(FP)
#ifdef RACE
	// racewritepc(c.raceaddr(), callerpc, abi.FuncPCABIInternal(closechan)): a send at the same time is a race.
	LEAQ hchan_buf(AX), CX
	MOVQ CX, 0(SP)
	MOVQ callerpc-8(FP), CX
	MOVQ CX, 8(SP)
	LEAQ runtime·closechan<ABIInternal>(SB), CX
	MOVQ CX, 16(SP)
	CALL runtime·racewritepc(SB)
	MOVQ c+0(FP), AX
	LEAQ hchan_buf(AX), AX
	CALL runtime·racerelease<ABIInternal>(SB)
	MOVQ c+0(FP), AX
#endif
	MOVL $1, hchan_closed(AX)
receivers:
	MOVQ c+0(FP), AX
	LEAQ hchan_recvq(AX), AX
	CALL runtime·dequeue(SB)
	TESTQ AX, AX
	JNE release
	MOVQ c+0(FP), AX
	LEAQ hchan_sendq(AX), AX
	CALL runtime·dequeue(SB)
	TESTQ AX, AX
	JNE release
	RET
release:
	MOVQ AX, 24(SP)
	MOVB $0, sudog_success(AX)
	MOVQ c+0(FP), R8
	// Who waits to receive gets zeros; who waits to send will panic.
	MOVQ sudog_elem(AX), DI
	XORL SI, SI
	CALL runtime·chancopy(SB)
#ifdef RACE
	MOVQ 24(SP), AX
	MOVQ sudog_g(AX), AX
	MOVQ c+0(FP), BX
	LEAQ hchan_buf(BX), BX
	CALL runtime·raceacquireg<ABIInternal>(SB)
#endif
	MOVQ 24(SP), AX
	CALL runtime·wake<ABIInternal>(SB)
	JMP receivers

// wake(sg): the goroutine that waits with it goes on, and finds it in g.param.
TEXT runtime·wake<ABIInternal>(SB), NOSPLIT, $8-0
	MOVQ AX, BX
	MOVQ sudog_g(BX), AX
	MOVQ BX, g_param(AX)
	CALL runtime·goready<ABIInternal>(SB)
	RET

// Puts this goroutine at the end of the queue AX, with the sudog CX for the element at SI. Who comes to the channel copies it.
TEXT runtime·enqueue(SB), NOSPLIT|NOFRAME, $0-0
	MOVQ R14, sudog_g(CX)
	MOVQ $0, sudog_next(CX)
	MOVQ SI, sudog_elem(CX)
	MOVB $0, sudog_success(CX)
	MOVB $0, sudog_isSelect(CX)
	MOVQ waitq_last(AX), DX
	MOVQ CX, waitq_last(AX)
	CMPQ waitq_first(AX), $0
	JNE behind
	MOVQ CX, waitq_first(AX)
	RET
behind:
	MOVQ CX, sudog_next(DX)
	RET

// Takes the first sudog from the queue AX; it, or nil, is in AX then. Of a select that another case has ended it is passed over.
TEXT runtime·dequeue(SB), NOSPLIT|NOFRAME, $0-0
next:
	MOVQ waitq_first(AX), DX
	TESTQ DX, DX
	JEQ none
	MOVQ sudog_next(DX), CX
	MOVQ CX, waitq_first(AX)
	CMPB sudog_isSelect(DX), $0
	JEQ none
	MOVQ sudog_g(DX), CX
	CMPL g_selectDone(CX), $0
	JNE next
	MOVL $1, g_selectDone(CX)
none:
	MOVQ DX, AX
	RET

#ifdef RACE
// racemeet(c, sg): sender and receiver meet. Without a buffer each then knows what the other did before (racesync); with one both use the same slot.
TEXT runtime·racemeet<ABIInternal>(SB), NOSPLIT, $0-16
	MOVQ AX, c+0(FP)
	MOVQ BX, sg+8(FP)
	CMPQ hchan_dataqsiz(AX), $0
	JEQ sync
	MOVQ hchan_recvx(AX), BX
	XORL CX, CX
	CALL runtime·racenotify<ABIInternal>(SB)
	MOVQ c+0(FP), AX
	MOVQ hchan_recvx(AX), BX
	MOVQ sg+8(FP), CX
	CALL runtime·racenotify<ABIInternal>(SB)
	RET
sync:
	MOVQ hchan_buf(AX), AX
	CALL runtime·racerelease<ABIInternal>(SB)
	MOVQ c+0(FP), BX
	MOVQ hchan_buf(BX), BX
	MOVQ sg+8(FP), AX
	MOVQ sudog_g(AX), AX
	CALL runtime·raceacquireg<ABIInternal>(SB)
	MOVQ c+0(FP), BX
	MOVQ hchan_buf(BX), BX
	MOVQ sg+8(FP), AX
	MOVQ sudog_g(AX), AX
	CALL runtime·racereleaseg<ABIInternal>(SB)
	MOVQ c+0(FP), AX
	MOVQ hchan_buf(AX), AX
	CALL runtime·raceacquire<ABIInternal>(SB)
	RET

// racenotify(c, idx, sg): who uses a slot of the buffer learns from who used it before, and leaves what it knows itself. sg: another goroutine does.
TEXT runtime·racenotify<ABIInternal>(SB), NOSPLIT, $8-0
	MOVQ CX, 0(SP)
	CALL runtime·chanbuf<ABIInternal>(SB)
	MOVQ 0(SP), CX
	TESTQ CX, CX
	JEQ own
	MOVQ AX, BX
	MOVQ sudog_g(CX), AX
	CALL runtime·racereleaseacquireg<ABIInternal>(SB)
	RET
own:
	CALL runtime·racereleaseacquire<ABIInternal>(SB)
	RET
#endif

DATA closedText<>+0(SB)/30, $"panic: send on closed channel\n"
GLOBL closedText<>(SB), RODATA, $30

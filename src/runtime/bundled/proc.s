#include "textflag.h"

// Goroutines and their scheduler: one m, one p, a ring of runnable goroutines.

#define Gidle 0
#define Grunnable 1
#define Grunning 2
#define Gwaiting 4
#define Gdead 6
#define STACK_SIZE 8192
#define STACK_GUARD 928
// What runtime.main calls.
#ifndef MAIN
#define MAIN main·main<ABIInternal>
#endif

GLOBL runtime·g0(SB), NOPTR, $g__size
GLOBL runtime·gsignal0(SB), NOPTR, $g__size
GLOBL runtime·m0(SB), NOPTR, $m__size
GLOBL runtime·p0(SB), NOPTR, $p__size
GLOBL runtime·allgs(SB), NOPTR, $24
GLOBL runtime·allgsArray(SB), NOPTR, $512
GLOBL runtime·goidgen(SB), NOPTR, $8
GLOBL runtime·mainStarted(SB), NOPTR, $8

TEXT runtime·schedinit<ABIInternal>(SB), NOSPLIT, $0-0
	// The race runtime comes first, before there is a heap.
#ifdef RACE
	CALL runtime·raceinit<ABIInternal>(SB)
#endif
	CALL runtime·mallocinit<ABIInternal>(SB)
	LEAQ runtime·m0(SB), AX
	LEAQ runtime·p0(SB), BX
	MOVQ BX, m_p(AX)
	MOVQ AX, p_m(BX)
	MOVL $1, p_status(BX)
	LEAQ runtime·gsignal0(SB), CX
	MOVQ CX, m_gsignal(AX)
	MOVQ AX, g_m(CX)
	LEAQ runtime·allgsArray(SB), CX
	MOVQ CX, runtime·allgs(SB)
	MOVQ $64, runtime·allgs+16(SB)
	CALL runtime·initsig<ABIInternal>(SB)
	RET

// The main goroutine.
TEXT runtime·main<ABIInternal>(SB), NOSPLIT, $0-0
	// The race context of g0 was only there to be the parent of this goroutine's. From here on scheduler work has none.
	MOVQ g_m(R14), AX
	MOVQ m_g0(AX), AX
	MOVQ $0, g_racectx(AX)
	MOVQ $1, runtime·mainStarted(SB)
	CALL MAIN(SB)
#ifdef RACE
	CALL runtime·racefini<ABIInternal>(SB)
#endif
	XORL AX, AX
	CALL runtime·exit<ABIInternal>(SB)
	RET

// go fn(): the closure {newproc.func1, fn, gp, pc} lives in this frame while systemstack runs it.
TEXT runtime·newproc<ABIInternal>(SB), NOSPLIT, $40-0
	MOVQ AX, fn+0(FP)
	LEAQ runtime·newproc·func1<ABIInternal>(SB), CX
	MOVQ CX, 8(SP)
	MOVQ AX, 16(SP)
	MOVQ R14, 24(SP)
	MOVQ 48(SP), CX
	MOVQ CX, 32(SP)
	LEAQ 8(SP), AX
	MOVQ AX, 0(SP)
	CALL runtime·systemstack(SB)
	RET

TEXT runtime·newproc·func1<ABIInternal>(SB), NOSPLIT, $40-0
	MOVQ 8(DX), AX
	MOVQ 16(DX), BX
	MOVQ 24(DX), CX
	XORL DI, DI
	XORL SI, SI
	CALL runtime·newproc1<ABIInternal>(SB)
	MOVQ AX, BX
	MOVQ g_m(R14), AX
	MOVQ m_p(AX), AX
	MOVL $1, CX
	CALL runtime·runqput<ABIInternal>(SB)
	RET

// newproc1(fn, callergp, callerpc, parked, waitreason): a goroutine that will start at fn. Runs on g0.
TEXT runtime·newproc1<ABIInternal>(SB), NOSPLIT, $64-0
	MOVQ AX, fn+0(FP)
	MOVQ BX, callergp+8(FP)
	MOVQ CX, callerpc+16(FP)
	MOVB DI, parked+24(FP)
	MOVB SI, waitreason+25(FP)
	MOVQ g_m(R14), AX
	MOVQ m_p(AX), AX
	CALL runtime·gfget<ABIInternal>(SB)
	TESTQ AX, AX
	JNE have
	MOVL $STACK_SIZE, AX
	CALL runtime·malg<ABIInternal>(SB)
have:
	MOVQ AX, 8(SP)
	// The frame that goexit seems to have called fn from.
	MOVQ (g_stack+stack_hi)(AX), DX
	SUBQ $32, DX
	LEAQ runtime·goexit+1(SB), CX
	SUBQ $8, DX
	MOVQ CX, (DX)
	MOVQ DX, (g_sched+gobuf_sp)(AX)
	MOVQ DX, g_stktopsp(AX)
	MOVQ fn+0(FP), CX
	MOVQ CX, (g_sched+gobuf_ctxt)(AX)
	MOVQ (CX), CX
	MOVQ CX, (g_sched+gobuf_pc)(AX)
	MOVQ AX, (g_sched+gobuf_g)(AX)
	MOVQ CX, g_startpc(AX)
	MOVQ callerpc+16(FP), CX
	MOVQ CX, g_gopc(AX)
	MOVQ callergp+8(FP), CX
	MOVQ g_goid(CX), CX
	MOVQ CX, g_parentGoid(AX)
	MOVQ runtime·goidgen(SB), CX
	INCQ CX
	MOVQ CX, runtime·goidgen(SB)
	MOVQ CX, g_goid(AX)
	MOVL $Grunnable, g_atomicstatus(AX)
	MOVB $0, g_raceignore(AX)
#ifdef RACE
	MOVQ callerpc+16(FP), AX
	CALL runtime·racegostart<ABIInternal>(SB)
	MOVQ 8(SP), CX
	MOVQ AX, g_racectx(CX)
#endif
#ifdef INJECTED
	// What the instrumentation tool put in: defer func() { newg.otel_trace_context = contextPropagate(callergp.otel_trace_context) }()
	LEAQ runtime·newproc1·func1<ABIInternal>(SB), CX
	MOVQ CX, 16(SP)
	MOVQ 8(SP), CX
	MOVQ CX, 24(SP)
	MOVQ callergp+8(FP), CX
	MOVQ CX, 32(SP)
	LEAQ 16(SP), DX
	MOVQ 16(SP), CX
	CALL CX
#endif
	MOVQ 8(SP), AX
	RET

#ifdef INJECTED
TEXT runtime·newproc1·func1<ABIInternal>(SB), NOSPLIT, $32-0
	MOVQ 8(DX), AX
	MOVQ AX, 16(SP)
	MOVQ 16(DX), BX
	MOVQ (g_otel_trace_context+eface__type)(BX), AX
	MOVQ (g_otel_trace_context+eface_data)(BX), BX
	TESTQ AX, AX
	JEQ none
	// contextPropagate is small: a compiler would have put its body here. The method is the type's only one.
	INLINE runtime·contextPropagate(SB), $155
	MOVQ BX, AX
	CALL trace·TakeSnapShot<ABIInternal>(SB)
	NOP
	INLINEEND
none:
	MOVQ 16(SP), CX
	MOVQ AX, (g_otel_trace_context+eface__type)(CX)
	MOVQ BX, (g_otel_trace_context+eface_data)(CX)
	RET
#endif

// malg(stacksize): a g with a stack of that many bytes.
TEXT runtime·malg<ABIInternal>(SB), NOSPLIT, $24-0
	MOVL AX, stacksize+0(FP)
	MOVQ $g__size, AX
	CALL runtime·mallocgc<ABIInternal>(SB)
	MOVQ AX, 8(SP)
	MOVL stacksize+0(FP), AX
	CALL runtime·mallocgc<ABIInternal>(SB)
	MOVQ 8(SP), CX
	MOVQ AX, g_stack(CX)
	LEAQ STACK_GUARD(AX), DX
	MOVQ DX, g_stackguard0(CX)
	MOVQ $-1, g_stackguard1(CX)
	MOVLQSX stacksize+0(FP), DX
	ADDQ DX, AX
	MOVQ AX, (g_stack+stack_hi)(CX)
	// allgs = append(allgs, gp)
	MOVQ runtime·allgs+8(SB), DX
	MOVQ runtime·allgs(SB), AX
	MOVQ CX, (AX)(DX*8)
	INCQ DX
	MOVQ DX, runtime·allgs+8(SB)
	MOVQ CX, AX
	RET

// gfget(pp): a dead g to use again, or nil.
TEXT runtime·gfget<ABIInternal>(SB), NOSPLIT, $0-0
	MOVQ p_gFree(AX), BX
	TESTQ BX, BX
	JEQ none
	MOVQ g_schedlink(BX), CX
	MOVQ CX, p_gFree(AX)
	MOVQ $0, g_schedlink(BX)
none:
	MOVQ BX, AX
	RET

// runqput(pp, gp, next)
TEXT runtime·runqput<ABIInternal>(SB), NOSPLIT, $0-0
	TESTB CX, CX
	JEQ tail
	// gp takes the place of the one that was next, which goes to the ring.
	MOVQ p_runnext(AX), DX
	MOVQ BX, p_runnext(AX)
	TESTQ DX, DX
	JEQ done
	MOVQ DX, BX
tail:
	MOVL p_runqtail(AX), CX
	MOVL CX, DX
	ANDL $255, DX
	MOVQ BX, p_runq(AX)(DX*8)
	INCL CX
	MOVL CX, p_runqtail(AX)
done:
	RET

// runqget(pp): the next goroutine to run, or nil.
TEXT runtime·runqget<ABIInternal>(SB), NOSPLIT, $0-0
	MOVQ p_runnext(AX), BX
	TESTQ BX, BX
	JEQ ring
	MOVQ $0, p_runnext(AX)
	MOVQ BX, AX
	RET
ring:
	MOVL p_runqhead(AX), CX
	CMPL CX, p_runqtail(AX)
	JEQ none
	MOVL CX, DX
	ANDL $255, DX
	MOVQ p_runq(AX)(DX*8), BX
	INCL CX
	MOVL CX, p_runqhead(AX)
	MOVQ BX, AX
	RET
none:
	XORL AX, AX
	RET

// schedule: one round of the scheduler, on g0. Does not return.
TEXT runtime·schedule<ABIInternal>(SB), NOSPLIT, $8-0
	MOVQ g_m(R14), AX
	MOVQ m_p(AX), AX
	INCL p_schedtick(AX)
	CALL runtime·runqget<ABIInternal>(SB)
	TESTQ AX, AX
	JEQ deadlock
	CALL runtime·execute<ABIInternal>(SB)
deadlock:
	LEAQ deadlockText<>(SB), AX
	MOVQ $51, BX
	CALL runtime·fatal<ABIInternal>(SB)
	RET

// execute(gp): runs gp on this m. Does not return.
TEXT runtime·execute<ABIInternal>(SB), NOSPLIT, $0-8
	MOVQ AX, gp+0(FP)
	MOVQ g_m(R14), CX
	MOVQ AX, m_curg(CX)
	MOVQ CX, g_m(AX)
	MOVL $Grunning, g_atomicstatus(AX)
	LEAQ g_sched(AX), AX
	CALL runtime·gogo<ABIInternal>(SB)
	RET

// gopark(reason): the goroutine waits until goready.
TEXT runtime·gopark<ABIInternal>(SB), NOSPLIT, $0-8
	MOVB AX, reason+0(FP)
	MOVB AX, g_waitreason(R14)
	LEAQ runtime·park_m·f(SB), AX
	CALL runtime·mcall<ABIInternal>(SB)
	RET

TEXT runtime·park_m<ABIInternal>(SB), NOSPLIT, $0-8
	MOVQ AX, gp+0(FP)
	MOVL $Gwaiting, g_atomicstatus(AX)
	MOVQ g_m(R14), CX
	MOVQ $0, m_curg(CX)
	CALL runtime·schedule<ABIInternal>(SB)
	RET

DATA runtime·park_m·f+0(SB)/8, $runtime·park_m<ABIInternal>(SB)
GLOBL runtime·park_m·f(SB), RODATA, $8

// goready(gp): gp runs next.
TEXT runtime·goready<ABIInternal>(SB), NOSPLIT, $8-8
	MOVQ AX, gp+0(FP)
	MOVL $Grunnable, g_atomicstatus(AX)
	MOVQ AX, BX
	MOVQ g_m(R14), AX
	MOVQ m_p(AX), AX
	MOVL $1, CX
	CALL runtime·runqput<ABIInternal>(SB)
	RET

TEXT runtime·Gosched<ABIInternal>(SB), NOSPLIT, $0-0
	LEAQ runtime·gosched_m·f(SB), AX
	CALL runtime·mcall<ABIInternal>(SB)
	RET

TEXT runtime·gosched_m<ABIInternal>(SB), NOSPLIT, $8-8
	MOVQ AX, gp+0(FP)
	MOVL $Grunnable, g_atomicstatus(AX)
	MOVQ AX, BX
	MOVQ g_m(R14), CX
	MOVQ $0, m_curg(CX)
	MOVQ m_p(CX), AX
	XORL CX, CX
	CALL runtime·runqput<ABIInternal>(SB)
	CALL runtime·schedule<ABIInternal>(SB)
	RET

DATA runtime·gosched_m·f+0(SB)/8, $runtime·gosched_m<ABIInternal>(SB)
GLOBL runtime·gosched_m·f(SB), RODATA, $8

// goexit0(gp): the end of a goroutine, on g0.
TEXT runtime·goexit0<ABIInternal>(SB), NOSPLIT, $16-8
	MOVQ AX, gp+0(FP)
	MOVQ AX, 8(SP)
#ifdef RACE
	MOVQ g_racectx(AX), AX
	CALL runtime·racegoend<ABIInternal>(SB)
	MOVQ 8(SP), AX
#endif
	MOVL $Gdead, g_atomicstatus(AX)
	MOVQ $0, g_racectx(AX)
	MOVQ g_m(R14), CX
	MOVQ $0, m_curg(CX)
	MOVQ m_p(CX), CX
	MOVQ p_gFree(CX), DX
	MOVQ DX, g_schedlink(AX)
	MOVQ AX, p_gFree(CX)
	CALL runtime·schedule<ABIInternal>(SB)
	RET

// newstack: on g0, for the goroutine in morebuf.g: a stack twice the size, what was used copied, the frame pointers inside moved along.
// Pointers into the stack from elsewhere are not looked for: this runtime's programs keep none across a call that may grow it.
TEXT runtime·newstack<ABIInternal>(SB), NOSPLIT, $48-0
	MOVQ g_m(R14), BX
	MOVQ (m_morebuf+gobuf_g)(BX), CX
	MOVQ CX, 8(SP)
	MOVQ (g_stack+stack_hi)(CX), AX
	SUBQ g_stack(CX), AX
	SHLQ $1, AX
	MOVQ AX, 16(SP)
	CALL runtime·mallocgc<ABIInternal>(SB)
	MOVQ 8(SP), CX
	MOVQ AX, 24(SP)
	// R8 = new hi - old hi, R9 = bytes in use
	MOVQ 16(SP), R8
	ADDQ AX, R8
	MOVQ (g_stack+stack_hi)(CX), R10
	SUBQ R10, R8
	MOVQ R10, R9
	SUBQ (g_sched+gobuf_sp)(CX), R9
	MOVQ (g_sched+gobuf_sp)(CX), SI
	LEAQ (SI)(R8*1), DI
	MOVQ CX, R11
	MOVQ R9, CX
	CLD
	REP; MOVSB
	MOVQ R11, CX
	// The chain of saved frame pointers.
	MOVQ (g_sched+gobuf_bp)(CX), SI
	LEAQ (g_sched+gobuf_bp)(CX), DI
chain:
	CMPQ SI, g_stack(CX)
	JLS moved
	CMPQ SI, R10
	JCC moved
	ADDQ R8, SI
	MOVQ SI, (DI)
	MOVQ SI, DI
	MOVQ (DI), SI
	JMP chain
moved:
	ADDQ R8, (g_sched+gobuf_sp)(CX)
	MOVQ 24(SP), AX
	MOVQ AX, g_stack(CX)
	LEAQ STACK_GUARD(AX), DX
	MOVQ DX, g_stackguard0(CX)
	ADDQ 16(SP), AX
	MOVQ AX, (g_stack+stack_hi)(CX)
	// On with the prologue that asked, which compares again.
	LEAQ g_sched(CX), AX
	CALL runtime·gogo<ABIInternal>(SB)
	RET

DATA deadlockText<>+0(SB)/51, $"fatal error: all goroutines are asleep - deadlock!\n"
GLOBL deadlockText<>(SB), RODATA, $51

// What goroutines wait for, by waitReason.
DATA runtime·waitReasonStrings+144(SB)/8, $selectText<>(SB)
DATA runtime·waitReasonStrings+152(SB)/8, $6
DATA runtime·waitReasonStrings+224(SB)/8, $chanReceive<>(SB)
DATA runtime·waitReasonStrings+232(SB)/8, $12
DATA runtime·waitReasonStrings+240(SB)/8, $chanSend<>(SB)
DATA runtime·waitReasonStrings+248(SB)/8, $9
DATA runtime·waitReasonStrings+288(SB)/8, $semacquire<>(SB)
DATA runtime·waitReasonStrings+296(SB)/8, $10
GLOBL runtime·waitReasonStrings(SB), RODATA, $304
DATA selectText<>+0(SB)/6, $"select"
GLOBL selectText<>(SB), RODATA, $6
DATA semacquire<>+0(SB)/10, $"semacquire"
GLOBL semacquire<>(SB), RODATA, $10
DATA chanReceive<>+0(SB)/12, $"chan receive"
GLOBL chanReceive<>(SB), RODATA, $12
DATA chanSend<>+0(SB)/9, $"chan send"
GLOBL chanSend<>(SB), RODATA, $9

#include "textflag.h"

// Fatal signals: a handler on its own stack, on g = gsignal, that prints what Go prints first and ends with status 2.

GLOBL runtime·sigaction(SB), NOPTR, $32
GLOBL runtime·sigstack(SB), NOPTR, $24
GLOBL runtime·signalStack(SB), NOPTR, $16384

#define SA_FLAGS 0x1c000004
#define SIGNAL_STACK 16384

TEXT runtime·initsig<ABIInternal>(SB), NOSPLIT, $0-0
	// sigaltstack({ss_sp, ss_flags, ss_size})
	LEAQ runtime·signalStack(SB), AX
	MOVQ AX, runtime·sigstack(SB)
	MOVQ $SIGNAL_STACK, runtime·sigstack+16(SB)
	LEAQ runtime·gsignal0(SB), CX
	MOVQ AX, g_stack(CX)
	ADDQ $SIGNAL_STACK, AX
	MOVQ AX, (g_stack+stack_hi)(CX)
	LEAQ runtime·sigstack(SB), DI
	XORL SI, SI
	MOVQ $131, AX
	SYSCALL
	// rt_sigaction: SA_SIGINFO|SA_ONSTACK|SA_RESTORER|SA_RESTART for SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV
	LEAQ runtime·sigtramp(SB), AX
	MOVQ AX, runtime·sigaction(SB)
	MOVQ $SA_FLAGS, runtime·sigaction+8(SB)
	LEAQ runtime·sigreturn(SB), AX
	MOVQ AX, runtime·sigaction+16(SB)
	MOVQ $4, R12
	CALL setsig<>(SB)
	MOVQ $5, R12
	CALL setsig<>(SB)
	MOVQ $7, R12
	CALL setsig<>(SB)
	MOVQ $8, R12
	CALL setsig<>(SB)
	MOVQ $11, R12
	CALL setsig<>(SB)
	RET

// rt_sigaction(R12, &sigaction, nil, 8)
TEXT setsig<>(SB), NOSPLIT|NOFRAME, $0-0
	MOVQ R12, DI
	LEAQ runtime·sigaction(SB), SI
	XORL DX, DX
	MOVQ $8, R10
	MOVQ $13, AX
	SYSCALL
	RET

TEXT runtime·sigreturn(SB), NOSPLIT|NOFRAME, $0-0
	MOVQ $15, AX
	SYSCALL
	INT $3

// The kernel calls this as C: DI = signal, SI = siginfo, DX = ucontext.
TEXT runtime·sigtramp(SB), NOSPLIT|NOFRAME|TOPFRAME, $0-0
	CLD
	ANDQ $~15, SP
	XORPS X15, X15
	SUBQ $32, SP
	MOVQ DI, AX
	MOVQ SI, BX
	MOVQ DX, CX
	// The g that was interrupted.
	MOVQ (TLS), DI
	LEAQ runtime·gsignal0(SB), R14
	MOVQ R14, (TLS)
	CALL runtime·sighandler<ABIInternal>(SB)
	INT $3

#define SAY(text, length) LEAQ text<>(SB), AX; MOVQ $length, BX; CALL runtime·errstring<ABIInternal>(SB)

// sighandler(sig, info, ctx, gp): what a fatal signal looks like in Go, and the end.
TEXT runtime·sighandler<ABIInternal>(SB), NOSPLIT, $0-32
	MOVL AX, sig+0(FP)
	MOVQ BX, info+8(FP)
	MOVQ CX, ctx+16(FP)
	MOVQ DI, gp+24(FP)
	CMPL sig+0(FP), $11
	JNE other
	SAY(segvText, 31)
	JMP where
other:
	SAY(otherText, 13)
where:
	SAY(pcText, 4)
	MOVQ ctx+16(FP), AX
	MOVQ ucontext_rip(AX), AX
	CALL runtime·errhex<ABIInternal>(SB)
	SAY(codeText, 13)
	MOVQ info+8(FP), AX
	MOVLQSX siginfo_code(AX), AX
	CALL runtime·errint<ABIInternal>(SB)
	SAY(addrText, 6)
	MOVQ info+8(FP), AX
	MOVQ siginfo_addr(AX), AX
	CALL runtime·errhex<ABIInternal>(SB)
	SAY(endText, 2)
	// On g0 Go tells nothing of g0's own stack, and goes on with the goroutine where it left its stack.
	MOVQ gp+24(FP), CX
	MOVQ g_m(CX), DX
	CMPQ CX, m_g0(DX)
	JNE goroutine
	SAY(idleText, 21)
	MOVQ gp+24(FP), CX
	MOVQ g_m(CX), DX
	MOVQ m_curg(DX), CX
	TESTQ CX, CX
	JEQ exit
	MOVQ CX, gp+24(FP)
	CALL heading<>(SB)
	MOVQ gp+24(FP), CX
	MOVQ (g_sched+gobuf_pc)(CX), AX
	MOVQ (g_sched+gobuf_bp)(CX), BX
	JMP trace
goroutine:
	CALL heading<>(SB)
	MOVQ ctx+16(FP), CX
	MOVQ ucontext_rip(CX), AX
	MOVQ ucontext_rbp(CX), BX
trace:
	CALL runtime·traceback<ABIInternal>(SB)
exit:
	MOVQ $2, AX
	CALL runtime·exit<ABIInternal>(SB)
	RET

// goroutine N [running]: for the g in CX.
TEXT heading<>(SB), NOSPLIT, $8-0
	MOVQ CX, 0(SP)
	SAY(goroutineText, 10)
	MOVQ 0(SP), CX
	MOVQ g_goid(CX), AX
	CALL runtime·errint<ABIInternal>(SB)
	SAY(runningText, 12)
	RET

// traceback(pc, bp): the function of pc, then those of the return addresses above the saved frame pointers. A function without a frame hides
// its caller so, as it does from Go's own frame pointer unwinder.
TEXT runtime·traceback<ABIInternal>(SB), NOSPLIT, $8-16
	MOVQ AX, pc+0(FP)
	MOVQ BX, bp+8(FP)
	MOVQ AX, 0(SP)
frame:
	MOVQ 0(SP), AX
	CALL runtime·funcname<ABIInternal>(SB)
	CALL runtime·errstring<ABIInternal>(SB)
	SAY(argumentsText, 10)
	MOVQ pc+0(FP), AX
	CALL runtime·errhex<ABIInternal>(SB)
	SAY(endText, 1)
	MOVQ bp+8(FP), CX
	TESTQ CX, CX
	JEQ done
	MOVQ 8(CX), AX
	MOVQ AX, pc+0(FP)
	// The call is in front of the return address.
	DECQ AX
	MOVQ AX, 0(SP)
	MOVQ (CX), CX
	MOVQ CX, bp+8(FP)
	JMP frame
done:
	RET

// funcname(pc) string: from the table that the assembler makes; a question mark outside of it.
TEXT runtime·funcname<ABIInternal>(SB), NOSPLIT, $0-0
	LEAQ runtime·functab(SB), CX
	CMPQ AX, functabEntry_entry(CX)
	JCS none
next:
	CMPQ (functabEntry_name+8)(CX), $0
	JEQ none
	ADDQ $functabEntry__size, CX
	CMPQ AX, functabEntry_entry(CX)
	JCC next
	MOVQ (functabEntry_name-functabEntry__size)(CX), AX
	MOVQ (functabEntry_name+8-functabEntry__size)(CX), BX
	RET
none:
	LEAQ unknownText<>(SB), AX
	MOVQ $1, BX
	RET

DATA segvText<>+0(SB)/31, $"SIGSEGV: segmentation violation"
GLOBL segvText<>(SB), RODATA, $31
DATA otherText<>+0(SB)/13, $"fatal signal:"
GLOBL otherText<>(SB), RODATA, $13
DATA pcText<>+0(SB)/4, $"\nPC="
GLOBL pcText<>(SB), RODATA, $4
DATA codeText<>+0(SB)/13, $" m=0 sigcode="
GLOBL codeText<>(SB), RODATA, $13
DATA addrText<>+0(SB)/6, $" addr="
GLOBL addrText<>(SB), RODATA, $6
DATA endText<>+0(SB)/2, $"\n\n"
GLOBL endText<>(SB), RODATA, $2
DATA idleText<>+0(SB)/21, $"goroutine 0 [idle]:\n\n"
GLOBL idleText<>(SB), RODATA, $21
DATA goroutineText<>+0(SB)/10, $"goroutine "
GLOBL goroutineText<>(SB), RODATA, $10
DATA runningText<>+0(SB)/12, $" [running]:\n"
GLOBL runningText<>(SB), RODATA, $12
DATA unknownText<>+0(SB)/1, $"?"
GLOBL unknownText<>(SB), RODATA, $1
DATA argumentsText<>+0(SB)/10, $"(...)\n\tpc="
GLOBL argumentsText<>(SB), RODATA, $10

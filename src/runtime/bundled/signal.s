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
	LEAQ runtime·gsignal0(SB), R14
	MOVQ R14, (TLS)
	MOVQ DI, AX
	MOVQ SI, BX
	MOVQ DX, CX
	CALL runtime·sighandler<ABIInternal>(SB)
	INT $3

// sighandler(sig, info, ctx)
TEXT runtime·sighandler<ABIInternal>(SB), NOSPLIT, $24-0
	MOVL AX, sig+0(FP)
	MOVQ BX, info+8(FP)
	MOVQ CX, ctx+16(FP)
	MOVQ $2, AX
	LEAQ segvText<>(SB), BX
	MOVQ $31, CX
	CMPL sig+0(FP), $11
	JEQ say
	LEAQ otherText<>(SB), BX
	MOVQ $13, CX
say:
	CALL runtime·write1<ABIInternal>(SB)
	MOVQ $2, AX
	LEAQ pcText<>(SB), BX
	MOVQ $4, CX
	CALL runtime·write1<ABIInternal>(SB)
	// uc_mcontext.gregs[REG_RIP]
	MOVQ ctx+16(FP), AX
	MOVQ 168(AX), AX
	CALL runtime·printhex<ABIInternal>(SB)
	MOVQ $2, AX
	LEAQ codeText<>(SB), BX
	MOVQ $13, CX
	CALL runtime·write1<ABIInternal>(SB)
	// si_code
	MOVQ info+8(FP), AX
	MOVLQSX 8(AX), AX
	CALL runtime·printerr<ABIInternal>(SB)
	MOVQ $2, AX
	LEAQ addrText<>(SB), BX
	MOVQ $6, CX
	CALL runtime·write1<ABIInternal>(SB)
	// si_addr
	MOVQ info+8(FP), AX
	MOVQ 16(AX), AX
	CALL runtime·printhex<ABIInternal>(SB)
	MOVQ $2, AX
	LEAQ endText<>(SB), BX
	MOVQ $2, CX
	CALL runtime·write1<ABIInternal>(SB)
	MOVQ $2, AX
	CALL runtime·exit<ABIInternal>(SB)
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

#include "textflag.h"

// Start of a program: stack and TLS of the first thread, the scheduler, the goroutine of runtime.main, and off.

TEXT _rt0_amd64_linux(SB), NOSPLIT|NOFRAME, $0-0
	JMP runtime·rt0_go(SB)

TEXT runtime·rt0_go(SB), NOSPLIT|NOFRAME|TOPFRAME, $0-0
	// argc lies on the stack, argv behind it.
	LEAQ 8(SP), AX
	MOVQ AX, runtime·argv(SB)
	ANDQ $~15, SP
	// g0 runs on the stack that the kernel made.
	LEAQ runtime·g0(SB), R14
	LEAQ -(64*1024)(SP), BX
	MOVQ BX, g_stackguard0(R14)
	MOVQ BX, g_stackguard1(R14)
	MOVQ BX, g_stack(R14)
	MOVQ SP, (g_stack+stack_hi)(R14)
	// arch_prctl(ARCH_SET_FS, &m0.tls[1]): g is the word below FS.
	MOVQ $158, AX
	MOVQ $0x1002, DI
	LEAQ runtime·m0+(m_tls+8)(SB), SI
	SYSCALL
	MOVQ R14, (TLS)
	LEAQ runtime·m0(SB), AX
	MOVQ R14, m_g0(AX)
	MOVQ AX, g_m(R14)
	XORPS X15, X15
	CALL runtime·schedinit<ABIInternal>(SB)
	LEAQ runtime·mainPC(SB), AX
	CALL runtime·newproc<ABIInternal>(SB)
	CALL runtime·mstart(SB)
	INT $3

GLOBL runtime·argv(SB), NOPTR, $8

DATA runtime·mainPC+0(SB)/8, $runtime·main<ABIInternal>(SB)
GLOBL runtime·mainPC(SB), RODATA, $8

TEXT runtime·mstart(SB), NOSPLIT|TOPFRAME, $0-0
	// What g0.sched says from here on is where systemstack begins.
	MOVQ SP, (g_sched+gobuf_sp)(R14)
	CALL runtime·schedule<ABIInternal>(SB)
	INT $3

// Switching stacks.

// gogo(buf): goes on where buf was saved.
TEXT runtime·gogo<ABIInternal>(SB), NOSPLIT|NOFRAME, $0-0
	MOVQ AX, BX
	MOVQ gobuf_g(BX), DX
	MOVQ 0(DX), CX
	MOVQ DX, (TLS)
	MOVQ DX, R14
	MOVQ gobuf_sp(BX), SP
	MOVQ gobuf_ret(BX), AX
	MOVQ gobuf_ctxt(BX), DX
	MOVQ gobuf_bp(BX), BP
	MOVQ $0, gobuf_sp(BX)
	MOVQ $0, gobuf_ret(BX)
	MOVQ $0, gobuf_ctxt(BX)
	MOVQ $0, gobuf_bp(BX)
	MOVQ gobuf_pc(BX), BX
	JMP BX

// mcall(fn): saves the goroutine, then fn(g) on g0. fn does not return here.
TEXT runtime·mcall<ABIInternal>(SB), NOSPLIT, $0-0
	MOVQ AX, DX
	MOVQ 8(SP), BX
	MOVQ BX, (g_sched+gobuf_pc)(R14)
	LEAQ 16(SP), BX
	MOVQ BX, (g_sched+gobuf_sp)(R14)
	MOVQ (BP), BX
	MOVQ BX, (g_sched+gobuf_bp)(R14)
	MOVQ g_m(R14), BX
	MOVQ m_g0(BX), SI
	CMPQ SI, R14
	JNE good
	CALL runtime·badmcall(SB)
good:
	MOVQ R14, AX
	MOVQ SI, R14
	MOVQ R14, (TLS)
	MOVQ (g_sched+gobuf_sp)(R14), SP
	PUSHQ AX
	MOVQ 0(DX), R12
	CALL R12
	POPQ AX
	CALL runtime·badmcall(SB)
	RET

// systemstack(fn): fn() on g0, then back. On g0 itself there is no switch, and no frame of systemstack remains.
TEXT runtime·systemstack(SB), NOSPLIT, $0-8
	MOVQ fn+0(FP), DI
	MOVQ (TLS), AX
	MOVQ g_m(AX), BX
	CMPQ AX, m_gsignal(BX)
	JEQ noswitch
	MOVQ m_g0(BX), DX
	CMPQ AX, DX
	JEQ noswitch
	CMPQ AX, m_curg(BX)
	JNE bad
	CALL gosave_systemstack_switch<>(SB)
	MOVQ DX, (TLS)
	MOVQ DX, R14
	MOVQ (g_sched+gobuf_sp)(DX), SP
	MOVQ DI, DX
	MOVQ 0(DI), DI
	CALL DI
	MOVQ (TLS), AX
	MOVQ g_m(AX), BX
	MOVQ m_curg(BX), AX
	MOVQ AX, (TLS)
	MOVQ AX, R14
	MOVQ (g_sched+gobuf_sp)(AX), SP
	MOVQ (g_sched+gobuf_bp)(AX), BP
	MOVQ $0, (g_sched+gobuf_sp)(AX)
	MOVQ $0, (g_sched+gobuf_bp)(AX)
	RET
bad:
	CALL runtime·badsystemstack(SB)
noswitch:
	MOVQ DI, DX
	MOVQ 0(DI), DI
	POPQ BP
	JMP DI

// Where a goroutine seems to stand while its thread runs on g0.
TEXT runtime·systemstack_switch(SB), NOSPLIT, $0-0
	UNDEF
	CALL runtime·abort(SB)
	RET

// Saves R14's g as it stands in systemstack's body.
TEXT gosave_systemstack_switch<>(SB), NOSPLIT|NOFRAME, $0-0
	LEAQ runtime·systemstack_switch+8(SB), R9
	MOVQ R9, (g_sched+gobuf_pc)(R14)
	LEAQ 8(SP), R9
	MOVQ R9, (g_sched+gobuf_sp)(R14)
	MOVQ $0, (g_sched+gobuf_ret)(R14)
	MOVQ BP, (g_sched+gobuf_bp)(R14)
	MOVQ (g_sched+gobuf_ctxt)(R14), R9
	TESTQ R9, R9
	JZ 2(PC)
	CALL runtime·abort(SB)
	RET

// A goroutine's first return address points here.
TEXT runtime·goexit(SB), NOSPLIT|NOFRAME|TOPFRAME, $0-0
	BYTE $0x90
	CALL runtime·goexit1(SB)
	BYTE $0x90

TEXT runtime·goexit1(SB), NOSPLIT, $0-0
	LEAQ runtime·goexit0·f(SB), AX
	CALL runtime·mcall<ABIInternal>(SB)
	RET

DATA runtime·goexit0·f+0(SB)/8, $runtime·goexit0<ABIInternal>(SB)
GLOBL runtime·goexit0·f(SB), RODATA, $8

// morestack: called from a prologue with too little room. Remembers where f and its caller were and lets newstack copy the stack on g0.
TEXT runtime·morestack_noctxt(SB), NOSPLIT|NOFRAME, $0-0
	XORL DX, DX
	JMP runtime·morestack(SB)

TEXT runtime·morestack(SB), NOSPLIT|NOFRAME, $0-0
	MOVQ (TLS), DI
	MOVQ g_m(DI), BX
	// f's place: inside its prologue.
	MOVQ 0(SP), AX
	MOVQ AX, (g_sched+gobuf_pc)(DI)
	LEAQ 8(SP), AX
	MOVQ AX, (g_sched+gobuf_sp)(DI)
	MOVQ BP, (g_sched+gobuf_bp)(DI)
	MOVQ DX, (g_sched+gobuf_ctxt)(DI)
	MOVQ m_g0(BX), SI
	CMPQ DI, SI
	JNE 3(PC)
	CALL runtime·badmorestackg0(SB)
	CALL runtime·abort(SB)
	MOVQ m_gsignal(BX), SI
	CMPQ DI, SI
	JNE 3(PC)
	CALL runtime·badmorestackg0(SB)
	CALL runtime·abort(SB)
	// f's caller.
	MOVQ 8(SP), AX
	MOVQ AX, (m_morebuf+gobuf_pc)(BX)
	LEAQ 16(SP), AX
	MOVQ AX, (m_morebuf+gobuf_sp)(BX)
	MOVQ DI, (m_morebuf+gobuf_g)(BX)
	MOVQ m_g0(BX), BX
	MOVQ BX, (TLS)
	MOVQ BX, R14
	MOVQ (g_sched+gobuf_sp)(BX), SP
	CALL runtime·newstack<ABIInternal>(SB)
	CALL runtime·abort(SB)
	RET

// asmcgocall(fn, arg): C on the stack of g0, aligned as System V wants it. AX = fn, BX = arg; the result comes back in AX.
TEXT runtime·asmcgocall<ABIInternal>(SB), NOSPLIT, $0-0
	MOVQ AX, R12
	MOVQ BX, R13
	MOVQ SP, DX
	MOVQ R14, DI
	MOVQ g_m(R14), R8
	CMPQ R14, m_gsignal(R8)
	JEQ nosave
	MOVQ m_g0(R8), SI
	CMPQ R14, SI
	JEQ nosave
	CALL gosave_systemstack_switch<>(SB)
	MOVQ SI, (TLS)
	MOVQ (g_sched+gobuf_sp)(SI), SP
	// Room for what must survive, then alignment. The old SP as a depth: the goroutine's stack may move meanwhile.
#ifdef MISALIGNED
	// The mistake of go-to-c's variant: a word more, and no ANDQ.
	SUBQ $24, SP
#else
	SUBQ $16, SP
	ANDQ $~15, SP
#endif
	MOVQ DI, 8(SP)
	MOVQ (g_stack+stack_hi)(DI), DI
	SUBQ DX, DI
	MOVQ DI, 0(SP)
	MOVQ R13, DI
	MOVQ R13, CX
	CALL R12
	MOVQ 8(SP), DI
	MOVQ (g_stack+stack_hi)(DI), SI
	SUBQ 0(SP), SI
	MOVQ DI, (TLS)
	MOVQ DI, R14
	MOVQ SI, SP
	XORPS X15, X15
	RET
nosave:
	SUBQ $16, SP
	ANDQ $~15, SP
	MOVQ DX, 0(SP)
	MOVQ R13, DI
	MOVQ R13, CX
	CALL R12
	MOVQ 0(SP), SI
	MOVQ SI, SP
	XORPS X15, X15
	RET

TEXT runtime·abort(SB), NOSPLIT|NOFRAME, $0-0
	INT $3
	JMP 0(PC)

TEXT runtime·badmcall(SB), NOSPLIT, $0-0
	LEAQ badmcallText<>(SB), AX
	MOVQ $28, BX
	CALL runtime·fatal<ABIInternal>(SB)
	RET

TEXT runtime·badsystemstack(SB), NOSPLIT, $0-0
	LEAQ badsystemstackText<>(SB), AX
	MOVQ $45, BX
	CALL runtime·fatal<ABIInternal>(SB)
	RET

TEXT runtime·badmorestackg0(SB), NOSPLIT, $0-0
	LEAQ badmorestackText<>(SB), AX
	MOVQ $25, BX
	CALL runtime·fatal<ABIInternal>(SB)
	RET

DATA badmcallText<>+0(SB)/28, $"runtime: mcall called on g0\n"
GLOBL badmcallText<>(SB), RODATA, $28
DATA badsystemstackText<>+0(SB)/45, $"runtime: systemstack called from a strange g\n"
GLOBL badsystemstackText<>(SB), RODATA, $45
DATA badmorestackText<>+0(SB)/25, $"runtime: morestack on g0\n"
GLOBL badmorestackText<>(SB), RODATA, $25

package runtime

// The kernel's ucontext_t up to its registers, in the order of <sys/ucontext.h>.
type savedcontext struct {
	_      [40]byte
	r8     uintptr
	r9     uintptr
	r10    uintptr
	r11    uintptr
	r12    uintptr
	r13    uintptr
	r14    uintptr
	r15    uintptr
	rdi    uintptr
	rsi    uintptr
	rbp    uintptr
	rbx    uintptr
	rdx    uintptr
	rax    uintptr
	rcx    uintptr
	rsp    uintptr
	rip    uintptr
	eflags uintptr
}

func catch()
func catcher(sig uint32, info *siginfo, ctx *savedcontext, gp *g)
func sigpanic()

// What r14's small Go runtime is made of: the names and offsets of Go 1.24's runtime, as far as this runtime has them.
package runtime

type stack struct {
	lo uintptr
	hi uintptr
}

type gobuf struct {
	sp   uintptr
	pc   uintptr
	g    *g
	ctxt unsafe.Pointer
	ret  uintptr
	lr   uintptr
	bp   uintptr
}

type funcval struct {
	fn uintptr
}

type iface struct {
	tab  *itab
	data unsafe.Pointer
}

// The beginning of every type's descriptor (internal/abi.Type). What follows there per kind, this runtime has no use for.
type _type struct {
	Size_       uintptr
	PtrBytes    uintptr
	Hash        uint32
	TFlag       uint8
	Align_      uint8
	FieldAlign_ uint8
	Kind_       uint8
	Equal       unsafe.Pointer
	GCData      *byte
	Str         int32
	PtrToThis   int32
}

type eface struct {
	_type *_type
	data  unsafe.Pointer
}

type itab struct {
	inter *_type
	_type *_type
	hash  uint32
	_     [4]byte
	fun   [1]uintptr
}

type waitReason uint8

type g struct {
	stack       stack
	stackguard0 uintptr
	stackguard1 uintptr
	_panic      unsafe.Pointer
	_defer      unsafe.Pointer
	m           *m
	sched       gobuf
	syscallsp   uintptr
	syscallpc   uintptr
	syscallbp   uintptr
	stktopsp    uintptr
	param       unsafe.Pointer

	atomicstatus     uint32
	stackLock        uint32
	goid             uint64
	schedlink        *g
	waitsince        int64
	waitreason       waitReason
	preempt          bool
	preemptStop      bool
	preemptShrink    bool
	asyncSafePoint   bool
	paniconfault     bool
	gcscandone       bool
	throwsplit       bool
	activeStackChans bool
	parkingOnChan    bool
	inMarkAssist     bool
	coroexit         bool
	raceignore       int8
	nocgocallback    bool
	tracking         bool
	trackingSeq      uint8
	trackingStamp    int64
	runnableTime     int64
	lockedm          *m
	fipsIndicator    uint8
	sig              uint32
	writebuf         []byte
	sigcode0         uintptr
	sigcode1         uintptr
	sigpc            uintptr
	parentGoid       uint64
	gopc             uintptr
	ancestors        unsafe.Pointer
	startpc          uintptr
	racectx          uintptr
	waiting          *sudog
	cgoCtxt          []uintptr
	labels           unsafe.Pointer
	timer            unsafe.Pointer
	sleepWhen        int64
	selectDone       uint32

	goroutineProfiled   uint32
	coroarg             unsafe.Pointer
	syncGroup           unsafe.Pointer
	otel_trace_context  any
	_                   [16]byte
	gcAssistBytes       int64
}

type m struct {
	g0         *g
	morebuf    gobuf
	divmod     uint32
	_          uint32
	procid     uint64
	gsignal    *g
	goSigStack [40]byte
	sigmask    uint64
	tls        [6]uintptr
	mstartfn   *funcval
	curg       *g
	caughtsig  *g
	p          *p
	nextp      *p
	oldp       *p
	id         int64
	mallocing  int32
	throwing   int32
	preemptoff string
	locks      int32
	dying      int32
	profilehz  int32
	spinning   bool
	blocked    bool
}

type p struct {
	id          int32
	status      uint32
	link        *p
	schedtick   uint32
	syscalltick uint32
	_           [24]byte
	m           *m
	mcache      unsafe.Pointer
	_           [24]byte
	raceprocctx uintptr
	_           [296]byte
	runqhead    uint32
	runqtail    uint32
	runq        [256]*g
	runnext     *g
	gFree       *g
}

// What the assembler writes into functab for each function, in the order of their addresses; the last has no name.
type functabEntry struct {
	entry uintptr
	name  string
}

// The part of the kernel's ucontext_t and siginfo_t that a fatal signal is told from.
type ucontext struct {
	_   [120]byte
	rbp uintptr
	_   [40]byte
	rip uintptr
}

type siginfo struct {
	signo int32
	errno int32
	code  int32
	_     int32
	addr  uintptr
}

type sudog struct {
	g        *g
	next     *sudog
	elem     unsafe.Pointer
	isSelect bool
	success  bool
	_        [6]byte
}

// A case of a select: sends come first.
type scase struct {
	c    *hchan
	elem unsafe.Pointer
}

type waitq struct {
	first *sudog
	last  *sudog
}

type hchan struct {
	qcount   uint
	dataqsiz uint
	buf      unsafe.Pointer
	elemsize uint16
	closed   uint32
	elemtype unsafe.Pointer
	sendx    uint
	recvx    uint
	recvq    waitq
	sendq    waitq
}

// A map of few entries, kept as a list of pairs.
type hmap struct {
	count int
	buf   *[8]bucket
}

type bucket struct {
	key  string
	elem uint64
}

type hiter struct {
	key  *string
	elem *uint64
	h    *hmap
	i    int
}

// The race runtime's ThreadState, as Go 1.19 to 1.27 have it.
type threadState struct {
	fast_state       uint32
	ignore_sync      int32
	shadow_stack_pos *uintptr
	trace_pos        *uint64
	trace_prev_pc    uintptr
	_                [12]byte
	clock            [256]uint16
	_                [12]byte
	shadow_stack     *uintptr
	shadow_stack_end *uintptr
	is_dead          bool
	_                [3]byte
	tid              uint32
	_                [32]byte
	tctx             unsafe.Pointer
	_                [8]byte
	slot             unsafe.Pointer
	slot_epoch       uint64
	slot_locked      bool
	_                [7]byte
	proc1            unsafe.Pointer
	_                [32]byte
}

// What the race detector has to tell, and where: it lies at tsanReplyAddress.
type tsanReply struct {
	text        *byte
	length      int
	path        *byte
	descriptor  int32
	ends        int32
	status      int32
	_           [4]byte
	seconds     int64
	nanoseconds int64
	gorace      *byte
	thread      *threadState
	cells       *uint32
	current     uint32
	old         uint32
	suppressions *byte
	room        *byte
}

var g0 g
var gsignal0 g
var m0 m
var p0 p
var allgs []*g
var mainStarted bool

func mallocgc(size uintptr) unsafe.Pointer
var argv unsafe.Pointer
func schedinit()
func newproc(fn *funcval)
func newproc1(fn *funcval, callergp *g, callerpc uintptr, parked bool, waitreason waitReason) *g
func malg(stacksize int32) *g
func gfget(pp *p) *g
func runqput(pp *p, gp *g, next bool)
func runqget(pp *p) *g
func schedule()
func execute(gp *g)
func gogo(buf *gobuf)
func mcall(fn *funcval)
func systemstack(fn *funcval)
func gopark(reason waitReason)
func goready(gp *g)
func Gosched()
func goexit0(gp *g)
func park_m(gp *g)
func gosched_m(gp *g)
func main()
func makechan(elemsize, size int) *hchan
func chansend1(c *hchan, elem unsafe.Pointer)
func chanrecv1(c *hchan, elem unsafe.Pointer)
func chanrecv2(c *hchan, elem unsafe.Pointer) bool
func chansend(c *hchan, elem unsafe.Pointer, block bool, callerpc uintptr) bool
func chanrecv(c *hchan, elem unsafe.Pointer, block bool) (selected, received bool)
func closechan(c *hchan)
func chanbuf(c *hchan, i uint) unsafe.Pointer
func racemeet(c *hchan, sg *sudog)
func racenotify(c *hchan, idx uint, sg *sudog)
func wake(sg *sudog)
func selectgo(cases *scase, nsends, nrecvs int, block bool) (int, bool)
func semacquire(addr *uint32)
func semrelease(addr *uint32)
func printint(v int64)
func errstring(s string)
func errint(v int64)
func errhex(v uint64)
func printstring(s string)
func printnl()
func exit(code int32)
func write1(fd uintptr, p unsafe.Pointer, n int32) int32
func fatal(s string)
func asmcgocall(fn, arg unsafe.Pointer) int32
func sighandler(sig uint32, info, ctx unsafe.Pointer, gp *g)
func traceback(pc, bp uintptr)
func funcname(pc uintptr) string
func makemap() *hmap
func mapassign(h *hmap, key string) *uint64
func mapassign_faststr(h *hmap, key string) *uint64
func mapassignswiss_faststr(h *hmap, key string) *uint64
func mapiterinit(h *hmap, it *hiter)
func mapiternext(h *hiter)
func mapIterStart(h *hmap, it *hiter)
func mapIterNext(h *hiter)
func mapbegin(h *hmap, it *hiter)
func mapstep(it *hiter)
func racefuncenter(callpc uintptr)
func racefuncexit()
func raceread(addr uintptr)
func racewrite(addr uintptr)
func RaceRead(addr uintptr)
func RaceWrite(addr uintptr)
func racereadrange(addr, size uintptr)
func racewriterange(addr, size uintptr)
func racereadpc(addr unsafe.Pointer, callerpc, pc uintptr)
func racewritepc(addr unsafe.Pointer, callerpc, pc uintptr)
func raceinit()
func racefini()
func racemapshadow(addr unsafe.Pointer, size uintptr)
func racemalloc(p unsafe.Pointer, sz uintptr)
func racegostart(pc uintptr) uintptr
func racegoend(thr uintptr)
func raceacquireg(gp *g, addr unsafe.Pointer)
func racereleaseg(gp *g, addr unsafe.Pointer)
func racereleasemergeg(gp *g, addr unsafe.Pointer)
func racereleaseacquireg(gp *g, addr unsafe.Pointer)
func raceacquire(addr unsafe.Pointer)
func racerelease(addr unsafe.Pointer)
func racereleasemerge(addr unsafe.Pointer)
func racereleaseacquire(addr unsafe.Pointer)
func RaceDisable()
func RaceEnable()

//r14:abi C
func __tsan_init(thr, proc *uintptr, cb uintptr)
//r14:abi C
func __tsan_fini()
//r14:abi C
func __tsan_map_shadow(addr unsafe.Pointer, size uintptr)
//r14:abi C
func __tsan_malloc(thr *threadState, pc uintptr, p unsafe.Pointer, sz uintptr)
//r14:abi C
func __tsan_free(p unsafe.Pointer, sz uintptr)
//r14:abi C
func __tsan_go_start(parent *threadState, thr *uintptr, pc uintptr)
//r14:abi C
func __tsan_go_end(thr *threadState)
//r14:abi C
func __tsan_proc_create(proc *uintptr)
//r14:abi C
func __tsan_proc_destroy(proc unsafe.Pointer)
//r14:abi C
func __tsan_finalizer_goroutine(thr *threadState)
//r14:abi C
func __tsan_func_enter(thr *threadState, pc uintptr)
//r14:abi C
func __tsan_func_exit(thr *threadState)
//r14:abi C
func __tsan_read(thr *threadState, addr unsafe.Pointer, pc uintptr)
//r14:abi C
func __tsan_write(thr *threadState, addr unsafe.Pointer, pc uintptr)
//r14:abi C
func __tsan_read_range(thr *threadState, addr unsafe.Pointer, size uintptr, pc uintptr)
//r14:abi C
func __tsan_write_range(thr *threadState, addr unsafe.Pointer, size uintptr, pc uintptr)
//r14:abi C
func __tsan_read_pc(thr *threadState, addr unsafe.Pointer, callpc uintptr, pc uintptr)
//r14:abi C
func __tsan_write_pc(thr *threadState, addr unsafe.Pointer, callpc uintptr, pc uintptr)
//r14:abi C
func __tsan_acquire(thr *threadState, addr unsafe.Pointer)
//r14:abi C
func __tsan_release(thr *threadState, addr unsafe.Pointer)
//r14:abi C
func __tsan_release_acquire(thr *threadState, addr unsafe.Pointer)
//r14:abi C
func __tsan_release_merge(thr *threadState, addr unsafe.Pointer)
//r14:abi C
func __tsan_mutex_before_lock(thr *threadState, addr unsafe.Pointer, write bool)
//r14:abi C
func __tsan_mutex_after_lock(thr *threadState, addr unsafe.Pointer, write bool)
//r14:abi C
func __tsan_mutex_before_unlock(thr *threadState, addr unsafe.Pointer, write bool)
//r14:abi C
func __tsan_go_ignore_sync_begin(thr *threadState)
//r14:abi C
func __tsan_go_ignore_sync_end(thr *threadState)
//r14:abi C
func __tsan_report_count(pn *uint64)
//r14:abi C
func __tsan_go_atomic32_load(thr *threadState, cpc, pc uintptr, a unsafe.Pointer)
//r14:abi C
func __tsan_go_atomic32_store(thr *threadState, cpc, pc uintptr, a unsafe.Pointer)
//r14:abi C
func __tsan_go_atomic32_exchange(thr *threadState, cpc, pc uintptr, a unsafe.Pointer)
//r14:abi C
func __tsan_go_atomic32_fetch_add(thr *threadState, cpc, pc uintptr, a unsafe.Pointer)
//r14:abi C
func __tsan_go_atomic32_fetch_and(thr *threadState, cpc, pc uintptr, a unsafe.Pointer)
//r14:abi C
func __tsan_go_atomic32_fetch_or(thr *threadState, cpc, pc uintptr, a unsafe.Pointer)
//r14:abi C
func __tsan_go_atomic32_compare_exchange(thr *threadState, cpc, pc uintptr, a unsafe.Pointer)
//r14:abi C
func __tsan_go_atomic64_load(thr *threadState, cpc, pc uintptr, a unsafe.Pointer)
//r14:abi C
func __tsan_go_atomic64_store(thr *threadState, cpc, pc uintptr, a unsafe.Pointer)
//r14:abi C
func __tsan_go_atomic64_exchange(thr *threadState, cpc, pc uintptr, a unsafe.Pointer)
//r14:abi C
func __tsan_go_atomic64_fetch_add(thr *threadState, cpc, pc uintptr, a unsafe.Pointer)
//r14:abi C
func __tsan_go_atomic64_fetch_and(thr *threadState, cpc, pc uintptr, a unsafe.Pointer)
//r14:abi C
func __tsan_go_atomic64_fetch_or(thr *threadState, cpc, pc uintptr, a unsafe.Pointer)
//r14:abi C
func __tsan_go_atomic64_compare_exchange(thr *threadState, cpc, pc uintptr, a unsafe.Pointer)
//r14:abi C
func detect()
//r14:abi C
func tell()
//r14:abi C
func __tsan_report_race(thr *threadState, shadow *uint32, cur, old uint32)
//r14:abi C
func afterAtomic()

const (
	waitReasonChanReceive = 14
	waitReasonSelect = 9
	waitReasonChanSend = 15
	waitReasonSemacquire = 18
	tsanReplyAddress = 0x7ed000000000
	tsanReplyRoom = 0x70000
	TSAN_init = 0x72313400
	TSAN_fini = 0x72313401
	TSAN_map_shadow = 0x72313402
	TSAN_malloc = 0x72313403
	TSAN_free = 0x72313404
	TSAN_go_start = 0x72313405
	TSAN_go_end = 0x72313406
	TSAN_proc_create = 0x72313407
	TSAN_finalizer_goroutine = 0x72313408
	TSAN_func_enter = 0x72313409
	TSAN_func_exit = 0x7231340a
	TSAN_read = 0x7231340b
	TSAN_write = 0x7231340c
	TSAN_read_pc = 0x7231340d
	TSAN_write_pc = 0x7231340e
	TSAN_read_range = 0x7231340f
	TSAN_write_range = 0x72313410
	TSAN_acquire = 0x72313411
	TSAN_release = 0x72313412
	TSAN_release_acquire = 0x72313413
	TSAN_release_merge = 0x72313414
	TSAN_mutex_after_lock = 0x72313415
	TSAN_mutex_before_unlock = 0x72313416
	TSAN_go_ignore_sync_begin = 0x72313417
	TSAN_go_ignore_sync_end = 0x72313418
	TSAN_report_count = 0x72313419
	TSAN_atomic = 0x7231341a
	TSAN_suppressions = 0x7231341b
)

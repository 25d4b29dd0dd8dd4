package runtime

// A call that is deferred: the frame that has deferred it (sp, bp), where that goes on after a recover (pc), the function, and the one deferred before it.
type deferral struct {
	sp   uintptr
	bp   uintptr
	pc   uintptr
	fn   *funcval
	link *deferral
}

// A panic that is on its way: its value, and whether a deferred function has taken it.
type panicking struct {
	arg       int
	recovered bool
}

// The latest deferral of the goroutine, and its panic.
var deferrals *deferral
var panics *panicking

func deferproc(fn *funcval) bool
func deferreturn()
func gopanic(arg int)
func gorecover() (arg int, ok bool)
func fatalpanic(arg int, pc, bp uintptr)

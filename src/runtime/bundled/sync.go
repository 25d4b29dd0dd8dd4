package sync

// Types of package sync, as Go 1.24 lays them out, and what this runtime has of their methods.

type Mutex struct {
	state int32
	sema  uint32
}

type RWMutex struct {
	w           Mutex
	writerSem   uint32
	readerSem   uint32
	readerCount int32
	readerWait  int32
}

type WaitGroup struct {
	state uint64
	sema  uint32
	_     [4]byte
}

type Once struct {
	done uint32
	m    Mutex
}

func (m *Mutex) Lock()
func (m *Mutex) Unlock()
func (m *RWMutex) RLock()
func (m *RWMutex) RUnlock()
func (m *RWMutex) Lock()
func (m *RWMutex) Unlock()
func (m *WaitGroup) Add(delta int)
func (m *WaitGroup) Done()
func (m *WaitGroup) Wait()
func (m *Once) Do(f *runtime.funcval)
func (m *Once) doSlow(f *runtime.funcval)

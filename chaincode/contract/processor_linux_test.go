package contract

import (
	"math"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// processorTime gives the time that the processor spends on a function, whatever else it has to do: the least of three runs.
func processorTime(t *testing.T, do func()) time.Duration {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	used := func() time.Duration {
		var usage syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_THREAD, &usage); err != nil {
			t.Skip(err)
		}
		return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
	}
	least := time.Duration(math.MaxInt64)
	for range 3 {
		before := used()
		do()
		if least = min(least, used()-before); least < baseTime {
			break
		}
	}
	return least
}

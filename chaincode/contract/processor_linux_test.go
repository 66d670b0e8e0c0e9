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
	used := func() time.Duration { return usedBy(t, syscall.RUSAGE_THREAD) }
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

// processTime gives the time that the processor has spent on this process so far, collecting its garbage included.
func processTime(t testing.TB) time.Duration { return usedBy(t, syscall.RUSAGE_SELF) }

func usedBy(t testing.TB, who int) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(who, &usage); err != nil {
		t.Skip(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

//go:build !linux

package contract

import (
	"testing"
	"time"
)

// processorTime is only known on Linux.
func processorTime(*testing.T, func()) time.Duration { return 0 }

// processTime is only known on Linux.
func processTime(testing.TB) time.Duration { return 0 }

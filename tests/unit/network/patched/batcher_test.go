package bft

import (
	"sync"
	"testing"
	"time"
)

// requests is a pool of requests without anything else.
type requests struct {
	RequestPool
	lock    sync.Mutex
	waiting [][]byte
}

func (r *requests) add(submitted chan struct{}, count int) {
	r.lock.Lock()
	defer r.lock.Unlock()
	for range count {
		r.waiting = append(r.waiting, []byte("request"))
	}
	select {
	case submitted <- struct{}{}:
	default:
	}
}

func (r *requests) NextRequests(most int, _ uint64, check bool) ([][]byte, bool) {
	r.lock.Lock()
	defer r.lock.Unlock()
	if check && len(r.waiting) < most {
		return nil, false
	}
	taken := r.waiting[:min(most, len(r.waiting))]
	r.waiting = r.waiting[len(taken):]
	return taken, len(taken) == most
}

// An hour is a timeout that no test waits for: a batch that is returned was closed by the other rule.
const never = time.Hour

func TestALoneRequestDoesNotWaitForTheTimeout(t *testing.T) {
	pool, submitted := &requests{}, make(chan struct{}, 1)
	batcher := NewBatchBuilder(pool, submitted, 10, 1<<20, never)
	for range 3 {
		pool.add(submitted, 1)
		if batch := batcher.NextBatch(); len(batch) != 1 {
			t.Fatalf("%d requests", len(batch))
		}
	}
}

func TestALoneRequestThatComesLateDoesNotWaitEither(t *testing.T) {
	pool, submitted := &requests{}, make(chan struct{}, 1)
	batcher := NewBatchBuilder(pool, submitted, 10, 1<<20, never)
	time.AfterFunc(20*lonelyTimeout, func() { pool.add(submitted, 1) })
	if batch := batcher.NextBatch(); len(batch) != 1 {
		t.Fatalf("%d requests", len(batch))
	}
}

func TestTheWaitGrowsWithTheBatchBeforeUpToTheTimeout(t *testing.T) {
	const timeout = time.Second
	for proposed, wait := range map[int]time.Duration{0: timeout, 1: timeout, 2: timeout / 4, 8: timeout / 2, 32: timeout, 500: timeout} {
		batcher := NewBatchBuilder(&requests{}, nil, 1000, 1<<20, timeout)
		batcher.proposed = proposed
		if patience := batcher.patience(); patience != wait {
			t.Errorf("%s after a batch of %d, expected %s", patience, proposed, wait)
		}
	}
}

func TestAfterABatchOfSeveralTheWaitCounts(t *testing.T) {
	pool, submitted := &requests{}, make(chan struct{}, 1)
	const timeout = 80 * lonelyTimeout
	batcher := NewBatchBuilder(pool, submitted, 10, 1<<20, timeout)
	pool.add(submitted, 8)
	if batch := batcher.NextBatch(); len(batch) != 8 {
		t.Fatalf("%d requests", len(batch))
	}
	pool.add(submitted, 1)
	began := time.Now()
	if batch := batcher.NextBatch(); len(batch) != 1 || time.Since(began) < timeout/2 {
		t.Fatalf("%d requests after %s", len(batch), time.Since(began))
	}
	batcher.batchTimeout = never
	pool.add(submitted, 1)
	if batch := batcher.NextBatch(); len(batch) != 1 {
		t.Fatalf("%d requests", len(batch))
	}
}

func TestAFullBatchDoesNotWait(t *testing.T) {
	pool, submitted := &requests{}, make(chan struct{}, 1)
	batcher := NewBatchBuilder(pool, submitted, 3, 1<<20, never)
	pool.add(submitted, 7)
	for range 2 {
		if batch := batcher.NextBatch(); len(batch) != 3 {
			t.Fatalf("%d requests", len(batch))
		}
	}
	batcher.Close()
	if batch := batcher.NextBatch(); len(batch) != 0 {
		t.Fatalf("%d requests", len(batch))
	}
}

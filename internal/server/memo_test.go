// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"fmt"
	"io"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestMemoIsBounded checks that the value that expires next is evicted, but never one that is being
// loaded.
func TestMemoIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMemo[int]()
		key := func(n int) (k [32]byte) {
			copy(k[:], fmt.Sprint(n))
			return k
		}
		kept := func(n int) bool {
			_, err := m.get(t.Context(), key(n), func() (int, time.Duration, error) { return 0, 0, io.EOF })
			return err == nil
		}
		hold := make(chan struct{})
		var asking sync.WaitGroup
		asking.Go(func() {
			_, _ = m.get(t.Context(), key(-1), func() (int, time.Duration, error) { <-hold; return 0, time.Hour, nil })
		})
		synctest.Wait()
		for n := range 3 * maxDecisions {
			lifetime := time.Hour
			if n == 7 {
				lifetime = 2 * time.Hour
			}
			if got, err := m.get(t.Context(), key(n), func() (int, time.Duration, error) { return n, lifetime, nil }); got != n || err != nil {
				t.Fatalf("%d, %v", got, err)
			}
			<-time.After(time.Millisecond)
		}
		if len(m.entries) != maxDecisions {
			t.Errorf("%d entries", len(m.entries))
		}
		close(hold)
		asking.Wait()
		for n, want := range map[int]bool{-1: true, 7: true, 8: false, 3*maxDecisions - 1: true} {
			if kept(n) != want {
				t.Errorf("entry %d is kept: %t", n, !want)
			}
		}
		<-time.After(time.Hour)
		for n := range 2 {
			_, _ = m.get(t.Context(), key(n), func() (int, time.Duration, error) { return 0, time.Hour, nil })
		}
		if len(m.entries) > 3 {
			t.Errorf("%d entries after they have expired", len(m.entries))
		}
	})
}

//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package systems

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// rowFollower watches the objects of a cluster like the exporter, scrapes continuously, and measures the delay from an
// event to a scrape with its rows.
type rowFollower struct {
	mu      sync.Mutex
	pending map[string]*change // by object
	took    map[watch.EventType][]time.Duration
	err     error
}

// change is an event whose rows were not in a scrape yet.
type change struct {
	event watch.EventType
	since time.Time // of the first one, when there are several
	rows  []string
	got   []string // by the last scrape
}

// follow starts a follower of a cluster that has no object yet. It ends with the test.
func follow(t *testing.T, e *harness.Exporter, c *testbed.Cluster) *rowFollower {
	t.Helper()
	f := &rowFollower{pending: map[string]*change{}, took: map[watch.EventType][]time.Duration{}}
	ctx, cancel := context.WithCancel(t.Context())
	var tasks sync.WaitGroup
	t.Cleanup(func() { cancel(); tasks.Wait() })
	for name, resource := range esoResources {
		w, err := c.Dynamic.Resource(resource).Watch(ctx, metav1.ListOptions{})
		harness.Must(t, err)
		tasks.Go(func() {
			for event := range w.ResultChan() {
				f.event(c.Name, event)
			}
			f.fail(ctx, fmt.Errorf("the watch of %s ended", name))
		})
	}
	tasks.Go(func() {
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for ctx.Err() == nil {
			if rows, err := esoRows(ctx, e); err != nil {
				f.fail(ctx, err)
			} else {
				f.scraped(rows, time.Now())
			}
			select {
			case <-ctx.Done():
			case <-tick.C:
			}
		}
	})
	return f
}

func (f *rowFollower) fail(ctx context.Context, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if ctx.Err() == nil && f.err == nil {
		f.err = err
	}
}

func (f *rowFollower) event(cluster string, event watch.Event) {
	now := time.Now()
	o, ok := event.Object.(*unstructured.Unstructured)
	f.mu.Lock()
	defer f.mu.Unlock()
	if !ok {
		f.err = fmt.Errorf("%s of a %T", event.Type, event.Object)
		return
	}
	c := f.pending[subjectOf(cluster, o)]
	if c == nil {
		c = &change{since: now}
		f.pending[subjectOf(cluster, o)] = c
	}
	c.event, c.rows = event.Type, nil
	if event.Type != watch.Deleted {
		c.rows = expectedRows(cluster, o)
	}
	slices.Sort(c.rows)
}

func (f *rowFollower) scraped(rows []harness.Series, at time.Time) {
	bySubject := map[string][]string{}
	for _, s := range rows {
		if !isOfOneObject(s) {
			continue
		}
		bySubject[subject(s)] = append(bySubject[subject(s)], line(s))
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for key, c := range f.pending {
		if c.got = bySubject[key]; !sameRows(c.got, c.rows) {
			continue
		}
		// The exporter may have received an event before this test.
		f.took[c.event] = append(f.took[c.event], max(0, at.Sub(c.since)))
		delete(f.pending, key)
	}
}

func sameRows(got, want []string) bool {
	slices.Sort(got)
	return slices.Equal(got, want)
}

// settled waits until the rows of all events were scraped. Operators should be frozen.
func (f *rowFollower) settled(t *testing.T) {
	t.Helper()
	harness.Eventually(t, time.Minute, func() error {
		f.mu.Lock()
		defer f.mu.Unlock()
		for key, c := range f.pending {
			return fmt.Errorf("%s %s, %s ago (-by the object +exported):\n%s", key, c.event, time.Since(c.since), cmp.Diff(c.rows, c.got))
		}
		return f.err
	})
}

// verify checks the measured delays. On an idle machine no change takes a second; if other tests use the cores, only
// most changes must be that fast.
func (f *rowFollower) verify(t *testing.T) {
	t.Helper()
	f.settled(t)
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, event := range []watch.EventType{watch.Added, watch.Modified, watch.Deleted} {
		took := slices.Sorted(slices.Values(f.took[event]))
		if len(took) == 0 {
			t.Errorf("no object was %s", event)
			continue
		}
		at := func(share float64) time.Duration {
			return took[int(share*float64(len(took)-1))].Round(time.Millisecond)
		}
		t.Logf("%-8s %4d events; from the event to a scrape: median %s, 95 %% %s, at most %s", event, len(took), at(0.5), at(0.95), at(1))
		if at(0.5) > time.Second || at(1) > 10*time.Second {
			t.Errorf("%s events take a median of %s and up to %s until they are seen", event, at(0.5), at(1))
		}
	}
}

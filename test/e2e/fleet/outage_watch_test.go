//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// outageWatch checks every scrape of an exporter.
type outageWatch struct {
	outages []*outage
	healthy map[string]string // the rows by kind
	whole   map[string]string // those that all the other clusters have
	skewed  map[string]string // the same an hour later

	mu      sync.Mutex
	last    map[string]clusterView
	scrapes int
	err     error // what must never be

	begun, ended time.Time
	lasted       time.Duration
	seen         map[string]*outageTimes // by cluster
	calmAge      ages                    // of the healthy cluster, without an outage
	outageAge    ages                    // during them
}

// ages are the greatest ages of signs of life.
type ages struct{ contact, event time.Duration }

func (a ages) String() string {
	return fmt.Sprintf("contact %s, event %s", a.contact.Round(time.Millisecond), a.event.Round(time.Millisecond))
}

func (a *ages) add(v clusterView) {
	now := time.Now()
	a.contact, a.event = max(a.contact, now.Sub(v.lastContact)), max(a.event, now.Sub(v.firstOfEvents))
}

// outageTimes has the times at which states of a cluster were first observed after the outages began.
type outageTimes struct{ failing, watches, down, gone, back time.Duration }

func (s *outageTimes) String() string {
	text := func(d time.Duration) string {
		if d == 0 {
			return "-"
		}
		return d.Round(time.Second / 10).String()
	}
	return fmt.Sprintf("cluster_failing %s, watch_failing %s, up 0 %s, rows gone %s, back %s",
		text(s.failing), text(s.watches), text(s.down), text(s.gone), text(s.back))
}

// watchOutages scrapes until the end of the test.
func watchOutages(t *testing.T, e *harness.Exporter, all []*outage) *outageWatch {
	t.Helper()
	w := &outageWatch{outages: all, seen: map[string]*outageTimes{}}
	for _, o := range all {
		w.seen[o.name] = &outageTimes{}
	}
	_, body, err := e.Get(t.Context(), "/metrics", "Accept-Encoding", "identity")
	harness.Must(t, err)
	views := viewOf(string(body))
	w.healthy, w.whole = views[healthy].rows, views[all[0].name].rows
	if len(w.healthy) != len(seededKinds) || len(w.whole) != len(seededKinds) {
		t.Fatalf("rows of %v and %v", slices.Sorted(maps.Keys(w.healthy)), slices.Sorted(maps.Keys(w.whole)))
	}
	w.skewed = map[string]string{}
	for kind, rows := range w.whole {
		w.skewed[kind] = anHourLater(rows)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var task sync.WaitGroup
	task.Go(func() {
		tick := time.NewTicker(200 * time.Millisecond)
		defer tick.Stop()
		for ctx.Err() == nil {
			code, body, err := e.Get(ctx, "/metrics", "Accept-Encoding", "identity")
			switch {
			case ctx.Err() != nil:
			case err != nil || code != http.StatusOK:
				w.report("scrape: %d %v", code, err)
			default:
				w.observe(viewOf(string(body)))
			}
			<-tick.C
		}
	})
	t.Cleanup(func() { cancel(); task.Wait() })
	return w
}

func (w *outageWatch) report(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil { // the first one is the one to read
		w.err = fmt.Errorf(format, args...)
	}
}

func (w *outageWatch) observe(views map[string]clusterView) {
	if !maps.Equal(views[healthy].rows, w.healthy) {
		w.report("the healthy cluster has other rows")
	}
	if v := views[healthy]; !v.up || v.failing != "" || len(v.watches) > 0 || v.synced != len(seededKinds) {
		w.report("the healthy cluster is %+v", v)
	}
	for _, o := range w.outages {
		for kind, rows := range w.rowsOf(o) {
			got := views[o.name].rows[kind]
			switch {
			case got == rows:
			case got == "" && (o.gone == allKinds || o.gone == kind):
			default:
				w.report("%s: a part of the rows of %s: %d bytes of %d", o.name, kind, len(got), len(rows))
			}
		}
		// A probe may be under way when its connection is cut, once.
		if v := views[o.name]; o.cluster == "" && (!v.up || v.failing != "" && v.failing != "network") {
			w.report("%s: up %v, %s", o.name, v.up, v.failing)
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.scrapes++
	w.last = views
	if w.begun.IsZero() {
		w.calmAge.add(views[healthy])
		return
	}
	w.outageAge.add(views[healthy])
	for _, o := range w.outages {
		s, v := w.seen[o.name], views[o.name]
		if !w.ended.IsZero() {
			first(&s.back, w.ended, v.up && len(v.watches) == 0 && len(v.rows) == len(w.whole))
			continue
		}
		first(&s.failing, w.begun, v.failing != "")
		first(&s.watches, w.begun, len(v.watches) > 0)
		first(&s.down, w.begun, !v.up)
		first(&s.gone, w.begun, len(v.rows) < len(w.whole))
	}
}

func first(d *time.Duration, since time.Time, ok bool) {
	if ok && *d == 0 {
		*d = time.Since(since)
	}
}

func (w *outageWatch) rowsOf(o *outage) map[string]string {
	if o.fault == testbed.Skew {
		return w.skewed
	}
	return w.whole
}

func (w *outageWatch) begin() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.begun = time.Now()
}

func (w *outageWatch) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = time.Now()
	w.lasted = w.ended.Sub(w.begun)
}

// checkNothingFailing returns nil if the fleet has been healthy for a while.
func (w *outageWatch) checkNothingFailing() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.scrapes < 60 {
		return fmt.Errorf("%d scrapes", w.scrapes)
	}
	return errors.Join(w.err, w.checkAllHealthy())
}

// checkAllHealthy returns the differences between the clusters and the healthy one.
func (w *outageWatch) checkAllHealthy() error {
	var err error
	for _, o := range w.outages {
		v := w.last[o.name]
		if !v.up || v.failing != "" || len(v.watches) > 0 || v.synced != len(w.whole) || !maps.Equal(v.rows, w.rowsOf(o)) {
			err = errors.Join(err, fmt.Errorf("%s: up %v, %s, watches %v, %d kinds synced, %d with rows", o.name, v.up, v.failing, v.watches, v.synced, len(v.rows)))
		}
	}
	return err
}

// checkAllShown returns the outages that the metrics do not show yet.
func (w *outageWatch) checkAllShown() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	err := w.err
	for _, o := range w.outages {
		v := w.last[o.name]
		gone := 0
		switch o.gone {
		case allKinds:
			gone = len(w.whole)
		case forbiddenKind:
			gone = 1
		}
		switch {
		case v.up != (o.cluster == ""), v.failing != o.cluster:
			err = errors.Join(err, fmt.Errorf("%s: up %v, failing %q", o.name, v.up, v.failing))
		case o.watch == "" && len(v.watches) > 0, o.watch != "" && !v.watches[o.watch]:
			err = errors.Join(err, fmt.Errorf("%s: watches fail: %v", o.name, v.watches))
		case len(w.whole)-len(v.rows) != gone, len(w.whole)-v.synced != gone:
			err = errors.Join(err, fmt.Errorf("%s: %d kinds have rows, %d are synced", o.name, len(v.rows), v.synced))
		}
	}
	if time.Since(w.begun) < outageLasts {
		err = errors.Join(err, errors.New("not for long enough"))
	}
	return err
}

func (w *outageWatch) checkAllBack() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return errors.Join(w.err, w.checkAllHealthy())
}

func (w *outageWatch) verify(t *testing.T) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		t.Error(w.err)
	}
	t.Logf("%d scrapes; the oldest signs of life of the healthy cluster: before %v, during %v", w.scrapes, w.calmAge, w.outageAge)
	// The limits leave room for a busy machine.
	if w.outageAge.contact > w.calmAge.contact+4*outageProbes || w.outageAge.event > w.calmAge.event+20*time.Second {
		t.Errorf("the healthy cluster became stale: %+v", w.outageAge)
	}
}

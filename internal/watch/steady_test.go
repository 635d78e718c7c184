// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/fakeapi"
)

func closedErrors(n int) string {
	return fmt.Sprintf(`cobaltcore_watch_errors_total{cluster="c",collector="test",group="test.example.com",kind="Widget",reason="closed"} %d`, n)
}

// list answers a LIST of widgets with the two of [bothKinds].
func list(w http.ResponseWriter) {
	_, _ = fmt.Fprintf(w, `{"metadata":{"resourceVersion":"3"},"items":[%s,%s]}`, widgetJSON("a", 1), widgetJSON("b", 2))
}

// A WatchList stream that ends before the bookmark is opened again.
func TestWatchListIsCutShort(t *testing.T) {
	t.Parallel()
	a := bothKinds(t)
	a.deny("widgets", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, fakeapi.Frame("ADDED", widgetJSON("a", 1)))
	})
	r := watchAPI(t, a, func(_ *fleet.Cluster, o *Options) { o.MinStreamLifetime = 300 * time.Millisecond })
	r.wantLine(closedErrors(2))
	r.wantLine(failing("Widget", "closed"))
	r.wantLine(`cobaltcore_cluster_up{cluster="c"} 1`)
	n := 0
	for _, requests := range a.requests("widgets") {
		n += requests
	}
	if n > 8 {
		t.Errorf("%d requests for two failures", n)
	}
	a.deny("widgets", nil)
	r.wantRows(allRows()...)
	r.wantNoLine("cobaltcore_watch_failing")
}

// Watches that end at once are a failure, but no reason to withdraw rows that
// each LIST confirms.
func TestShortWatches(t *testing.T) {
	t.Parallel()
	a := bothKinds(t)
	r := watchAPI(t, a, func(c *fleet.Cluster, o *Options) {
		c.WatchList, o.StaleAfter, o.MinStreamLifetime = false, 4*time.Second, 300*time.Millisecond
	})
	r.wantRows(allRows()...)
	stop := r.always(allRows())
	a.deny("widgets", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("watch") == "" {
			list(w)
		}
	})
	r.wantLine(failing("Widget", "closed"))
	r.wantLine(closedErrors(5))
	r.wantLine(failing("Widget", "closed")) // a LIST is no recovery
	a.deny("widgets", nil)
	r.wantNoLine("cobaltcore_watch_failing")
	stop()
}

func TestPause(t *testing.T) {
	const longestPause = 30 * time.Second
	k, before := &kind{steady: longestPause}, time.Duration(0)
	for short, most := range []time.Duration{
		0, 0, firstPause, 2 * firstPause, 4 * firstPause, 8 * firstPause, 16 * firstPause, 32 * firstPause, longestPause,
	} {
		k.state.short = short
		most = min(most, longestPause)
		seen := map[time.Duration]bool{}
		for range 100 {
			d := k.nextPause()
			if d < most/2 || d > most {
				t.Errorf("after %d: %s is not between %s and %s", short, d, most/2, most)
			}
			seen[d] = true
		}
		if most > 0 && len(seen) < 10 {
			t.Errorf("after %d: no jitter", short)
		}
		if most < before {
			t.Errorf("after %d: shorter than before", short)
		}
		before = most
	}
	k.state.short = 1 << 30
	if d := k.nextPause(); d > longestPause {
		t.Error(d)
	}
}

// TestSeriesIsLoggedOnce: a failing kind is logged once, with any number of apparent recoveries.
func TestSeriesIsLoggedOnce(t *testing.T) {
	var text bytes.Buffer
	k := &kind{log: slog.New(slog.NewTextHandler(&text, &slog.HandlerOptions{Level: slog.LevelWarn})), now: time.Now, steady: time.Hour}
	for range 5 {
		s := k.noteOpened(io.NopCloser(strings.NewReader("")), time.Now(), true)
		s.noteEnd(t.Context(), io.EOF)
		k.noteSuccess()
	}
	if n := strings.Count(text.String(), "reason=closed"); n != 1 || k.state.short != 5 || k.state.failing.Reason != failure.ReasonClosed {
		t.Errorf("%d lines, %d short streams, failing %q", n, k.state.short, k.state.failing.Reason)
	}
	k.noteSteadyStream()
	if k.state.failing.Reason != "" || k.state.short != 0 {
		t.Errorf("failing %q after a stream that lasted", k.state.failing.Reason)
	}
}

// TestShortStreamsNeedConfirmation: streams that end without an event never prove that the kind works.
func TestShortStreamsNeedConfirmation(t *testing.T) {
	now := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	k := &kind{log: slog.New(slog.DiscardHandler), now: func() time.Time { return now }, steady: time.Hour, silence: time.Minute}
	k.markSynced()
	for range shortStreams {
		now = now.Add(40 * time.Second)
		k.noteOpened(io.NopCloser(strings.NewReader("")), time.Now(), true).noteEnd(t.Context(), io.EOF)
	}
	if !k.needsConfirmation() || k.state.lastEvent != now || k.state.streaming {
		t.Errorf("after two minutes of streams that say nothing: %+v", k.state)
	}
	r := &reflector{kind: k} // no client: it must not come to a request
	if _, err := r.openWatch(t.Context()); err == nil {
		t.Error("the objects are not read again")
	}
	if k.noteEvent(); k.needsConfirmation() {
		t.Error("nothing is heard after an event")
	}
}

// A watch can last before the rows are stale.
func TestSteadyIsShorterThanStale(t *testing.T) {
	for stale, want := range map[time.Duration]time.Duration{5 * time.Minute: 30 * time.Second, 20 * time.Second: 10 * time.Second} {
		c := NewCluster(fleet.Cluster{Name: "c"}, nil, Options{Exposition: newExposition(t), Log: slog.New(slog.DiscardHandler), StaleAfter: stale})
		if got := c.options.MinStreamLifetime; got != want {
			t.Errorf("%s with staleAfter %s", got, stale)
		}
	}
}

// TestReasonOfKindThatAlternates is one series: a server behind a broken proxy answers a
// LIST in one way and a WATCH in another.
func TestReasonOfKindThatAlternates(t *testing.T) {
	var text bytes.Buffer
	k := &kind{log: slog.New(slog.NewTextHandler(&text, nil)), now: time.Now, steady: time.Hour}
	list, watch := failure.Errorf(failure.ReasonServer, "bad gateway"), failure.Errorf(failure.ReasonDecode, "not JSON")
	for i, step := range []struct {
		err  error
		want failure.Reason
	}{
		{list, "server"}, {watch, "server"}, {list, "server"}, {watch, "server"}, {watch, "server"}, {watch, "decode"}, {list, "decode"},
		{nil, ""}, {watch, "decode"},
	} {
		if k.noteFailure(t.Context(), step.err); step.err == nil {
			k.noteSuccess()
		}
		if k.state.failing.Reason != step.want {
			t.Errorf("step %d: %q, want %q", i, k.state.failing.Reason, step.want)
		}
	}
	if n := strings.Count(text.String(), "watch failed"); n != 3 || k.state.errors["server"] != 3 || k.state.errors["decode"] != 5 {
		t.Errorf("%d lines, counted %v", n, k.state.errors)
	}
}

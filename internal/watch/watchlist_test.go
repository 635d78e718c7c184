// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/fakeapi"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
)

func watchListErrors(n int) string {
	return strings.Replace(closedErrors(n), "closed", "watchlist", 1)
}

// onWatchList answers the WatchList streams of widgets with h, and a LIST and a WATCH of
// them as usual.
func onWatchList(a fakeAPI, h http.HandlerFunc) {
	a.Change(func(s *fakeapi.State) {
		s.Refuse = func(verb, path string) http.HandlerFunc {
			if verb == "WATCHLIST" && strings.HasSuffix(path, "/widgets") {
				return h
			}
			return nil
		}
	})
}

// TestWatchListNeverEnds has servers that accept a WatchList and never end its initial
// events: the kind is listed and watched.
func TestWatchListNeverEnds(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func(w http.ResponseWriter, r *http.Request){
		"no headers": func(http.ResponseWriter, *http.Request) {},
		"no event":   func(w http.ResponseWriter, _ *http.Request) { _ = http.NewResponseController(w).Flush() },
		"objects without a bookmark": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, fakeapi.Frame("ADDED", widgetJSON("a", 1)))
			_, _ = io.WriteString(w, fakeapi.Frame("ADDED", widgetJSON("gone", 7)))
			_ = http.NewResponseController(w).Flush()
		},
		"changes for ever": func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				_, _ = io.WriteString(w, fakeapi.Frame("MODIFIED", widgetJSON("a", 7)))
				_, _ = io.WriteString(w, fakeapi.Frame("BOOKMARK", `{"metadata":{"resourceVersion":"7"}}`))
				_ = http.NewResponseController(w).Flush()
				select {
				case <-r.Context().Done():
				case <-time.After(10 * time.Millisecond):
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := bothKinds(t)
			onWatchList(a, func(w http.ResponseWriter, r *http.Request) {
				answer(w, r)
				<-r.Context().Done()
			})
			r := watchAPI(t, a, func(_ *fleet.Cluster, o *Options) { o.WatchListTimeout = time.Second })
			r.wantRows(allRows()...)
			testutil.Eventually(t, func() (bool, string) { return r.Settled(), "not settled" })
			r.wantLine(watchListErrors(1))
			r.wantLine(`cobaltcore_collector_up{cluster="c",collector="test"} 1`)
			r.wantNoLine("cobaltcore_watch_failing")
			a.put("widgets", "b", `{"size":5}`)
			after := []string{size("Widget", "a", 1), size("Widget", "b", 5), size("Gadget", "g", 9)}
			r.wantRows(after...)

			a.cut("widgets", fakeapi.Frame("ERROR", fakeapi.Expired)) // the kind is read again, without a WatchList
			testutil.Eventually(t, func() (bool, string) { return a.requests("widgets")["LIST v1"] >= 2, "not listed again" })
			r.wantRows(after...)
			if n := a.requests("widgets")["WATCHLIST v1"]; n != 1 {
				t.Errorf("%d WatchList streams", n)
			}
			if n := a.requests("gadgets")["LIST v1"]; n != 0 {
				t.Errorf("the other kind was listed %d times", n)
			}

			r.connectTo(fakeAPI{a.Server}) // nothing has changed
			onWatchList(a, nil)
			r.rewrite(a.Kubeconfig("another")) // another connection may have WatchList
			testutil.Eventually(t, func() (bool, string) { return a.requests("widgets")["WATCHLIST v1"] == 2, "no WatchList stream" })
			r.wantRows(after...)
		})
	}
}

// TestArrived counts the objects of a kind that is not complete, and none of one that is.
func TestArrived(t *testing.T) {
	t.Parallel()
	a := bothKinds(t)
	complete := make(chan struct{})
	onWatchList(a, func(w http.ResponseWriter, r *http.Request) {
		for n := range 3 {
			_, _ = io.WriteString(w, fakeapi.Frame("ADDED", widgetJSON(fmt.Sprintf("slow-%d", n), n+1)))
		}
		_ = http.NewResponseController(w).Flush()
		<-complete
		_, _ = io.WriteString(w, fakeapi.Frame("BOOKMARK",
			`{"metadata":{"resourceVersion":"9","annotations":{"k8s.io/initial-events-end":"true"}}}`))
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	r := watchAPI(t, a, func(_ *fleet.Cluster, o *Options) { o.WatchListTimeout = testutil.Deadline })
	testutil.Eventually(t, func() (bool, string) { return r.ListedObjects() == 3, fmt.Sprint(r.ListedObjects()) })
	close(complete)
	testutil.Eventually(t, func() (bool, string) { return r.Settled() && r.ListedObjects() == 0, fmt.Sprint(r.ListedObjects()) })
}

// TestSlowWatchList has objects that arrive one by one, longer than a pause or a silence may be.
func TestSlowWatchList(t *testing.T) {
	t.Parallel()
	const objects, pause, stalled = 8, 150 * time.Millisecond, time.Second
	a := bothKinds(t)
	onWatchList(a, func(w http.ResponseWriter, r *http.Request) {
		for n := range objects {
			_, _ = io.WriteString(w, fakeapi.Frame("ADDED", widgetJSON(fmt.Sprintf("slow-%d", n), n+1)))
			_ = http.NewResponseController(w).Flush()
			<-time.After(pause)
		}
		_, _ = io.WriteString(w, fakeapi.Frame("BOOKMARK",
			`{"metadata":{"resourceVersion":"9","annotations":{"k8s.io/initial-events-end":"true"}}}`))
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	r := watchAPI(t, a, func(_ *fleet.Cluster, o *Options) { o.WatchListTimeout, o.SilenceTimeout = stalled, stalled })
	want := []string{size("Gadget", "g", 9)}
	for n := range objects {
		want = append(want, size("Widget", fmt.Sprintf("slow-%d", n), n+1))
	}
	r.wantRows(want...)
	if got := scrape(r.exposition, `cobaltcore_watch_errors_total{cluster="c",collector="test",group="test.example.com",kind="Widget"`); got != nil {
		t.Error(got)
	}
	if n := a.requests("widgets")["LIST v1"]; n != 0 {
		t.Errorf("%d lists", n)
	}
}

// TestClusterThatDoesNotAnswer hangs LIST too: the WatchList is not the reason.
func TestClusterThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	a := bothKinds(t)
	var asked atomic.Int32
	a.deny("widgets", func(_ http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		<-r.Context().Done()
	})
	r := watchAPI(t, a, func(_ *fleet.Cluster, o *Options) {
		o.WatchListTimeout, o.SilenceTimeout = 100*time.Millisecond, 400*time.Millisecond
	})
	r.wantLine(failing("Widget", "timeout"))
	testutil.Eventually(t, func() (bool, string) { return asked.Load() > 4, "not asked again" })
	for _, line := range scrape(r.exposition, "cobaltcore_watch_errors_total") {
		if strings.Contains(line, "Widget") && strings.Contains(line, "watchlist") { // Gadgets may be late on a busy machine
			t.Error(line)
		}
	}
}

// TestInterruptedWatchList has WatchList streams that end before the bookmark, again and again: the kind is listed.
func TestInterruptedWatchList(t *testing.T) {
	t.Parallel()
	a := bothKinds(t)
	onWatchList(a, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, fakeapi.Frame("ADDED", widgetJSON("a", 1)))
	})
	r := watchAPI(t, a, func(_ *fleet.Cluster, o *Options) { o.MinStreamLifetime = time.Nanosecond }) // no stream is short
	r.wantRows(allRows()...)
	r.wantLine(closedErrors(maxInterrupted))
	r.wantNoLine("cobaltcore_watch_failing")
}

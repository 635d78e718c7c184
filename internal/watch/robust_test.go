// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/fakeapi"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
)

func widgetJSON(name string, n int) string {
	return fmt.Sprintf(`{"metadata":{"name":%q,"namespace":"n","resourceVersion":"%d"},"spec":{"size":%[2]d}}`, name, n)
}

// hangWatches answers a LIST with list, and a watch with silence.
func hangWatches(list http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("watch") == "" {
			list(w, r)
			return
		}
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}
}

// TestServerWithoutWatchList checks that a server without WatchList is not a failure, and that
// nothing is settled before its LIST has an answer.
func TestServerWithoutWatchList(t *testing.T) {
	t.Parallel()
	a := newFakeAPI(t, (*httptest.Server).Start)
	a.serve("Widget", "v1")
	asked, answer := make(chan struct{}), make(chan struct{})
	list := hangWatches(func(w http.ResponseWriter, _ *http.Request) {
		close(asked)
		<-answer
		_, _ = fmt.Fprintf(w, `{"metadata":{"resourceVersion":"5"},"items":[%s]}`, widgetJSON("a", 1))
	})
	a.deny("widgets", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("sendInitialEvents") == "true" {
			fakeapi.Status(http.StatusUnprocessableEntity, "Invalid", "sendInitialEvents is forbidden")(w, r)
			return
		}
		list(w, r)
	})
	r := watchAPI(t, a, func(_ *fleet.Cluster, o *Options) { o.ProbeInterval = time.Hour })
	<-asked
	if r.Settled() {
		t.Error("settled before the LIST has answered")
	}
	close(answer)
	r.wantRows(size("Widget", "a", 1))
	if got := scrape(r.exposition, "cobaltcore_watch_errors_total"); got != nil {
		t.Error(got)
	}
}

func TestFailedProbeDoesNotSettle(t *testing.T) {
	c := NewCluster(fleet.Cluster{Name: "c"}, nil, Options{Exposition: newExposition(t), Log: slog.New(slog.DiscardHandler)})
	var got []bool
	for range 2 {
		c.recordProbe(errors.New("network"))
		got = append(got, c.Settled())
	}
	if diff := cmp.Diff([]bool{false, true}, got); diff != "" {
		t.Error(diff)
	}
}

// An API server that has just started may not yet have loaded its custom resources, so a kind that
// is missing in one probe keeps its rows.
func TestMissingKindKeepsItsRows(t *testing.T) {
	t.Parallel()
	a := newFakeAPI(t, (*httptest.Server).Start)
	a.serve("Widget", "v1")
	a.put("widgets", "a", `{"size":1}`)
	r := watchAPI(t, a, func(_ *fleet.Cluster, o *Options) { o.ProbeInterval = time.Hour })
	r.wantRows(size("Widget", "a", 1))
	r.cancel()
	<-r.done // the test runs the following probes itself
	s := &session{cluster: r.Cluster, watches: map[*kind]*runningWatch{}}
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(func() {
		cancel()
		for k := range s.watches {
			s.stop(k)
		}
		s.api.client.Close()
	})
	var got []int
	for _, versions := range [][]string{{"v1"}, nil, {"v1"}, nil, nil} {
		a.serve("Widget", versions...)
		if err := s.probe(ctx); err != nil {
			t.Fatal(err)
		}
		got = append(got, len(scrape(r.exposition, "test_size")))
	}
	if diff := cmp.Diff([]int{1, 1, 1, 1, 0}, got); diff != "" {
		t.Error(diff)
	}
}

func TestListWithInvalidObjects(t *testing.T) {
	t.Parallel()
	a := newFakeAPI(t, (*httptest.Server).Start)
	a.serve("Widget", "v1")
	a.deny("widgets", hangWatches(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(w, `{"metadata":{"resourceVersion":"5"},"items":[%s,%s,null,5,"x",{}]}`, widgetJSON("a", 1), widgetJSON("a", 2))
	}))
	r := watchAPI(t, a, func(c *fleet.Cluster, _ *Options) { c.WatchList = false })
	r.wantRows(size("Widget", "a", 2))
	r.wantLine(`cobaltcore_watch_objects{cluster="c",collector="test",group="test.example.com",kind="Widget"} 1`)
	r.wantLine(`cobaltcore_watch_partial_decodes_total{cluster="c",collector="test",group="test.example.com",kind="Widget"} 4`)
}

// A silent watch is restarted, and its rows are kept in the meantime.
func TestSilentWatch(t *testing.T) {
	t.Parallel()
	a := newFakeAPI(t, (*httptest.Server).Start)
	a.serve("Widget", "v1")
	a.put("widgets", "a", `{"size":1}`)
	r := watchAPI(t, a, func(_ *fleet.Cluster, o *Options) { o.SilenceTimeout = 200 * time.Millisecond })
	r.wantRows(size("Widget", "a", 1))
	testutil.Eventually(t, func() (bool, string) {
		n := a.requests("widgets")["WATCHLIST v1"]
		return n >= 3, fmt.Sprintf("%d watches", n)
	})
	r.wantRows(size("Widget", "a", 1))
	if got := scrape(r.exposition, "cobaltcore_watch_errors_total"); len(got) != 1 || !strings.Contains(got[0], `reason="timeout"`) {
		t.Errorf("errors: %v", got)
	}
}

// A LIST that hangs is aborted, and the next LIST is used.
func TestHangingList(t *testing.T) {
	t.Parallel()
	a := newFakeAPI(t, (*httptest.Server).Start)
	a.serve("Widget", "v1")
	a.put("widgets", "b", `{"size":2}`)
	a.deny("widgets", func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, `{"metadata":{"resourceVersion":"5"},"items":[%s,`, widgetJSON("a", 1))
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	r := watchAPI(t, a, func(c *fleet.Cluster, o *Options) { c.WatchList, o.SilenceTimeout = false, 300*time.Millisecond })
	r.wantLine(`cobaltcore_watch_failing{cluster="c",collector="test",group="test.example.com",kind="Widget",reason="timeout"} 1`)
	a.deny("widgets", nil)
	r.wantRows(size("Widget", "b", 2))
}

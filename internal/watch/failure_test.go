// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"errors"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/fakeapi"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
)

func failing(kind, reason string) string {
	return `cobaltcore_watch_failing{cluster="c",collector="test",group="test.example.com",kind="` + kind + `",reason="` + reason + `"} 1`
}

// TestOneKindFails checks that a kind that fails from the start affects no other kind, and recovers.
func TestOneKindFails(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		answer http.HandlerFunc
		reason string
	}{
		"forbidden":    {fakeapi.Status(http.StatusForbidden, "Forbidden", "not for you"), "forbidden"},
		"unauthorized": {fakeapi.Status(http.StatusUnauthorized, "Unauthorized", "who are you"), "unauthorized"},
		"HTML":         {fakeapi.HTML, "decode"},
		"server error": {fakeapi.Status(http.StatusInternalServerError, "InternalError", "etcd"), "server"},
		"no upstream":  {fakeapi.Gateway, "server"},
	} {
		for _, watchList := range []bool{true, false} {
			name := name + " LIST"
			if watchList {
				name += " after WatchList"
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				a := bothKinds(t)
				a.deny("widgets", tc.answer)
				r := watchAPI(t, a, func(c *fleet.Cluster, _ *Options) { c.WatchList = watchList })
				r.wantLine(failing("Widget", tc.reason))
				r.wantRows(size("Gadget", "g", 9))
				testutil.Eventually(t, func() (bool, string) { return r.Settled(), "not settled" })
				r.wantLine(`cobaltcore_cluster_up{cluster="c"} 1`)
				r.wantLine(`cobaltcore_collector_up{cluster="c",collector="test"} 0`)
				r.wantLine(`cobaltcore_watch_synced{cluster="c",collector="test",group="test.example.com",kind="Widget"} 0`)
				a.deny("widgets", nil)
				r.wantRows(allRows()...)
				r.wantNoLine("cobaltcore_watch_failing")
			})
		}
	}
}

// TestExpired changes objects while the watch is interrupted. The objects are listed again, and every scrape has either
// the old or the new set.
func TestExpired(t *testing.T) {
	t.Parallel()
	for _, watchList := range []bool{true, false} {
		t.Run(map[bool]string{true: "WatchList", false: "LIST"}[watchList], func(t *testing.T) {
			t.Parallel()
			a := bothKinds(t)
			r := watchAPI(t, a, func(c *fleet.Cluster, _ *Options) { c.WatchList = watchList })
			r.wantRows(allRows()...)
			if !watchList {
				testutil.Eventually(t, func() (bool, string) { return a.requests("widgets")["WATCH v1"] == 1, "no watch" })
			}
			after := []string{size("Widget", "a", 6), size("Widget", "z", 8), size("Gadget", "g", 9)}
			stop := r.always(allRows(), after)
			a.Change(func(s *fakeapi.State) {
				s.Forget(listOf("widgets"), "b")
				s.Put(listOf("widgets"), "a", spec(`{"size":6}`))
				s.Put(listOf("widgets"), "z", spec(`{"size":8}`))
				s.Cut(listOf("widgets"), fakeapi.Frame("ERROR", fakeapi.Expired))
			})
			r.wantRows(after...)
			stop()
			r.wantLine(`cobaltcore_watch_errors_total{cluster="c",collector="test",group="test.example.com",kind="Widget",reason="expired"} 1`)
			r.wantNoLine("cobaltcore_watch_failing")
		})
	}
}

// TestWatchEnds checks that no rows are lost if a watch ends in a usual way.
func TestWatchEnds(t *testing.T) {
	t.Parallel()
	for name, goodbye := range map[string]string{
		"silently":             "",
		"in the middle":        `{"type":"ADDED","object":{"metadata":`,
		"with HTML":            "<html>\n",
		"with an unknown type": "{\"type\":\"EXPLODED\",\"object\":{}}\n",
		"with an error":        fakeapi.Frame("ERROR", `{"kind":"Status","status":"Failure","reason":"InternalError","code":500}`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := bothKinds(t)
			r := watchAPI(t, a)
			r.wantRows(allRows()...)
			stop := r.always(allRows())
			before := a.requests("widgets")
			a.cut("widgets", goodbye)
			testutil.Eventually(t, func() (bool, string) { return !cmp.Equal(before, a.requests("widgets")), "not watched again" })
			stop()
			a.put("widgets", "a", `{"size":5}`)
			r.wantRows(size("Widget", "a", 5), size("Widget", "b", 2), size("Gadget", "g", 9))
			r.wantNoLine("cobaltcore_watch_failing")
		})
	}
}

func TestClusterDies(t *testing.T) {
	t.Parallel()
	for name, dead := range map[string]func(fakeAPI, bool){
		"connections end": fakeAPI.Kill,
		"bad gateway": func(a fakeAPI, dead bool) {
			if dead {
				a.Replace(fakeapi.Gateway)
			} else {
				a.Replace(nil)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := bothKinds(t)
			r := watchAPI(t, a, func(_ *fleet.Cluster, o *Options) { o.StaleAfter = 300 * time.Millisecond })
			r.wantRows(allRows()...)
			stop := r.always(allRows(), nil, // the whole kind is removed
				[]string{size("Widget", "a", 1), size("Widget", "b", 2)}, []string{size("Gadget", "g", 9)})
			dead(a, true)
			r.wantLine(`cobaltcore_cluster_up{cluster="c"} 0`)
			r.wantRows()
			r.wantLine(`cobaltcore_watch_synced{cluster="c",collector="test",group="test.example.com",kind="Widget"} 0`)
			dead(a, false)
			r.wantLine(`cobaltcore_cluster_up{cluster="c"} 1`)
			r.wantRows(allRows()...)
			stop()
			r.wantNoLine("cobaltcore_cluster_failing")
		})
	}
}

// TestOneKindGoesStale checks that stale rows of one kind are removed while its cluster responds.
func TestOneKindGoesStale(t *testing.T) {
	t.Parallel()
	a := bothKinds(t)
	r := watchAPI(t, a, func(_ *fleet.Cluster, o *Options) { o.StaleAfter = 300 * time.Millisecond })
	r.wantRows(allRows()...)
	a.deny("widgets", fakeapi.Status(http.StatusForbidden, "Forbidden", "no longer"))
	r.wantRows(size("Gadget", "g", 9))
	r.wantLine(`cobaltcore_cluster_up{cluster="c"} 1`)
	r.wantLine(failing("Widget", "forbidden"))
	a.deny("widgets", nil)
	r.wantRows(allRows()...)
}

// TestDiscoveryFails checks invalid responses to probes.
func TestDiscoveryFails(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		answer http.HandlerFunc
		reason string
	}{
		"HTML":         {fakeapi.HTML, "decode"},
		"unauthorized": {fakeapi.Status(http.StatusUnauthorized, "Unauthorized", "who are you"), "unauthorized"},
		"forbidden":    {fakeapi.Status(http.StatusForbidden, "Forbidden", "no"), "forbidden"},
		"server error": {fakeapi.Status(http.StatusServiceUnavailable, "ServiceUnavailable", "soon"), "server"},
		"no upstream":  {fakeapi.Gateway, "server"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := bothKinds(t)
			a.Replace(tc.answer)
			r := watchAPI(t, a)
			r.wantLine(`cobaltcore_cluster_failing{cluster="c",reason="` + tc.reason + `"} 1`)
			r.wantLine(`cobaltcore_cluster_up{cluster="c"} 0`)
			testutil.Eventually(t, func() (bool, string) { return r.Settled(), "not settled" })
			a.Replace(nil)
			r.wantRows(allRows()...)
		})
	}
}

// TestStartingServerKeepsKinds checks that discovery without kinds is ignored while /readyz is not ok.
func TestStartingServerKeepsKinds(t *testing.T) {
	t.Parallel()
	a := bothKinds(t)
	r := watchAPI(t, a)
	r.wantRows(allRows()...)
	stop := r.always(allRows())
	probes := make(chan struct{}, 1)
	a.Change(func(s *fakeapi.State) { // the watches continue
		s.Answer = func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/version":
				fakeapi.WriteJSON(w, map[string]string{"gitVersion": "v1.36.2"})
			case "/api":
				fakeapi.WriteJSON(w, map[string]any{"kind": "APIVersions"})
			case "/apis":
				fakeapi.WriteJSON(w, map[string]any{"kind": "APIGroupList", "groups": []any{}})
			default: // /readyz
				http.Error(w, "[-]poststarthook/crd-informer-synced failed", http.StatusInternalServerError)
				select {
				case probes <- struct{}{}:
				default:
				}
			}
		}
	})
	for range 4 {
		<-probes
	}
	r.wantLine(`cobaltcore_cluster_up{cluster="c"} 0`)
	a.Change(func(s *fakeapi.State) { s.Answer = nil })
	r.wantLine(`cobaltcore_cluster_up{cluster="c"} 1`)
	stop()
	r.wantRows(allRows()...)
}

// TestContact checks that one failed probe is no outage, but two are.
func TestContact(t *testing.T) {
	now := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	e := newExposition(t)
	c := NewCluster(fleet.Cluster{Name: "c", Source: "kubeconfig"}, nil, Options{
		Exposition: e, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return now },
	})
	e.Swap(nil, c.Groups())
	const contact = `cobaltcore_cluster_last_contact_timestamp_seconds{cluster="c"} 1795165200`
	info, up, down := `cobaltcore_cluster_info{cluster="c",role="",region="",owner="",source="kubeconfig",version="",cluster_uid=""} 1`, `cobaltcore_cluster_up{cluster="c"} 1`, `cobaltcore_cluster_up{cluster="c"} 0`
	const network, known = `cobaltcore_cluster_failing{cluster="c",reason="network"} 1`, `cobaltcore_cluster_kinds_known{cluster="c"} 1`
	for i, step := range []struct {
		err  error
		want []string
	}{
		{errors.New("EOF"), []string{network, info, known, down}}, // never reached
		{nil, []string{info, known, contact, up}},
		{errors.New("EOF"), []string{network, info, known, contact, up}},
		{nil, []string{info, known, contact, up}},
		{errors.New("EOF"), []string{network, info, known, contact, up}},
		{errors.New("EOF"), []string{network, info, known, contact, down}},
		{errors.New("EOF"), []string{network, info, known, contact, down}},
		{nil, []string{info, known, contact, up}},
	} {
		c.recordProbe(step.err)
		if diff := cmp.Diff(step.want, scrape(e, "cobaltcore_cluster")); diff != "" {
			t.Errorf("step %d: %s", i, diff)
		}
	}
	if !c.Settled() {
		t.Error("a cluster without kinds is not settled")
	}
}

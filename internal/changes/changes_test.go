// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package changes

import (
	"fmt"
	"net/url"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
)

var start = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)

func texts(all []Change) (texts []string) {
	for _, c := range all {
		texts = append(texts, c.Text)
	}
	return texts
}

func revision(i int, at time.Time) Change {
	return Change{At: at, Type: Revision, Cluster: "a", Target: "b", System: "flux", Kind: "Kustomization", Namespace: "n", Name: fmt.Sprint("k", i%97), Before: "0",
		After: fmt.Sprint(i)}
}

// TestLogIsBounded checks the limits of the number, the age and the bytes of changes.
func TestLogIsBounded(t *testing.T) {
	l := NewLog(100, time.Hour)
	for i := range 1000 {
		l.Add(revision(i, start.Add(time.Duration(i)*time.Second)))
	}
	now := start.Add(1000 * time.Second)
	if got := l.List(Query{Limit: MaxLimit}, now).Changes; len(got) != 100 || got[0].After != "999" || got[99].After != "900" {
		t.Errorf("%d changes", len(got))
	}
	if got := l.List(Query{}, start.Add(999*time.Second+time.Hour+time.Nanosecond)).Changes; len(got) != 0 {
		t.Errorf("%d old changes", len(got))
	}
	l.Configure(10, time.Hour, func() {})
	l.Add(revision(1000, now))
	if got := l.List(Query{}, now).Changes; len(got) != 10 || got[0].After != "1000" || got[9].After != "991" {
		t.Errorf("%d changes after fewer are kept", len(got))
	}
	l.Configure(50_000, time.Hour, func() {})
	for i := range 9 {
		c := revision(i, now)
		c.Before = strings.Repeat("x", maxBytes/8)
		l.Add(c)
	}
	if l.bytes > maxBytes || l.size > 8 || l.size < 7 {
		t.Errorf("%d bytes of %d changes", l.bytes, l.size)
	}
	l.Configure(0, time.Hour, func() {})
	l.Add(revision(1, now))
	if l.size != 0 {
		t.Error("a change is kept")
	}
}

// TestLogIsInOrder checks the order of changes that are added later than they happened.
func TestLogIsInOrder(t *testing.T) {
	l := NewLog(10, time.Hour)
	for _, s := range []int{5, 3, 4, 3, 9, 1} {
		l.Add(revision(s, start.Add(time.Duration(s)*time.Second)))
	}
	var got []string
	for _, c := range l.List(Query{}, start.Add(time.Minute)).Changes {
		got = append(got, c.After)
	}
	if diff := cmp.Diff([]string{"9", "5", "4", "3", "1"}, got); diff != "" { // the second 3 is a duplicate
		t.Error(diff)
	}
}

// TestPages checks the pages of the list, also for changes at the same time.
func TestPages(t *testing.T) {
	l := NewLog(1000, time.Hour)
	for i := range 250 {
		l.Add(revision(i, start.Add(time.Duration(i/7)*time.Second)))
	}
	now, seen := start.Add(time.Minute), map[string]bool{}
	values := url.Values{"limit": {"20"}, "kind": {"Kustomization,HelmRelease"}, "since": {start.Add(time.Second).Format(time.RFC3339)}}
	for pages := 0; ; pages++ {
		q, err := ParseQuery(values, now)
		if err != nil || pages > 20 {
			t.Fatal(pages, err)
		}
		list := l.List(q, now)
		for _, c := range list.Changes {
			if seen[c.After] {
				t.Errorf("%s is listed twice", c.After)
			}
			seen[c.After] = true
		}
		if list.Next == "" {
			break
		}
		values.Set("next", list.Next)
	}
	if len(seen) != 243 {
		t.Errorf("%d changes", len(seen))
	}
	for _, c := range []struct {
		query string
		want  int
	}{{"target=b&limit=1000", 250}, {"cluster=b", 0}, {"name=k3", 3}, {"text=K24", 3}, {"text=KUSTOM&limit=1000", 250}, {"type=state", 0}, {"type=state,revision&limit=1000", 250}, {"since=1m&limit=1000", 250}, {"since=30s", 40}} {
		values, _ := url.ParseQuery(c.query)
		q, err := ParseQuery(values, now)
		if got := len(l.List(q, now).Changes); err != nil || got != c.want {
			t.Errorf("%s: %d changes, want %d; %v", c.query, got, c.want, err)
		}
	}
	for _, query := range []string{"type=age", "since=yesterday", "limit=0", "limit=1001", "next=-", "next=-1"} {
		values, _ := url.ParseQuery(query)
		if _, err := ParseQuery(values, now); err == nil || !strings.Contains(err.Error(), "use") {
			t.Errorf("%s: %v", query, err)
		}
	}
}

// TestVerdict checks that a verdict is a change if it differs from the previous verdict of its cell. The first verdict
// is not a change, but is listed if verdicts are requested.
func TestVerdict(t *testing.T) {
	l := NewLog(10, time.Hour)
	for i, v := range []struct{ cluster, verdict string }{{"a", "ok"}, {"b", ""}, {"a", "ok"}, {"a", "down"}, {"b", "ok"}, {"a", ""}} {
		l.Verdict(v.cluster, "flux", v.verdict, start.Add(time.Duration(i)*time.Minute))
	}
	want := []string{"flux is no longer in cluster a", "flux in cluster b became ok", "flux in cluster a became down", "flux in cluster a became ok"}
	if diff := cmp.Diff(want, texts(l.List(Query{Type: string(Verdict)}, start.Add(10*time.Minute)).Changes)); diff != "" {
		t.Error(diff)
	}
	want = []string{want[0], want[2]}
	if diff := cmp.Diff(want, texts(l.List(Query{}, start.Add(10*time.Minute)).Changes)); diff != "" {
		t.Error(diff)
	}
}

// TestVerdictsLast checks that a verdict that lasts for longer than changes are kept stays known, and that the number of verdicts
// is limited.
func TestVerdictsLast(t *testing.T) {
	l := NewLog(2, time.Hour)
	l.Verdict("a", "flux", "down", start)
	for i := range 100 {
		l.Add(Change{At: start.Add(time.Minute), Type: Revision, Name: strconv.Itoa(i)})
	}
	for hour := 1; hour <= 50; hour++ {
		verdict := "down"
		if hour > 20 {
			verdict = "ok"
		}
		l.Verdict("a", "flux", verdict, start.Add(time.Duration(hour)*time.Hour))
		want := []VerdictSince{{"down", start}}
		switch {
		case hour > 45: // "down" ended more than a day ago
			want = []VerdictSince{{"ok", start.Add(21 * time.Hour)}}
		case hour > 20:
			want = append(want, VerdictSince{"ok", start.Add(21 * time.Hour)})
		}
		if diff := cmp.Diff(want, l.Verdicts("a", "flux")); diff != "" {
			t.Fatalf("after %d hours: %s", hour, diff)
		}
	}
	for i := range 1000 {
		l.Verdict("b", "flux", strconv.Itoa(i), start)
	}
	if all := l.Verdicts("b", "flux"); len(all) != MaxVerdicts || all[0].Verdict != strconv.Itoa(1000-MaxVerdicts) {
		t.Errorf("%d verdicts, the first %v", len(all), all[0])
	}
}

// TestBefore checks which changes may explain a finding: no changes of states, and none in other clusters.
func TestBefore(t *testing.T) {
	l := NewLog(100, time.Hour)
	add := func(minutes int, what Type, target, after string) {
		l.Add(Change{At: start.Add(time.Duration(minutes) * time.Minute), Type: what, Target: target, Kind: "K", Name: "x", Before: "y", After: after})
	}
	add(-16, Revision, "a", "too early")
	add(-9, Revision, "a", "fourth")
	add(-8, Revision, "a", "third")
	add(-7, State, "a", "failed")
	add(-6, State, "a", "suspended")
	add(-5, Revision, "b", "elsewhere")
	add(-4, Version, "a", "first")
	add(1, Revision, "a", "too late")
	index := l.Index()
	want := []string{"K x changed to version first", "K x became suspended, was y", "K x applied third"}
	if diff := cmp.Diff(want, texts(index.Before("a", start))); diff != "" {
		t.Error(diff)
	}
	if got := index.Before("a", start.Add(time.Hour)); got != nil {
		t.Error(texts(got))
	}
}

// BenchmarkAdd adds changes to a full log and reports the bytes of it.
func BenchmarkAdd(b *testing.B) {
	const limit = 50_000
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	l := NewLog(limit, 24*time.Hour)
	status := `flux_resource_info{cluster="management",target_cluster="control-plane",kind="Kustomization",exported_namespace="flux-system",name="control-plane-app-%06d",revision="x",applied_revision="refs/heads/main@sha1:%040d"} 1` + "\n"
	observe := l.Observer([]Source{{Family: "flux_resource_info", Type: Revision, Label: "applied_revision"}})
	i := 0
	add := func() {
		i++
		c := exposition.Change{Key: exposition.Key{Cluster: "management", Collector: "flux"}, Family: "flux_resource_info", At: start.Add(time.Duration(i))}
		c.Before, c.After = fmt.Appendf(nil, status, i%limit, i), fmt.Appendf(nil, status, i%limit, i+1)
		observe(c)
	}
	for range limit {
		add()
	}
	kept := float64(heap()-before) / (1 << 20)
	b.ReportAllocs()
	for b.Loop() {
		add()
	}
	b.ReportMetric(kept, "MiB-kept")
	if l.size != limit {
		b.Fatal(l.size)
	}
}

// BenchmarkList reads a full log.
func BenchmarkList(b *testing.B) {
	l := NewLog(50_000, 24*time.Hour)
	for i := range 50_000 {
		l.Add(revision(i, start.Add(time.Duration(i)*time.Second)))
	}
	b.ReportAllocs()
	for b.Loop() {
		if l.List(Query{Text: "nothing"}, start.Add(14*time.Hour)).Changes == nil {
			b.Fatal()
		}
	}
}

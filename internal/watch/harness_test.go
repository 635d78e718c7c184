// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/status"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// thing is the slim struct of the test resources.
type thing struct {
	Object

	Spec struct {
		Size       int    `json:"size"`
		Kubeconfig string `json:"kubeconfig"`
	} `json:"spec"`
}

var (
	thingSize    = family("test_size", "target_cluster", "kind", "name")
	thingCreated = family("test_created_timestamp_seconds", "kind", "name")
)

func family(name string, labels ...string) *exposition.Family {
	return &exposition.Family{Name: name, Help: "A test.", Type: exposition.Gauge, Labels: append([]string{"cluster"}, labels...)}
}

func thingResource(kind string, usesTargets bool, versions ...string) Resource {
	return NewResource(Resource{
		Group: testGroup, Kind: kind, Versions: versions, UsesTargets: usesTargets,
		Families: []*exposition.Family{thingSize, thingCreated},
	}, func(o *thing, v fleet.View, r *exposition.Rows) {
		if o.Spec.Size < 0 {
			r.Skip()
			return
		}
		r.Add(thingSize, float64(o.Spec.Size), v.Target(fleet.Reference{Kind: fleet.KindSecret, Namespace: o.Metadata.Namespace,
			Name: o.Spec.Kubeconfig}), kind, o.Metadata.Name)
		r.Time(thingCreated, o.Metadata.Created, kind, o.Metadata.Name)
	})
}

// testSets are Widgets, whose rows depend on the fleet, and Gadgets.
func testSets() []Set {
	return []Set{{Collector: "test", Resources: []Resource{
		thingResource("Widget", true, "v2", "v1"), thingResource("Gadget", false, "v1"),
	}}}
}

func newExposition(t *testing.T) *exposition.Exposition {
	t.Helper()
	e, err := exposition.New(exposition.Options{},
		slices.Concat(Families(), status.Families(), []*exposition.Family{thingSize, thingCreated})...)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// rig is a watched cluster.
type rig struct {
	*Cluster

	t          *testing.T
	exposition *exposition.Exposition
	all        []*exposition.Group // including the row of the collector
	kubeconfig string
	cancel     context.CancelFunc
	done       chan struct{}
}

// watchAPI runs a cluster against a, until the end of the test.
func watchAPI(t *testing.T, a fakeAPI, change ...func(*fleet.Cluster, *Options)) *rig {
	t.Helper()
	r := &rig{t: t, exposition: newExposition(t), kubeconfig: filepath.Join(t.TempDir(), "kubeconfig"), done: make(chan struct{})}
	r.connectTo(a)
	c := fleet.Cluster{Name: "c", Role: "r", Source: fleet.SourceKubeconfig, Kubeconfig: r.kubeconfig, WatchList: true}
	o := Options{
		Exposition: r.exposition, Sets: testSets(), Log: slog.New(slog.DiscardHandler),
		ProbeInterval: 50 * time.Millisecond, StaleAfter: time.Hour,
	}
	for _, f := range change {
		f(&c, &o)
	}
	r.Cluster = NewCluster(c, fleet.TargetsOf([]fleet.Cluster{c}), o)
	r.all = append(r.Groups(), status.Group(o.Exposition, c.Name, "test", func() status.Status { return r.Status("test") }))
	o.Exposition.Swap(nil, r.all)
	ctx, cancel := context.WithCancel(context.Background())
	r.cancel = cancel
	go func() {
		defer close(r.done)
		r.Run(ctx)
	}()
	t.Cleanup(r.stop)
	return r
}

func (r *rig) stop() {
	r.cancel()
	<-r.done
}

// connectTo writes the kubeconfig, in one step.
func (r *rig) connectTo(a fakeAPI) { r.rewrite(a.Kubeconfig("t")) }

func (r *rig) rewrite(kubeconfig string) {
	r.t.Helper()
	if err := os.WriteFile(r.kubeconfig+".new", []byte(kubeconfig), 0o600); err != nil {
		r.t.Fatal(err)
	}
	if err := os.Rename(r.kubeconfig+".new", r.kubeconfig); err != nil {
		r.t.Fatal(err)
	}
}

// scrape returns the sample lines whose name begins with prefix, sorted.
func scrape(e *exposition.Exposition, prefix string) []string {
	w := httptest.NewRecorder()
	h := exposition.Handler{Exposition: e}
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody))
	var lines []string
	for line := range strings.Lines(w.Body.String()) {
		if strings.HasPrefix(line, prefix) {
			lines = append(lines, strings.TrimSuffix(line, "\n"))
		}
	}
	slices.Sort(lines)
	return lines
}

// size is a row of test_size with the own cluster as target.
func size(kind, name string, size int) string {
	return fmt.Sprintf("test_size{cluster=\"c\",target_cluster=\"c\",kind=%q,name=%q} %d", kind, name, size)
}

// wantRows waits until the rows of test_size are as wanted.
func (r *rig) wantRows(want ...string) {
	r.t.Helper()
	slices.Sort(want)
	testutil.Eventually(r.t, func() (bool, string) {
		diff := cmp.Diff(want, scrape(r.exposition, "test_size"))
		return diff == "", diff + strings.Join(scrape(r.exposition, "cobaltcore"), "\n")
	})
}

// wantLine waits for a row.
func (r *rig) wantLine(line string) {
	r.t.Helper()
	testutil.Eventually(r.t, func() (bool, string) {
		all := scrape(r.exposition, "cobaltcore")
		return slices.Contains(all, line), line + " is not in\n" + strings.Join(all, "\n")
	})
}

// wantNoLine waits until no row begins with prefix.
func (r *rig) wantNoLine(prefix string) {
	r.t.Helper()
	testutil.Eventually(r.t, func() (bool, string) {
		lines := scrape(r.exposition, prefix)
		return lines == nil, fmt.Sprint(lines)
	})
}

// always scrapes test_size until stop is called, and fails if a set of rows is not one of the allowed sets.
func (r *rig) always(allowed ...[]string) (stop func()) {
	for _, a := range allowed {
		slices.Sort(a)
	}
	done := make(chan struct{})
	var task sync.WaitGroup
	task.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
			}
			got := scrape(r.exposition, "test_size")
			if !slices.ContainsFunc(allowed, func(want []string) bool { return slices.Equal(want, got) }) {
				r.t.Errorf("a scrape saw %q", got)
				return
			}
		}
	})
	return func() { close(done); task.Wait() }
}

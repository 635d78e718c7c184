//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/app"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// outage is an outage of a cluster and the expected metrics.
type outage struct {
	name string
	// fault is the fault that the proxy of the cluster causes; or hurt and heal cause and repair it in the cluster
	// itself.
	fault      testbed.Fault
	hurt, heal func(t *testing.T, p *testbed.FaultProxy) error
	// cluster is the reason of cobaltcore_cluster_failing; without one the cluster
	// must be up all the time.
	cluster string
	// watch is the reason of cobaltcore_watch_failing.
	watch string
	// gone are the kinds whose rows are removed after staleAfter: all, or one.
	gone string
}

const (
	allKinds      = "all kinds"
	forbiddenKind = "Kustomization"
	healthy       = "healthy"
)

// outages all happen at once, to clusters that are the same API server behind
// proxies of their own.
func outages(c *testbed.Cluster) []*outage {
	return []*outage{
		{name: "refused", fault: testbed.Refused, cluster: "refused", watch: "refused", gone: allKinds},
		{name: "black-hole", fault: testbed.BlackHole, cluster: "timeout", watch: "timeout", gone: allKinds},
		{name: "latency", fault: testbed.Latency, cluster: "timeout", watch: "timeout", gone: allKinds},
		{name: "reset", fault: testbed.Reset, cluster: "network", watch: "network", gone: allKinds},
		{name: "unauthorized", fault: testbed.Unauthorized, cluster: "unauthorized", watch: "unauthorized", gone: allKinds},
		{name: "forbidden", fault: testbed.Forbidden, watch: "forbidden", gone: forbiddenKind},
		{name: "throttled", fault: testbed.Throttled, cluster: "throttled", watch: "throttled", gone: allKinds},
		{name: "server-error", fault: testbed.ServerError, cluster: "server", watch: "server", gone: allKinds},
		{name: "html", fault: testbed.HTML, cluster: "decode", watch: "decode", gone: allKinds},
		{name: "truncated", fault: testbed.Truncated, cluster: "decode", watch: "decode", gone: allKinds},
		{name: "expired-certificate", fault: testbed.ExpiredCertificate, cluster: "tls", watch: "tls", gone: allKinds},
		{name: "wrong-ca", fault: testbed.WrongCA, cluster: "tls", watch: "tls", gone: allKinds},
		{name: "short-watches", fault: testbed.ShortWatches, watch: "closed"},
		{name: "skew", fault: testbed.Skew},
		revokedToken(c),
		removedRule(c),
	}
}

const (
	outageProbes  = 5 * time.Second
	outageStale   = 20 * time.Second
	outageLasts   = time.Minute // at least
	outageObjects = 48
)

// An outage of one cluster does not affect the others. It is reported with its reason, costs little, and ends without
// intervention.
func TestOutages(t *testing.T) {
	faulty, other := harness.StartCluster(t, "faulty"), harness.StartCluster(t, healthy)
	var seed *testbed.Seed
	for _, c := range []*testbed.Cluster{faulty, other} {
		harness.Must(t, c.ApplyCRDs(t.Context(), seededCRDs(t)...))
		var err error
		seed, err = testbed.SeedFlux(t.Context(), c, outageObjects)
		harness.Must(t, err)
	}
	config := "staleAfter: " + outageStale.String() + "\ncollectors: {externalSecrets: {enabled: false}, controllers: {enabled: false}}\n" + harness.ConfigFor("", other)
	all, proxies := outages(faulty), map[*outage]*testbed.FaultProxy{}
	for _, o := range all {
		p, err := testbed.StartFaultProxy(t.TempDir(), o.name, faulty)
		harness.Must(t, err)
		t.Cleanup(func() { harness.Stop(t, p.Stop) })
		proxies[o] = p
		switch {
		case o.heal != nil:
			harness.Must(t, o.heal(t, p))
		case o.fault == testbed.Skew: // from the start: objects are not read again when it begins
			harness.Must(t, p.Set(o.fault))
		}
		config += fmt.Sprintf("  - {name: %s, kubeconfig: {path: %s}}\n", o.name, p.Kubeconfig)
	}
	log := &countedLog{Handler: slog.NewTextHandler(t.Output(), nil), lines: map[string]int{}}
	e := harness.StartExporter(t, config, func(o *app.Options) { o.ProbeInterval, o.Log = outageProbes, slog.New(log) })
	e.WaitReady(t)
	keepChanging(t, seed)
	w := watchOutages(t, e, all)
	harness.Eventually(t, 5*time.Minute, w.checkNothingFailing) // long enough for a few probes
	before := usage()
	log.reset()

	w.begin()
	requests := map[*outage]int64{}
	for _, o := range all {
		requests[o] = asked(proxies[o])
	}
	each(t, all, func(o *outage) error {
		if o.hurt != nil {
			return o.hurt(t, proxies[o])
		}
		return proxies[o].Set(o.fault)
	})
	harness.Eventually(t, 4*time.Minute, w.checkAllShown)
	during := usage()
	for _, o := range all {
		requests[o] = asked(proxies[o]) - requests[o]
	}
	w.end()
	each(t, all, func(o *outage) error {
		switch {
		case o.heal != nil:
			return o.heal(t, proxies[o])
		case o.fault == testbed.Skew:
			return nil
		}
		return proxies[o].Heal()
	})
	harness.Eventually(t, 4*time.Minute, w.checkAllBack)
	w.verify(t)

	for _, o := range all {
		s := w.seen[o.name]
		t.Logf("%-20s %s; %d requests and connections, %d log lines", o.name, s, requests[o], log.of(o.name))
		// A kind sends less than ten requests in the first minute, two per attempt if it lists without a stream; a
		// probe sends three.
		probes := int64(w.lasted/outageProbes) + 2
		asks := int64(20)
		if o.name == "reset" {
			asks = 30 // net/http tries a request again whose connection was reset
		}
		if limit := asks*int64(len(seededKinds))*(1+int64(w.lasted/time.Minute)) + 3*2*probes; requests[o] > limit {
			t.Errorf("%s: %d requests in %s, more than %d", o.name, requests[o], w.lasted, limit)
		}
		if limit := 8 + 2*len(seededKinds); log.of(o.name) > limit {
			t.Errorf("%s: %d lines in the log", o.name, log.of(o.name))
		}
	}
	t.Logf("before: %v, during: %v", before, during)
	if during.goroutines > 2*before.goroutines || during.heap > before.heap+64<<20 {
		t.Errorf("%v became %v during the outages", before, during)
	}
	harness.Eventually(t, time.Minute, func() error {
		if after := usage(); after.goroutines > before.goroutines+before.goroutines/5 || after.heap > before.heap+32<<20 {
			return fmt.Errorf("%v became %v after the outages", before, after)
		}
		return nil
	})
}

// asked counts the requests to a proxy. If the handshake fails, it counts connections.
func asked(p *testbed.FaultProxy) int64 {
	requests, connections := p.Requests()
	return requests + connections
}

// keepChanging changes an object of each kind about every second, without an effect on its rows. The delay until a
// change is observed is the freshness of the cluster.
func keepChanging(t *testing.T, seed *testbed.Seed) {
	firsts := map[string]int{}
	for i := range seed.Len() {
		if kind := seed.Object(i).GetKind(); firsts[kind] == 0 {
			firsts[kind] = i
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	var task sync.WaitGroup
	task.Go(func() {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for ctx.Err() == nil {
			for kind, i := range firsts {
				if err := seed.UpdateStatus(ctx, i, testbed.Neutral); err != nil && ctx.Err() == nil {
					t.Errorf("change a %s: %v", kind, err)
				}
			}
			<-tick.C
		}
	})
	t.Cleanup(func() { cancel(); task.Wait() })
}

// seededKinds are those that SeedFlux makes, and their plurals.
var seededKinds = []string{"gitrepositories", "helmcharts", "helmreleases", "helmrepositories", "kustomizations", "ocirepositories"}

func seededCRDs(t *testing.T) []*unstructured.Unstructured {
	var out []*unstructured.Unstructured
	for _, crd := range harness.FluxCRDs(t) {
		plural, _, _ := strings.Cut(crd.GetName(), ".")
		for _, k := range seededKinds {
			if k == plural {
				out = append(out, crd)
			}
		}
	}
	return out
}

// each calls a function for all clusters concurrently.
func each(t *testing.T, all []*outage, do func(*outage) error) {
	t.Helper()
	var tasks sync.WaitGroup
	var mu sync.Mutex
	var failed error
	for _, o := range all {
		tasks.Go(func() {
			if err := do(o); err != nil {
				mu.Lock()
				failed = errors.Join(failed, fmt.Errorf("%s: %w", o.name, err))
				mu.Unlock()
			}
		})
	}
	tasks.Wait()
	harness.Must(t, failed)
}

// resources are the resources that this process uses.
type resources struct {
	goroutines int
	heap       uint64
}

func (r resources) String() string {
	return fmt.Sprintf("%d goroutines, %d MiB of heap", r.goroutines, r.heap>>20)
}

func usage() resources {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return resources{runtime.NumGoroutine(), m.HeapAlloc}
}

// countedLog counts the lines about each cluster.
type countedLog struct {
	slog.Handler

	mu    sync.Mutex
	lines map[string]int
}

// WithAttrs returns a handler that counts for the named cluster.
func (l *countedLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	inner := l.Handler.WithAttrs(attrs)
	for _, a := range attrs {
		if a.Key == "cluster" {
			return clusterLog{inner, l, a.Value.String()}
		}
	}
	return inner
}

func (l *countedLog) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	clear(l.lines)
}

func (l *countedLog) of(cluster string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lines[cluster]
}

type clusterLog struct {
	slog.Handler

	counted *countedLog
	cluster string
}

// Handle counts the line.
func (l clusterLog) Handle(ctx context.Context, r slog.Record) error {
	l.counted.mu.Lock()
	l.counted.lines[l.cluster]++
	l.counted.mu.Unlock()
	return l.Handler.Handle(ctx, r)
}

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package abuse

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/fakeapi"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/loadobject"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// endurance is a fleet whose objects change for a long time, while watches expire and clusters go down.
type endurance struct {
	*site

	clusters map[string]*fakeapi.Server
	objects  int // of each cluster, besides the marker
	rate     int // updates a second of each cluster
	trouble  int // ticks from one disturbance of a cluster to the next
	stages   int // there is a sample after each
	samples  []sample
}

const (
	// tick is the time between two batches of updates.
	tick = 100 * time.Millisecond
	// downTicks is how long a cluster is down.
	downTicks = 20
)

// sample is the state of the process after some updates, when all clusters answer and all rows are current.
type sample struct {
	updates, goroutines int
	heap, rss, peak     float64 // bytes; heap is what is left after a collection
}

// TestManyUpdates changes the objects of four clusters: memory and goroutines stay the same, and the rows are right. In the
// thorough form, it is a million updates of 200,000 objects.
func TestManyUpdates(t *testing.T) {
	binary, err := testbed.BuildExporter(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	e := &endurance{site: newSite(t, binary), objects: 200, rate: 400, trouble: 10, stages: 3}
	updates := 7200
	if *thorough {
		e.objects, e.rate, e.trouble, e.stages, updates = 50_000, 250, 100, 10, 1_000_000
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	e.ctx, e.flags = ctx, []string{"--web.enable-pprof"}
	e.fill()
	e.start()
	e.samples = append(e.samples, e.sample(0))
	of := updates / e.stages / len(e.clusters)
	for stage := range e.stages {
		var running sync.WaitGroup
		for _, c := range e.clusters {
			running.Go(func() { e.update(c, stage*of, (stage+1)*of) })
		}
		running.Wait()
		e.settle(stage)
		e.samples = append(e.samples, e.sample((stage+1)*of*len(e.clusters)))
	}
	for name := range e.clusters {
		e.waitUntil("rows of "+name+" that are right", func() bool { return e.isRight(name) })
	}
	e.stop()
	t.Logf("\n%s", e.markdown())
	e.checkFlat()
	if *docsFile != "" {
		text := e.markdown() + "\nMeasured on " + testbed.Machine() + ".\n"
		if err := testbed.ReplaceSection(*docsFile, fmt.Sprintf("updates %d", updates), text); err != nil {
			t.Error(err)
		}
	}
}

// checkFlat compares the last sample with that of the start and, for the heap, with the first after updates, because changes are
// kept. In the short form, their memory is not full before the end.
func (e *endurance) checkFlat() {
	e.Helper()
	start, first, last := e.samples[0], e.samples[1], e.samples[e.stages]
	if last.goroutines > start.goroutines+start.goroutines/10 {
		e.Errorf("%d goroutines became %d", start.goroutines, last.goroutines)
	}
	if *thorough && last.heap > first.heap*1.25 {
		e.Errorf("a heap of %.1f MiB became %.1f MiB", first.heap/(1<<20), last.heap/(1<<20))
	}
}

// fill adds two clusters to the site, and objects to all.
func (e *endurance) fill() {
	e.clusters = map[string]*fakeapi.Server{"good": e.good, "evil": e.evil}
	for _, name := range []string{"third", "fourth"} {
		c := fakeapi.New(e.T, fakeapi.StartHTTP2)
		e.clusters[name] = c
		e.write(name+".kubeconfig", c.Kubeconfig("t"))
		fmt.Fprintf(&e.config, "- {name: %s, kubeconfig: {path: %s.kubeconfig}}\n", name, name)
	}
	for _, c := range e.clusters {
		c.Change(func(state *fakeapi.State) {
			for i := range e.objects {
				o := loadobject.Flux(i)
				list := listOf(o)
				if i < 100 { // all kinds are among the first objects
					_, version, _ := strings.Cut(o.GetAPIVersion(), "/")
					state.Serve(list, o.GetKind(), version)
				}
				state.Put(list, o.GetName(), o.Object)
			}
		})
	}
}

// listOf returns the path of the list that has an object of Flux.
func listOf(o *unstructured.Unstructured) string {
	resource := strings.ToLower(o.GetKind()) + "s"
	if stem, ok := strings.CutSuffix(resource, "ys"); ok {
		resource = stem + "ies"
	}
	return "/apis/" + o.GetAPIVersion() + "/" + resource
}

// update makes the updates of a cluster from one number to another: each object in turn becomes not ready, and then ready.
func (e *endurance) update(c *fakeapi.Server, from, to int) {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	batch := e.rate / int(time.Second/tick)
	for n := from; n < to; n += batch {
		select {
		case <-e.ctx.Done():
			return
		case <-ticker.C:
		}
		c.Change(func(state *fakeapi.State) {
			for i := n; i < min(n+batch, to); i++ {
				o := loadobject.Flux(i / 2 * 7919 % e.objects)
				setReady(o, i%2 == 1)
				state.Put(listOf(o), o.GetName(), o.Object)
			}
			disturb(state, n/batch, e.trouble)
		})
	}
}

// disturb ends watches in three ways, one after the other: with an expired version, which needs a list, without a word, and with
// the connection, while the cluster is down.
func disturb(state *fakeapi.State, now, trouble int) {
	switch turn := now / trouble % 3; {
	case turn == 2 && now%trouble == 0:
		state.Down = true
		state.CutAll()
	case state.Down && now%trouble >= min(downTicks, trouble-1):
		state.Down = false
	case now%trouble != 0:
	case turn == 0:
		state.Cut(kustomizations, fakeapi.Frame("ERROR", fakeapi.Expired))
	case turn == 1:
		state.CutAll()
	}
}

// setReady sets the Ready condition, which is the first one of a load object.
func setReady(o *unstructured.Unstructured, ready bool) {
	conditions, _, _ := unstructured.NestedSlice(o.Object, "status", "conditions")
	c := loadobject.ReadyCondition(o.GetKind(), ready, "an update")
	c["lastTransitionTime"] = loadobject.Timestamp(time.Now())
	maps.Copy(conditions[0].(map[string]any), c) //nolint:forcetypeassert // of the generator
	_ = unstructured.SetNestedSlice(o.Object, conditions, "status", "conditions")
}

// settle restores all clusters and waits until the exporter has their last change.
func (e *endurance) settle(stage int) {
	for name, c := range e.clusters {
		c.Kill(false)
		c.Put(kustomizations, "marker", kustomization(revision(stage)))
		e.waitUntil("current rows of "+name, func() bool {
			body, err := e.get(newClient("127.0.0.2", patience), "/metrics?collect[]=flux&cluster[]="+name)
			return err == nil && bytes.Contains(body, []byte(revision(stage)))
		})
	}
}

// isRight reports whether a cluster has the rows of all its objects, all ready: each was updated, and the last update makes it ready.
func (e *endurance) isRight(name string) bool {
	body, err := e.get(newClient("127.0.0.2", patience), "/metrics?collect[]=flux&cluster[]="+name)
	failed := 0
	for line := range bytes.Lines(body) {
		if bytes.HasPrefix(line, []byte("flux_resource_info{")) && !bytes.Contains(line, []byte(`ready="True"`)) {
			failed++
		}
	}
	e.Logf("%s: %d objects, %d not ready, %v", name, count(body, name), failed, err)
	return err == nil && count(body, name) == e.objects+1 && failed == 0
}

// sample reads the goroutines and the memory of the process.
func (e *endurance) sample(updates int) sample {
	e.Helper()
	s := sample{updates: updates}
	client := newClient("127.0.0.2", patience)
	read := func(path, format string, to any) {
		body, err := e.get(client, path)
		if err != nil {
			e.Fatal(err)
		}
		prefix, _, _ := strings.Cut(format, "%")
		_, rest, _ := strings.Cut(string(body), prefix)
		if _, err := fmt.Sscan(rest, to); err != nil {
			e.Fatalf("%s: %v", path, err)
		}
	}
	read("/debug/pprof/heap?gc=1&debug=1", "# HeapAlloc = %", &s.heap)
	read("/debug/pprof/goroutine?debug=1", "goroutine profile: total %", &s.goroutines)
	for name, to := range map[string]*float64{"VmRSS": &s.rss, "VmHWM": &s.peak} {
		var err error
		if *to, err = testbed.ProcessMemory(e.exporter.PID(), name); err != nil {
			e.Fatal(err)
		}
	}
	return s
}

func (e *endurance) markdown() string {
	var out strings.Builder
	fmt.Fprintf(&out, "%d clusters with %d objects of Flux each, %d updates a second in all\n\n",
		len(e.clusters), e.objects, e.rate*len(e.clusters))
	out.WriteString("| updates | goroutines | heap after a collection | memory (VmRSS) | peak (VmHWM) |\n|---|---|---|---|---|\n")
	for _, s := range e.samples {
		fmt.Fprintf(&out, "| %d | %d | %.1f MiB | %.0f MiB | %.0f MiB |\n",
			s.updates, s.goroutines, s.heap/(1<<20), s.rss/(1<<20), s.peak/(1<<20))
	}
	return out.String()
}

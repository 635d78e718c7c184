// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package abuse

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// fleetObjects is the number of objects that each cluster of newFleet has in addition to the marker.
const fleetObjects = 500

// newFleet starts the exporter with objects in both clusters, and clients that scrape all the time
// until the test ends. Each body must have all rows.
func newFleet(t *testing.T) (s *site, bodies *atomic.Int64) {
	t.Helper()
	binary, err := testbed.BuildExporter(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s, bodies = newSite(t, binary), &atomic.Int64{}
	for i := range fleetObjects {
		s.good.Put(kustomizations, fmt.Sprintf("k%03d", i), kustomization(revision(i)))
		s.evil.Put(kustomizations, fmt.Sprintf("k%03d", i), kustomization(revision(i)))
	}
	ctx, cancel := context.WithCancel(t.Context())
	s.ctx = ctx
	s.start()
	t.Cleanup(func() { cancel(); s.running.Wait() })
	s.loop(4, func(i int) {
		client := newClient(fmt.Sprintf("127.0.0.%d", 10+i), patience)
		if body, err := s.get(client, "/metrics?collect[]=flux"); err == nil {
			bodies.Add(1)
			good, evil := count(body, "good"), count(body, "evil")
			if good != fleetObjects+1 || evil != fleetObjects {
				t.Errorf("a body has %d objects of the one cluster and %d of the other", good, evil)
				cancel()
			}
		}
		s.sleep(scrapePause / 10)
	})
	return s, bodies
}

func count(body []byte, cluster string) int {
	return bytes.Count(body, []byte("\nflux_resource_info{cluster=\""+cluster+"\""))
}

// rounds returns how often a fault is brought about.
func rounds() int {
	if *thorough {
		return 10
	}
	return 2
}

// TestKilledUnderLoad ends the exporter by SIGKILL while it is scraped: what a client has read of
// a body is an error, and the first body of the next process is whole.
func TestKilledUnderLoad(t *testing.T) {
	s, bodies := newFleet(t)
	var starts []time.Duration
	for range rounds() {
		before := bodies.Load()
		s.waitUntil("scrapes", func() bool { return s.ctx.Err() != nil || bodies.Load() >= before+10 })
		if err := s.exporter.Signal(syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		<-s.exporter.Done()
		began := time.Now()
		s.start()
		starts = append(starts, time.Since(began))
	}
	slices.Sort(starts)
	t.Logf("ready again after %s in the median of %d", starts[len(starts)/2].Round(time.Millisecond), len(starts))
}

// TestKubeconfigBecomesGarbage replaces the kubeconfig of a cluster with invalid text, and restores it. Both changes
// are detected, and the previous connection stays in use meanwhile.
func TestKubeconfigBecomesGarbage(t *testing.T) {
	s, _ := newFleet(t)
	valid, err := os.ReadFile(s.file("evil.kubeconfig"))
	if err != nil {
		t.Fatal(err)
	}
	client := newClient("127.0.0.3", patience)
	var noticed, repaired []time.Duration
	replace := func(content string, shown func(body []byte) bool) time.Duration {
		s.write("evil.kubeconfig.new", content)
		if err := os.Rename(s.file("evil.kubeconfig.new"), s.file("evil.kubeconfig")); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		s.waitUntil("metrics that show it", func() bool {
			body, err := s.get(client, "/metrics?cluster[]=evil")
			return err == nil && shown(body)
		})
		return time.Since(began)
	}
	invalid := []byte("\ncobaltcore_cluster_kubeconfig_invalid_since_timestamp_seconds{cluster=\"evil\"} ")
	for range rounds() {
		noticed = append(noticed, replace("\x00garbage: [", func(body []byte) bool { return bytes.Contains(body, invalid) }))
		repaired = append(repaired, replace(string(valid), func(body []byte) bool { return !bytes.Contains(body, invalid) }))
	}
	for what, took := range map[string][]time.Duration{"noticed": noticed, "repaired": repaired} {
		slices.Sort(took)
		median := took[len(took)/2].Round(time.Millisecond)
		t.Logf("%s after %s in the median of %d", what, median, len(took))
		if *thorough && median > rowsDelay {
			t.Errorf("%s after %s in the median, at most %s is allowed", what, median, rowsDelay)
		}
	}
}

// waitUntil waits for a condition.
func (s *site) waitUntil(what string, holds func() bool) {
	s.Helper()
	for deadline := time.Now().Add(time.Minute); !holds(); s.sleep(scrapePause / 4) {
		if time.Now().After(deadline) || s.ended() {
			s.Fatalf("no %s", what)
		}
	}
}

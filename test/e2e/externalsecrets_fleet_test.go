//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// TestSecretsOfFourClusters has the secrets of the reference architecture: what an
// operator that hangs looks like, and an OpenBao that is sealed.
func TestSecretsOfFourClusters(t *testing.T) {
	t.Parallel()
	b := startOpenBao(t, testbed.OpenBaoOptions{Nodes: 1})
	must(t, b.SeedReference(t.Context()))
	var clusters []*testbed.Cluster
	operators := map[string]*testbed.ExternalSecrets{}
	for _, name := range []string{"management", "control-plane", "hypervisor", "storage"} {
		c := startCluster(t, name)
		clusters, operators[name] = append(clusters, c), startExternalSecrets(t, c)
	}
	e := startExporter(t, configFor("collectors: {flux: {enabled: false}}\n", clusters...))
	begin := time.Now()
	after := func() time.Duration { return time.Since(begin).Round(time.Millisecond) }
	must(t, testbed.SeedSecrets(t.Context(), b, clusters...))
	e.allReady(t, clusters)
	t.Logf("everything is ready %s after the seed began", after())

	const hangs = "control-plane"
	begin = time.Now()
	must(t, operators[hangs].Freeze())
	periodic := e.secrets(t, hangs) // all of them are synchronized every ten seconds
	e.stale(t, periodic)
	t.Logf("all %d secrets of %s are stale %s after its operator was frozen", len(periodic), hangs, after())
	e.allReady(t, clusters) // says the status
	begin = time.Now()
	must(t, operators[hangs].Thaw())
	e.stale(t, nil)
	t.Logf("they are not %s after it went on", after())
	e.allReady(t, clusters)

	begin = time.Now()
	must(t, b.Nodes[0].Seal(t.Context()))
	for _, family := range []string{"store", "externalsecret", "pushsecret"} {
		e.none(t, family, "1")
		t.Logf("no %s is ready %s after OpenBao was sealed", family, after())
	}
	// Nothing changes any more, so all of it can be compared.
	e.agrees(t, clusters...)

	must(t, b.Nodes[0].Stop())
	begin = time.Now()
	must(t, b.Nodes[0].Start(lasting(t))) // it unseals itself
	for _, family := range []string{"store", "pushsecret", "externalsecret"} {
		e.none(t, family, "0")
		t.Logf("every %s is ready %s after OpenBao was started again", family, after())
	}
	e.allReady(t, clusters)
	e.stale(t, nil)
}

// allReady waits until all there is in the clusters is ready.
func (e *exporter) allReady(t *testing.T, clusters []*testbed.Cluster) {
	t.Helper()
	eventually(t, 90*time.Second, func() error {
		want, got := map[string]string{}, map[string]string{}
		for _, c := range clusters {
			objs, err := secretObjects(t.Context(), c)
			if err != nil {
				return err
			}
			for _, o := range objs {
				want[subjectOf(c.Name, o)] = "1"
			}
		}
		rows, err := e.esoRows(t.Context())
		if err != nil {
			return err
		}
		for _, s := range rows {
			if strings.HasSuffix(s[""], "_ready") {
				got[subject(s)] = s["="]
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			return fmt.Errorf("ready (-want +got):\n%s", diff)
		}
		return nil
	})
}

// none waits until no object of a kind has the value, and another one has every.
func (e *exporter) none(t *testing.T, kind, value string) {
	t.Helper()
	name := "cobaltcore_eso_" + kind + "_ready"
	eventually(t, 90*time.Second, func() error {
		rows, err := e.esoRows(t.Context())
		if err != nil {
			return err
		}
		all, with := find(rows, series{"": name}), find(rows, series{"": name, "=": value})
		if len(all) == 0 || len(with) > 0 {
			return fmt.Errorf("%d of %d rows of %s are %s: %v", len(with), len(all), name, value, with)
		}
		return nil
	})
}

// secrets are the objects of a cluster that are synchronized again and again.
func (e *exporter) secrets(t *testing.T, cluster string) []string {
	t.Helper()
	_, intervals, err := e.synchronized(t.Context())
	must(t, err)
	out := slices.DeleteFunc(slices.Sorted(maps.Keys(intervals)), func(s string) bool { return !strings.HasPrefix(s, cluster+" ") })
	if len(out) == 0 {
		t.Fatalf("%s has no secrets", cluster)
	}
	return out
}

// synchronized is, by object, when it was last synchronized, and how often it should be.
func (e *exporter) synchronized(ctx context.Context) (last, interval map[string]float64, err error) {
	rows, err := e.esoRows(ctx)
	last, interval = map[string]float64{}, map[string]float64{}
	for _, s := range rows {
		v, _ := strconv.ParseFloat(s["="], 64) // which wrote it, too
		switch {
		case strings.HasSuffix(s[""], "_last_sync_timestamp_seconds"):
			last[subject(s)] = v
		case strings.HasSuffix(s[""], "_refresh_interval_seconds"):
			interval[subject(s)] = v
		}
	}
	return last, interval, err
}

// stale waits until these objects, and no others, are stale: by their rows alone,
// time() - last_sync > 2 * interval > 0.
func (e *exporter) stale(t *testing.T, want []string) {
	t.Helper()
	eventually(t, 90*time.Second, func() error {
		last, interval, err := e.synchronized(t.Context())
		if err != nil {
			return err
		}
		var got []string
		now := float64(time.Now().UnixMilli()) / 1000
		for key, i := range interval {
			if at, ok := last[key]; ok && i > 0 && now-at > 2*i {
				got = append(got, key)
			}
		}
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			return fmt.Errorf("stale (-want +got):\n%s", diff)
		}
		return nil
	})
}

//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package systems

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

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// TestSecretsOfFourClusters uses the secrets of the reference architecture, with a hanging operator and a sealed
// OpenBao.
func TestSecretsOfFourClusters(t *testing.T) {
	t.Parallel()
	b := harness.StartOpenBao(t, testbed.OpenBaoOptions{Nodes: 1})
	harness.Must(t, b.SeedReference(t.Context()))
	var clusters []*testbed.Cluster
	operators := map[string]*testbed.ExternalSecrets{}
	for _, name := range []string{"management", "control-plane", "hypervisor", "storage"} {
		c := harness.StartCluster(t, name)
		clusters, operators[name] = append(clusters, c), harness.StartExternalSecrets(t, c)
	}
	e := harness.StartExporter(t, harness.ConfigFor("collectors: {flux: {enabled: false}}\n", clusters...))
	begin := time.Now()
	after := func() time.Duration { return time.Since(begin).Round(time.Millisecond) }
	harness.Must(t, testbed.SeedSecrets(t.Context(), b, clusters...))
	expectAllReady(t, e, clusters)
	t.Logf("everything is ready %s after the seed began", after())

	const hangs = "control-plane"
	begin = time.Now()
	harness.Must(t, operators[hangs].Freeze())
	periodic := secretsOf(t, e, hangs) // all of them are synchronized every ten seconds
	expectStale(t, e, periodic)
	t.Logf("all %d secrets of %s are stale %s after its operator was frozen", len(periodic), hangs, after())
	expectAllReady(t, e, clusters) // its error has the status
	begin = time.Now()
	harness.Must(t, operators[hangs].Thaw())
	expectStale(t, e, nil)
	t.Logf("they are not %s after it went on", after())
	expectAllReady(t, e, clusters)

	begin = time.Now()
	harness.Must(t, b.Nodes[0].Seal(t.Context()))
	for _, family := range []string{"store", "externalsecret", "pushsecret"} {
		expectNone(t, e, family, "1")
		t.Logf("no %s is ready %s after OpenBao was sealed", family, after())
	}
	// Nothing changes any more, so all of it can be compared.
	checkRows(t, e, clusters...)

	harness.Must(t, b.Nodes[0].Stop())
	begin = time.Now()
	harness.Must(t, b.Nodes[0].Start(harness.WithoutCancel(t))) // it unseals itself
	for _, family := range []string{"store", "pushsecret", "externalsecret"} {
		expectNone(t, e, family, "0")
		t.Logf("every %s is ready %s after OpenBao was started again", family, after())
	}
	expectAllReady(t, e, clusters)
	expectStale(t, e, nil)
}

// expectAllReady waits until all objects in the clusters are ready.
func expectAllReady(t *testing.T, e *harness.Exporter, clusters []*testbed.Cluster) {
	t.Helper()
	harness.Eventually(t, 90*time.Second, func() error {
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
		rows, err := esoRows(t.Context(), e)
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

// expectNone waits until no object of a kind has the value, and all have another one.
func expectNone(t *testing.T, e *harness.Exporter, kind, value string) {
	t.Helper()
	name := "cobaltcore_eso_" + kind + "_ready"
	harness.Eventually(t, 90*time.Second, func() error {
		rows, err := esoRows(t.Context(), e)
		if err != nil {
			return err
		}
		all, with := harness.Find(rows, harness.Series{"": name}), harness.Find(rows, harness.Series{"": name, "=": value})
		if len(all) == 0 || len(with) > 0 {
			return fmt.Errorf("%d of %d rows of %s are %s: %v", len(with), len(all), name, value, with)
		}
		return nil
	})
}

// secretsOf returns the objects of a cluster that are synchronized again and again.
func secretsOf(t *testing.T, e *harness.Exporter, cluster string) []string {
	t.Helper()
	due, err := dueTimes(t.Context(), e)
	harness.Must(t, err)
	out := slices.DeleteFunc(slices.Sorted(maps.Keys(due)), func(s string) bool { return !strings.HasPrefix(s, cluster+" ") })
	if len(out) == 0 {
		t.Fatalf("%s has no secrets", cluster)
	}
	return out
}

// overdueGrace is the time that the exporter adds to two intervals. The test does not wait for it.
const overdueGrace = 5 * time.Minute

// dueTimes returns, by object, when two intervals will have passed since the last success.
func dueTimes(ctx context.Context, e *harness.Exporter) (map[string]float64, error) {
	rows, err := esoRows(ctx, e)
	due := map[string]float64{}
	for _, s := range rows {
		if strings.HasSuffix(s[""], "_overdue_timestamp_seconds") {
			v, _ := strconv.ParseFloat(s["="], 64) // which wrote it, too
			due[subject(s)] = v - overdueGrace.Seconds()
		}
	}
	return due, err
}

// expectStale waits until exactly these objects are stale according to their rows.
func expectStale(t *testing.T, e *harness.Exporter, want []string) {
	t.Helper()
	harness.Eventually(t, 90*time.Second, func() error {
		due, err := dueTimes(t.Context(), e)
		if err != nil {
			return err
		}
		var got []string
		now := float64(time.Now().UnixMilli()) / 1000
		for key, at := range due {
			if now > at {
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

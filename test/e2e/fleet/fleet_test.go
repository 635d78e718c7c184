//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// The main test with real servers: four clusters, a Flux Operator in one of them, and a Prometheus that stores every
// row.
func TestFourClusters(t *testing.T) {
	t.Parallel()
	var clusters []*testbed.Cluster
	crds, objects := harness.FluxCRDs(t), 0
	for _, name := range []string{"management", "control-plane", "hypervisor", "storage"} {
		c := harness.StartCluster(t, name)
		harness.Must(t, c.ApplyCRDs(t.Context(), crds...))
		all := harness.FleetObjects(t, name)
		harness.Must(t, c.Apply(t.Context(), all...))
		objects += len(all)
		clusters = append(clusters, c)
	}
	harness.StartFluxOperator(t, clusters[0])
	e := harness.StartExporter(t, harness.ConfigFor("", clusters...))
	e.WaitReady(t)
	for _, c := range clusters {
		e.Expect(t, 1, harness.Series{"": "cobaltcore_cluster_up", "cluster": c.Name, "=": "1"})
		e.Expect(t, 1, harness.Series{"": "cobaltcore_collector_up", "cluster": c.Name, "collector": "flux", "=": "1"})
		e.Expect(t, 19, harness.Series{"": "cobaltcore_watch_synced", "cluster": c.Name, "collector": "flux", "=": "1"})
		e.Expect(t, 4, harness.Series{"": "cobaltcore_watch_synced", "cluster": c.Name, "collector": "controllers", "=": "1"})
	}
	// Flux Operator may add objects, but removes none.
	harness.Eventually(t, time.Minute, func() error {
		all, err := e.Scrape(t.Context(), "cobaltcore_flux_resource_status")
		if err == nil && len(all) < objects {
			err = fmt.Errorf("%d objects have a status, want at least %d", len(all), objects)
		}
		return err
	})
	e.Expect(t, 1, harness.Series{"": "flux_resource_info", "cluster": "management", "kind": "Kustomization", "name": "hypervisor-apps", "target_cluster": "hypervisor"})

	t.Run("promtool check metrics", func(t *testing.T) {
		_, body, err := e.Get(t.Context(), "/metrics")
		harness.Must(t, err)
		out, err := testbed.Promtool(t.Context(), bytes.NewReader(body), "check", "metrics")
		if err != nil || len(bytes.TrimSpace(out)) > 0 {
			t.Errorf("%v\n%s", err, out)
		}
	})
	t.Run("OpenMetrics parses with Prometheus' parser", func(t *testing.T) {
		_, body, err := e.Get(t.Context(), "/metrics", "Accept", "application/openmetrics-text;version=1.0.0")
		harness.Must(t, err)
		p, err := textparse.New(body, "application/openmetrics-text; version=1.0.0", labels.NewSymbolTable(), textparse.ParserOptions{})
		harness.Must(t, err)
		for {
			if _, err := p.Next(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
		}
	})
	t.Run("gzip is one member with the same bytes", func(t *testing.T) { oneMember(t, e) })
	t.Run("Prometheus ingests exactly the served rows", func(t *testing.T) { ingested(t, e) })
}

func oneMember(t *testing.T, e *harness.Exporter) {
	curl, _ := exec.LookPath("curl")                  // empty if it is not installed
	harness.Eventually(t, time.Minute, func() error { // between two requests, a watch may have received an event
		_, plain, err := e.Get(t.Context(), "/metrics?collect[]=flux", "Accept-Encoding", "identity")
		harness.Must(t, err)
		_, packed, err := e.Get(t.Context(), "/metrics?collect[]=flux", "Accept-Encoding", "gzip")
		harness.Must(t, err)
		in := bytes.NewReader(packed)
		z, err := gzip.NewReader(in)
		harness.Must(t, err)
		z.Multistream(false)
		got, err := io.ReadAll(z)
		harness.Must(t, err)
		if in.Len() > 0 {
			t.Errorf("%d bytes behind the first member", in.Len())
		}
		if stable(plain) != stable(got) {
			return errors.New("the bodies differ")
		}
		if curl == "" {
			return nil
		}
		out, err := exec.CommandContext(t.Context(), curl, "-gsS", "--compressed", e.URL+"/metrics?collect[]=flux").Output()
		harness.Must(t, err)
		if stable(out) != stable(plain) {
			return errors.New("curl reads something else")
		}
		return nil
	})
}

// stable removes the rows that change all the time.
func stable(body []byte) string {
	var b strings.Builder
	for line := range strings.Lines(string(body)) {
		if !strings.HasPrefix(line, "cobaltcore_") || strings.HasPrefix(line, "cobaltcore_flux_") && !strings.Contains(line, "_report_") && !strings.Contains(line, `kind="FluxReport"`) {
			b.WriteString(line)
		}
	}
	return b.String()
}

func ingested(t *testing.T, e *harness.Exporter) {
	p, err := testbed.StartPrometheus(harness.WithoutCancel(t), filepath.Join(t.TempDir(), "p"), testbed.PrometheusOptions{
		Targets: []testbed.ScrapeTarget{{Job: "cobaltcore", URL: e.URL + "/metrics"}}, ScrapeInterval: time.Second,
	})
	harness.Must(t, err)
	t.Cleanup(func() { harness.Stop(t, p.Stop) })
	harness.Eventually(t, time.Minute, func() error {
		up, err := p.Query(t.Context(), `up{job="cobaltcore"} == 1`)
		if err != nil || len(up) != 1 {
			return fmt.Errorf("up: %v %w", up, err)
		}
		rows, err := e.Scrape(t.Context())
		if err != nil {
			return err
		}
		want := map[string]float64{} // by family; the exporter's own may change any time
		for _, s := range rows {
			if strings.HasPrefix(s[""], "flux_") || strings.HasPrefix(s[""], "cobaltcore_") {
				want[s[""]]++
			}
		}
		counted, err := p.Query(t.Context(), `count by (__name__) ({job="cobaltcore",__name__=~"(flux|cobaltcore)_.+"})`)
		if err != nil {
			return err
		}
		got := map[string]float64{}
		for _, s := range counted {
			got[s.Labels["__name__"]] = s.Value
		}
		if diff := cmp.Diff(want, got); diff != "" {
			return fmt.Errorf("samples by family (-served +ingested):\n%s", diff)
		}
		return nil
	})
}

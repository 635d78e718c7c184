//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package e2e

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

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// The main job on real input: four real clusters, a real Flux Operator in one of
// them, and a real Prometheus that takes every row there is.
func TestFourClusters(t *testing.T) {
	var clusters []*testbed.Cluster
	crds, objects := fluxCRDs(t), 0
	for _, name := range []string{"management", "control-plane", "hypervisor", "storage"} {
		c := startCluster(t, name)
		must(t, c.ApplyCRDs(t.Context(), crds...))
		all := fleetObjects(t, name)
		must(t, c.Apply(t.Context(), all...))
		objects += len(all)
		clusters = append(clusters, c)
	}
	startFluxOperator(t, clusters[0])
	e := startExporter(t, configFor("", clusters...))
	e.ready(t)
	for _, c := range clusters {
		e.expect(t, 1, series{"": "cobaltcore_cluster_up", "cluster": c.Name, "=": "1"})
		e.expect(t, 1, series{"": "cobaltcore_collector_up", "cluster": c.Name, "collector": "flux", "=": "1"})
		e.expect(t, 19, series{"": "cobaltcore_watch_synced", "cluster": c.Name, "collector": "flux", "=": "1"})
		e.expect(t, 3, series{"": "cobaltcore_watch_synced", "cluster": c.Name, "collector": "controllers", "=": "1"})
	}
	// Flux Operator itself may add objects, but takes none away.
	eventually(t, time.Minute, func() error {
		all, err := e.scrape(t.Context(), "cobaltcore_flux_resource_status")
		if err == nil && len(all) < objects {
			err = fmt.Errorf("%d objects have a status, want at least %d", len(all), objects)
		}
		return err
	})
	e.expect(t, 1, series{"": "flux_resource_info", "cluster": "management", "kind": "Kustomization", "name": "hypervisor-apps", "target_cluster": "hypervisor"})

	t.Run("promtool check metrics", func(t *testing.T) {
		_, body, err := e.get(t.Context(), "/metrics")
		must(t, err)
		out, err := testbed.Promtool(t.Context(), bytes.NewReader(body), "check", "metrics")
		if err != nil || len(bytes.TrimSpace(out)) > 0 {
			t.Errorf("%v\n%s", err, out)
		}
	})
	t.Run("OpenMetrics parses with Prometheus' parser", func(t *testing.T) {
		_, body, err := e.get(t.Context(), "/metrics", "Accept", "application/openmetrics-text;version=1.0.0")
		must(t, err)
		p, err := textparse.New(body, "application/openmetrics-text; version=1.0.0", labels.NewSymbolTable(), textparse.ParserOptions{})
		must(t, err)
		for {
			if _, err := p.Next(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
		}
	})
	t.Run("gzip is one member with the same bytes", func(t *testing.T) { oneMember(t, e) })
	t.Run("Prometheus ingests exactly the rows that are there", func(t *testing.T) { ingested(t, e) })
}

func oneMember(t *testing.T, e *exporter) {
	_, plain, err := e.get(t.Context(), "/metrics?collect[]=flux", "Accept-Encoding", "identity")
	must(t, err)
	_, packed, err := e.get(t.Context(), "/metrics?collect[]=flux", "Accept-Encoding", "gzip")
	must(t, err)
	in := bytes.NewReader(packed)
	z, err := gzip.NewReader(in)
	must(t, err)
	z.Multistream(false)
	got, err := io.ReadAll(z)
	must(t, err)
	if in.Len() > 0 {
		t.Errorf("%d bytes behind the first member", in.Len())
	}
	// Between the two requests a watch may have given a sign of life.
	if a, b := stable(plain), stable(got); a != b {
		t.Error("the bodies differ")
	}
	if curl, err := exec.LookPath("curl"); err == nil {
		out, err := exec.CommandContext(t.Context(), curl, "-gsS", "--compressed", e.URL+"/metrics?collect[]=flux").Output()
		must(t, err)
		if stable(out) != stable(plain) {
			t.Error("curl reads something else")
		}
	}
}

// stable leaves out what changes all the time.
func stable(body []byte) string {
	var b strings.Builder
	for line := range strings.Lines(string(body)) {
		if !strings.HasPrefix(line, "cobaltcore_") || strings.HasPrefix(line, "cobaltcore_flux_") && !strings.Contains(line, "_report_") && !strings.Contains(line, `kind="FluxReport"`) {
			b.WriteString(line)
		}
	}
	return b.String()
}

func ingested(t *testing.T, e *exporter) {
	p, err := testbed.StartPrometheus(lasting(t), filepath.Join(t.TempDir(), "p"), testbed.PrometheusOptions{
		Targets: []testbed.ScrapeTarget{{Job: "cobaltcore", URL: e.URL + "/metrics"}}, ScrapeInterval: time.Second,
	})
	must(t, err)
	t.Cleanup(func() { stop(t, p.Stop) })
	eventually(t, time.Minute, func() error {
		up, err := p.Query(t.Context(), `up{job="cobaltcore"} == 1`)
		if err != nil || len(up) != 1 {
			return fmt.Errorf("up: %v %w", up, err)
		}
		rows, err := e.scrape(t.Context())
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

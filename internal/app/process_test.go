// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"math"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	promcollectors "github.com/prometheus/client_golang/prometheus/collectors"
)

// TestProcessCollector compares the metrics of the process with those of client_golang.
func TestProcessCollector(t *testing.T) {
	want, got := gauges(t, promcollectors.NewProcessCollector(promcollectors.ProcessCollectorOpts{})), gauges(t, newProcessCollector())
	for name, v := range want {
		if strings.HasPrefix(name, "process_network_") {
			continue
		}
		if mine, ok := got[name]; !ok || math.Abs(mine-v) > 0.2*math.Abs(v)+2 {
			t.Errorf("%s: %v, %t; client_golang has %v", name, mine, ok, v)
		}
		delete(got, name)
	}
	if len(got) > 0 {
		t.Errorf("client_golang does not have %v", got)
	}
}

func gauges(t *testing.T, c prometheus.Collector) map[string]float64 {
	t.Helper()
	r := prometheus.NewRegistry()
	r.MustRegister(c)
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]float64{}
	for _, f := range families {
		m := f.GetMetric()[0]
		out[f.GetName()+" "+f.GetHelp()] = m.GetGauge().GetValue() + m.GetCounter().GetValue()
	}
	return out
}

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestPrometheusConfig(t *testing.T) {
	config, err := prometheusConfig(PrometheusOptions{
		ScrapeInterval: 1500 * time.Millisecond,
		Targets: []ScrapeTarget{
			{Job: "exporter", URL: "http://127.0.0.1:1"},
			{Job: "bao", URL: "https://127.0.0.1:2/v1/sys/metrics?format=prometheus", Labels: map[string]string{"node": "a"}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Global  map[string]string `json:"global"`
		Scrapes []struct {
			Scheme string              `json:"scheme"`
			Path   string              `json:"metrics_path"`
			Params map[string][]string `json:"params"`
			Honor  bool                `json:"honor_labels"`
		} `json:"scrape_configs"`
	}
	if err := json.Unmarshal(config, &got); err != nil {
		t.Fatal(err)
	}
	if got.Global["scrape_interval"] != "1500ms" || len(got.Scrapes) != 2 || !got.Scrapes[0].Honor ||
		got.Scrapes[0].Path != "/metrics" || got.Scrapes[1].Scheme != "https" || got.Scrapes[1].Params["format"][0] != "prometheus" {
		t.Errorf("configuration:\n%s", config)
	}
	for _, target := range []ScrapeTarget{{URL: "http://a"}, {Job: "a", URL: "/metrics"}, {Job: "a", URL: ":"}} {
		if _, err := prometheusConfig(PrometheusOptions{Targets: []ScrapeTarget{target}}); err == nil {
			t.Errorf("target %v is accepted", target)
		}
	}
}

func TestDecodeQuery(t *testing.T) {
	for name, test := range map[string]struct {
		body string
		want []Sample
		err  string
	}{
		"vector": {
			body: `{"status":"success","data":{"resultType":"vector","result":[{"metric":{"a":"b"},"value":[1,"2.5"]},{"metric":{},"value":[1,"+Inf"]}]}}`,
			want: []Sample{{Labels: map[string]string{"a": "b"}, Value: 2.5}, {Labels: map[string]string{}, Value: math.Inf(1)}},
		},
		"empty":  {body: `{"status":"success","data":{"resultType":"vector","result":[]}}`, want: []Sample{}},
		"scalar": {body: `{"status":"success","data":{"resultType":"scalar","result":[1,"3"]}}`, want: []Sample{{Value: 3}}},
		"matrix": {body: `{"status":"success","data":{"resultType":"matrix","result":[]}}`, err: "matrix"},
		"error":  {body: `{"status":"error","error":"parse error"}`, err: "parse error"},
		"html":   {body: `<html>`, err: "<html>"},
		"value":  {body: `{"status":"success","data":{"resultType":"scalar","result":[1,2]}}`, err: "invalid syntax"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := decodeQuery([]byte(test.body))
			if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
				t.Fatalf("error %v, want %q", err, test.err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

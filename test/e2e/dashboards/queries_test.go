//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dashboards

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/dashboards"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
)

// promAnswer has the relevant fields of an answer of Prometheus's API.
type promAnswer struct {
	Error           string
	Warnings, Infos []string
	Data            struct {
		Result []promSeries `json:"result"`
	} `json:"data"`
}

type promSeries struct {
	Metric map[string]string `json:"metric"`
	Value  [2]any            `json:"value"` // time and value of an instant query
}

// ask queries the API of Prometheus, and fails if the response has warnings.
func (s shownFleet) ask(ctx context.Context, path string, parameters url.Values) (promAnswer, error) {
	var a promAnswer
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+path+"?"+parameters.Encode(), nil)
	if err != nil {
		return a, err
	}
	response, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
	if err != nil {
		return a, err
	}
	defer func() { _ = response.Body.Close() }()
	err = json.NewDecoder(response.Body).Decode(&a)
	if err == nil && (response.StatusCode != http.StatusOK || len(a.Warnings)+len(a.Infos) > 0) {
		err = fmt.Errorf("%s: %s %s %s", response.Status, a.Error, a.Warnings, a.Infos)
	}
	return a, err
}

// values of the variables of a page: all of them, or one if the page has one.
func (s shownFleet) values(t *testing.T, d dashboards.Dashboard) *strings.Replacer {
	t.Helper()
	// The variables that a page fills in, for a time range of a quarter of an hour.
	pairs := []string{"$__rate_interval", "1m", "$__interval", "15s", "$__range", "15m"}
	for _, v := range d.Variables {
		value := ".*"
		if v.Text != "" {
			value = v.Text
		}
		if v.Single {
			a, err := s.ask(t.Context(), "/api/v1/query", url.Values{"query": {strings.NewReplacer(pairs...).Replace(v.Selector)}})
			harness.Must(t, err)
			value = ""
			for _, r := range a.Data.Result {
				value = cmp.Or(min(value, r.Metric[v.Label]), r.Metric[v.Label])
			}
			if want := variableValue(v.Name, s.name); want != "" {
				value = want
			}
			if !slices.ContainsFunc(a.Data.Result, func(r promSeries) bool { return r.Metric[v.Label] == value }) {
				t.Fatalf("%s: there is no %s %q", d.ID, v.Name, value)
			}
		}
		pairs = append(pairs, "${"+v.Name+"}", value, "$"+v.Name, value)
	}
	return strings.NewReplacer(pairs...)
}

// variableValue returns the value of a variable that allows one: one with data. Without, it is the first one.
func variableValue(variable, fleet string) string {
	return map[string]string{
		"cluster " + faultsFleet:   "management",
		"kind " + faultsFleet:      "HelmRelease",
		"namespace " + faultsFleet: "keystone-system",
		"name " + faultsFleet:      "keystone-operator",
	}[variable+" "+fleet]
}

// testDashboardQueries runs the queries of all panels of every page.
func testDashboardQueries(t *testing.T, s shownFleet) {
	for _, page := range dashboards.Catalogue() {
		d, err := page.WithClusterLabel(s.label)
		harness.Must(t, err)
		values := s.values(t, d)
		for _, section := range d.Sections {
			for _, p := range section.Panels {
				series := 0
				for _, q := range p.Queries {
					n, err := s.series(t.Context(), values.Replace(q.Expr), p.Kind)
					if err != nil {
						t.Errorf("%s: %s: %v in %s", d.ID, p.Title, err, q.Expr)
					}
					series += n
				}
				if series == 0 && len(p.Queries) > 0 && p.Empty == "" {
					t.Errorf("%s: %s: no data, and no explanation", d.ID, p.Title)
				}
			}
		}
	}
}

// series returns the current number of series of an expression. For lines and histories, it also runs a range query.
func (s shownFleet) series(ctx context.Context, expr string, kind dashboards.Kind) (int, error) {
	now, err := s.ask(ctx, "/api/v1/query", url.Values{"query": {expr}})
	if err != nil || kind != dashboards.TimeSeries && kind != dashboards.StatusHistory {
		return len(now.Data.Result), err
	}
	end := time.Now()
	seconds := func(t time.Time) []string { return []string{strconv.FormatInt(t.Unix(), 10)} }
	over, err := s.ask(ctx, "/api/v1/query_range", url.Values{
		"query": {expr}, "start": seconds(end.Add(-15 * time.Minute)), "end": seconds(end), "step": {"15"},
	})
	return len(over.Data.Result), err
}

// mayBeEmpty returns the panels that explain why they may have no data.
func mayBeEmpty() map[string]bool {
	panels := map[string]bool{}
	for _, d := range dashboards.Catalogue() {
		for _, section := range d.Sections {
			for _, p := range section.Panels {
				panels[d.ID+": "+p.Title] = p.Empty != ""
			}
		}
	}
	return panels
}

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts_test

import (
	"strings"
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
)

func TestExprFor(t *testing.T) {
	t.Parallel()
	const without = "max without (container, endpoint, instance, job, pod, service) "
	for name, test := range map[string]struct{ expr, want string }{
		"a selector":                 {`cobaltcore_cluster_ready == 0`, without + `(cobaltcore_cluster_ready) == 0`},
		"a family with few labels":   {`cobaltcore_cluster_up == 0`, `max by (clusterName) (cobaltcore_cluster_up) == 0`},
		"of another time":            {`a offset 1h`, without + `(a offset 1h)`},
		"the label cluster":          {`sum by (cluster) (a{cluster=~"$cluster"})`, `sum by (clusterName) (` + without + `(a{clusterName=~"$cluster"}))`},
		"a rate":                     {`sum(rate(a_total[$__rate_interval]))`, `sum(` + without + `(rate(a_total[$__rate_interval])))`},
		"the range of the page":      {`changes(a[$__range])`, without + `(changes(a[$__range]))`},
		"a subquery":                 {`max_over_time((a > 1)[1h:$__interval])`, `max_over_time((` + without + `(a) > 1)[1h:$__interval])`},
		"a range after a number":     {`quantile_over_time(0.5, a[5m])`, without + `(quantile_over_time(0.5, a[5m]))`},
		"the time of a sample":       {`timestamp(a)`, without + `(timestamp(a))`},
		"of a result":                {`timestamp(a + b)`, `timestamp(` + without + `(a) + ` + without + `(b))`},
		"recordings":                 {`fleet:a{cluster="x"}`, `fleet:a{clusterName="x"}`},
		"the history of a recording": {`max_over_time(fleet:a[1h])`, `max_over_time(fleet:a[1h])`},
		"others":                     {`rate(up[5m]) * up`, `rate(up[5m]) * up`},
		"the greatest anyway":        {`max by (cluster) (a) + min by (cluster) (a)`, `max by (clusterName) (a) + min by (clusterName) (a)`},
		"an onset":                   {`a_since_timestamp_seconds`, strings.Replace(without, "max", "min", 1) + `(a_since_timestamp_seconds)`},
		"a replica that failed":      {`cobaltcore_config_last_reload_successful`, strings.Replace(without, "max", "min", 1) + `(cobaltcore_config_last_reload_successful)`},
		"the greatest of each pod":   {`max by (pod) (a)`, `max by (pod) (` + without + `(a))`},
		"rows that exist":            {`a and on (cluster) b{x="y"}`, without + `(a) and on (clusterName) b{x="y"}`},
		"rows that do not":           {`a unless on (cluster) label_replace(b, "x", "y", "", "")`, without + `(a) unless on (clusterName) label_replace(b, "x", "y", "", "")`},
		"rows with a value":          {`a and on (cluster) (b == 0)`, without + `(a) and on (clusterName) ` + without + `(b) == 0`},
		"rows of a pod":              {`a and on (pod) b`, without + `(a) and on (pod) ` + without + `(b)`},
		"the oldest of an object":    {`max without (onset) (time() - a_since_timestamp_seconds > 9)`, `max without (container, endpoint, instance, job, onset, pod, service) (time() - a_since_timestamp_seconds > 9)`},
		"the greatest of an object":  {`max by (x) (a > 1 unless on (x) (b == 0))`, `max by (x) (a > 1 unless on (x) ` + without + `(b) == 0)`},
		"a filter in a filter":       {`max by (x) (a unless on (x) (b and on (x) (c == 0)))`, `max by (x) (a unless on (x) (` + without + `(b) and on (x) ` + without + `(c) == 0))`},
		"the latest of an object":    {`max by (x) (time() - a)`, `max by (x) (time() - ` + without + `(a))`},
		"the least of an object":     {`max by (x) (a < 1)`, `max by (x) (` + without + `(a) < 1)`},
		"a zero":                     {`a or vector(0)`, without + `(a) or vector(0)`},
	} {
		got, err := alerts.ExprFor(test.expr, "clusterName")
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got = strings.Join(strings.Fields(got), " "); strings.ReplaceAll(strings.ReplaceAll(got, "( ", "("), " )", ")") != test.want {
			t.Errorf("%s:\n%s\n%s", name, got, test.want)
		}
	}
	if got, err := alerts.QueryFor(`max by (cluster) (cobaltcore_cluster_up) or sum by (cluster) (cobaltcore_cluster_ready)`, "clusterName"); err != nil || strings.Contains(got, "\n") || !strings.Contains(got, without) {
		t.Errorf("%s, %v", got, err)
	}
	if got, err := alerts.EachReplica(`rate(a_total{cluster="$cluster"}[$__rate_interval])`, "clusterName"); err != nil || got != `rate(a_total{clusterName="$cluster"}[$__rate_interval])` {
		t.Errorf("%s, %v", got, err)
	}
	if _, err := alerts.ExprFor(`rate(a[$__nothing])`, "cluster"); err == nil {
		t.Error("what dashboards do not fill in is no duration")
	}
}

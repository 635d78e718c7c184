// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts_test

import (
	"strings"
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
)

// TestRecordings checks that rules for Prometheus use recordings where these have the same rows.
func TestRecordings(t *testing.T) {
	t.Parallel()
	const (
		onset    = "cobaltcore_greenhouse_object_not_ready_since_timestamp_seconds"
		joining  = "min without (container, endpoint, instance, job, pod, service) "
		joined   = joining + "(" + onset + ")"
		recorded = "cobaltcore:greenhouse_not_ready:age"
		disabled = " unless on (cluster, kind, namespace, name) cobaltcore_object_alerts_disabled"
	)
	for name, test := range map[string]struct{ expr, want string }{
		"a tolerance": {
			`max without (onset, x) (time() - ` + onset + `{kind="A"} > 9 or time() - ` + onset + `{kind="A",tolerated="false"})`,
			`max without (x) (` + recorded + `{kind="A"} > 9)`,
		},
		"with other rows that are reported at once": {
			`time() - ` + onset + `{kind="A"} > 9 or time() - ` + onset + `{kind="B",tolerated="false"}`,
			`time() - ` + joining + `(` + onset + `{kind="A"}) > 9 or ` + recorded + `{kind="B",tolerated="false"}`,
		},
		"what is reported at once is older than any age": {`time() - ` + onset + ` < 9`, `time() - ` + joined + ` < 9`},
		"an age of what is tolerated":                    {`time() - ` + onset + `{tolerated="true"} < 9`, recorded + `{tolerated="true"} < 9`},
		"without the objects that turn alerts off":       {`(time() - ` + onset + `)` + disabled, recorded},
		"an age and rows of another family":              {`(time() - ` + onset + ` or up)` + disabled, `(` + recorded + ` or up)` + disabled},
		"objects that are left out": {
			`up unless on (cluster, name) ` + onset + `{status="x"}`,
			`up unless on (cluster, name) ` + recorded + `{status="x"}`,
		},
		"objects of a cluster, which may turn alerts off": {`up unless on (cluster) ` + onset, `up unless on (cluster) ` + onset},
		"the onset": {onset, joined},
		"objects of Flux that turn alerts off": {
			`up unless on (cluster, kind, exported_namespace, name) ` +
				`label_join(cobaltcore_object_alerts_disabled, "exported_namespace", "", "namespace")`,
			`up unless on (cluster, kind, exported_namespace, name) cobaltcore:flux_alerts:disabled`,
		},
		"a label that is copied": {`label_replace(up, "a", "$1", "b", "(.*)")`, `label_join(up, "a", "", "b")`},
		"a label if it exists":   {`label_replace(up, "a", "$1", "b", "(.+)")`, `label_replace(up, "a", "$1", "b", "(.+)")`},
	} {
		got, err := alerts.ExprFor(test.expr, "cluster")
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		got = strings.NewReplacer("( ", "(", " )", ")").Replace(strings.Join(strings.Fields(got), " "))
		if got != test.want {
			t.Errorf("%s:\n%s\n%s", name, got, test.want)
		}
	}
}

// TestRecordingsAreUsed checks that a rule, in its expression or texts, or a dashboard uses each recording.
func TestRecordingsAreUsed(t *testing.T) {
	t.Parallel()
	text, err := alerts.RuleFile(alerts.Catalogue(), "cluster")
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range alerts.Catalogue() {
		for _, r := range g.Recordings {
			if strings.Count(string(text), r.Name) < 2 {
				t.Errorf("%s is not used", r.Name)
			}
		}
	}
}

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package externalsecrets

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/collectortest"
)

// Annotations in which the testbed records the expected Ready condition of an object in a real cluster: its status
// and reason, or none. The second is for the time after the deletion of the referenced key.
const (
	expectation = "testbed.example.com/expect"
	afterDelete = expectation + "-after-delete"
)

// TestRecordedObjectsMatchExpectations compares the rows of objects that operator 0.19.2 has processed
// with the expectations of the testbed.
func TestRecordedObjectsMatchExpectations(t *testing.T) {
	checked := 0
	for _, c := range suite().Cases(t) {
		if path.Dir(c.File) != "recorded" || strings.Contains(c.File, "sealed") {
			continue
		}
		rows := collectortest.Rows(collectortest.ReadFile(t, c.Golden))
		for _, o := range c.Objects {
			var says struct {
				Metadata struct{ Annotations map[string]string }
			}
			o.Into(t, &says)
			want, ok := says.Metadata.Annotations[afterDelete]
			if !ok {
				want, ok = says.Metadata.Annotations[expectation]
			}
			if !ok {
				continue // created by another object
			}
			checked++
			if got := readyOf(o, c.Cluster, rows); got != want {
				t.Errorf("%s: %s %s is %q, want %q", c.File, o.Kind, o.Metadata.Name, got, want)
			}
		}
	}
	if checked < 70 {
		t.Errorf("only %d objects say what they are for", checked)
	}
}

// readyOf returns the Ready condition in the rows, in the notation of the testbed.
func readyOf(o collectortest.Object, cluster string, rows map[string]string) string {
	family, labels := strings.ToLower(o.Kind), fmt.Sprintf("namespace=%q,name=%q", o.Metadata.Namespace, o.Metadata.Name)
	switch o.Kind {
	case "SecretStore", "ClusterSecretStore":
		family, labels = "store", fmt.Sprintf("kind=%q,", o.Kind)+labels
	case "ClusterExternalSecret", "ClusterPushSecret": // their Ready condition has no reason
		labels = fmt.Sprintf("name=%q", o.Metadata.Name)
		rows = maps.Clone(rows)
		maps.DeleteFunc(rows, func(row, _ string) bool { return strings.HasPrefix(row, "cobaltcore_eso_"+family+"_status") })
	}
	labels = fmt.Sprintf("{cluster=%q,", cluster) + labels
	ready := map[string]string{"0": "False", "1": "True", "": "none"}[rows["cobaltcore_eso_"+family+"_ready"+labels+"}"]]
	for _, row := range slices.Sorted(maps.Keys(rows)) {
		reason, ok := strings.CutPrefix(row, "cobaltcore_eso_"+family+"_status"+labels+`,reason="`)
		if !ok {
			continue
		}
		if reason = strings.TrimSuffix(reason, `"}`); (reason == reasonUnprocessed) != (ready == "none") {
			return ready + " but " + reason
		} else if reason != reasonUnprocessed {
			return ready + " " + reason
		}
	}
	// A success has no row with its reason.
	if success := map[string]string{"externalsecret": " SecretSynced", "pushsecret": " Synced"}[family]; ready == "True" {
		return ready + success
	}
	return ready
}

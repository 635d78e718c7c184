// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package health

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/changes"
)

// TestExplainByChanges checks that a finding lists the preceding changes in its cluster, unless its
// onset is unknown.
func TestExplainByChanges(t *testing.T) {
	since := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	log := changes.NewLog(10, time.Hour)
	for target, after := range map[string]string{"a": "1.2.3", "b": "1.2.4"} {
		log.Add(changes.Change{At: since.Add(-2 * time.Minute), Type: changes.Revision, Cluster: "hub", Target: target, Kind: "Kustomization", Name: "infra", Before: "1",
			After: after})
	}
	all := []Finding{{Cluster: "a", Since: since}, {Cluster: "a", Since: since, SinceAtLeast: true}, {Cluster: "c", Since: since}}
	explainByChanges(log, all)
	var got [][]string
	for _, f := range all {
		var texts []string
		for _, c := range f.ChangedBefore {
			texts = append(texts, c.Text)
		}
		got = append(got, texts)
	}
	if diff := cmp.Diff([][]string{{"Kustomization infra applied 1.2.3"}, nil, nil}, got); diff != "" {
		t.Error(diff)
	}
	explainByChanges(nil, all)
}

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package health

import "github.com/prometheus/prometheus/model/labels"

// Limits of the memory of findings. A finding with typical labels takes about 800 bytes, so a
// cluster can have 10,000 of them.
const (
	maxFindingBytes        = 32 << 20
	maxClusterFindingBytes = 8 << 20
	// findingBytes is the memory of a finding without its labels.
	findingBytes = 512
	// alwaysKept is the number of findings of each rule in a cluster that are kept even beyond the
	// limits, so that many findings of one rule do not hide the findings of another rule.
	alwaysKept = 100
)

// rowBudget is the remaining budget of an evaluation.
type rowBudget struct {
	all      int
	clusters map[string]int
	leftOut  map[string]int // findings by cluster
}

func newRowBudget() *rowBudget {
	return &rowBudget{all: maxFindingBytes, clusters: map[string]int{}, leftOut: map[string]int{}}
}

// selectRows returns the rows of the result of a rule that become findings. The selection changes only
// when other findings end.
func (r *rowBudget) selectRows(rows []series) []series {
	var kept []series
	seen := map[string]int{}
	for _, s := range rows {
		cluster := s.labels.Get(clusterLabel)
		size := findingBytes
		s.labels.Range(func(l labels.Label) { size += len(l.Name) + len(l.Value) })
		seen[cluster]++
		if fits := size <= r.all && r.clusters[cluster]+size <= maxClusterFindingBytes; !fits && seen[cluster] > alwaysKept {
			r.leftOut[cluster]++
			continue
		}
		r.all -= size
		r.clusters[cluster] += size
		kept = append(kept, s)
	}
	return kept
}

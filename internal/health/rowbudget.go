// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package health

import "github.com/prometheus/prometheus/model/labels"

// Bounds of what findings keep. One takes some 800 bytes with the labels that are usual, so a
// cluster has 10,000 of them.
const (
	maxFindingBytes        = 32 << 20
	maxClusterFindingBytes = 8 << 20
	// findingBytes is what a finding takes beside its labels.
	findingBytes = 512
	// alwaysKept is how many findings of a rule in a cluster are kept beyond the bounds, so that
	// many of one rule hide none of another one.
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

// selectRows returns the rows of the result of a rule that become findings. Which these are changes only
// when others end.
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

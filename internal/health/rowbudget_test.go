// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package health

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
)

// TestRowBudget checks that findings beyond the limits are left out and counted: first those of the
// cluster with many findings, and never all findings of a rule.
func TestRowBudget(t *testing.T) {
	t.Parallel()
	rows := func(cluster string, n, size int) []series {
		out := make([]series, n)
		for i := range out {
			out[i].labels = labels.FromStrings(clusterLabel, cluster, "name", fmt.Sprintf("%0*d", size, i))
		}
		return out
	}
	r := newRowBudget()
	size := findingBytes + len(clusterLabel+"evil"+"name") + 100
	most := maxClusterFindingBytes / size
	first := r.selectRows(rows("evil", 20_000, 100))
	if len(first) != most || r.leftOut["evil"] != 20_000-most {
		t.Errorf("%d findings are kept and %d left out, want %d and %d", len(first), r.leftOut["evil"], most, 20_000-most)
	}
	if name := first[len(first)-1].labels.Get("name"); !strings.HasSuffix(name, fmt.Sprint(most-1)) {
		t.Errorf("the last one that is kept is %s, want the first ones", name)
	}
	if n := len(r.selectRows(rows("evil", 150, 100))); n != alwaysKept {
		t.Errorf("%d findings of another rule are kept, want %d", n, alwaysKept)
	}
	if n := len(r.selectRows(rows("good", 5000, 100))); n != 5000 || r.leftOut["good"] != 0 {
		t.Errorf("%d findings of another cluster are kept, want all", n)
	}
	for i := range 10 {
		r.selectRows(rows(fmt.Sprint(i), 20_000, 100))
	}
	if n := len(r.selectRows(rows("last", 200, 100))); n != alwaysKept {
		t.Errorf("%d findings are kept when all room is taken, want %d", n, alwaysKept)
	}
	if kept := maxFindingBytes - r.all; kept > maxFindingBytes+2*alwaysKept*size*12 {
		t.Errorf("%d bytes are kept", kept)
	}
}

// TestEvaluationEndsWithItsContext checks that an evaluation of many rows and rules ends with its
// context and publishes no partial result.
func TestEvaluationEndsWithItsContext(t *testing.T) {
	t.Parallel()
	w := newWorld(t, exposition.Options{})
	e := w.evaluator(testRules())
	w.show(all(cluster("a"))...)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := e.Evaluate(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("evaluation: %v", err)
	}
	if at := e.LastEvaluation(); !at.IsZero() {
		t.Errorf("there is a result of %s", at)
	}
	if err := e.Evaluate(t.Context()); err != nil || e.LastEvaluation().IsZero() {
		t.Errorf("the next evaluation: %v", err)
	}
}

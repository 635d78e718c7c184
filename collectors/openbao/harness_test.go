// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package openbao

import (
	"context"
	"io"
	"log"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors"
	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao/internal/metrics"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/collectortest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// clock is a clock that changes only when it is set.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 11, 23, 15, 11, 26, 5e8, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// newSite returns the site of the cluster management with a new exposition.
func newSite(tb testing.TB, now func() time.Time) collectors.Site {
	tb.Helper()
	return collectortest.Site(tb, now, metrics.Families()...)
}

// newConfig returns the configuration of an OpenBao cluster of the reference architecture without options.
func newConfig(nodes ...string) config.OpenBao {
	return config.OpenBao{
		Name: "main", Cluster: "management", Nodes: nodes,
		Interval: config.Duration(15 * time.Second), Timeout: config.Duration(10 * time.Second),
		Expect: config.OpenBaoExpect{
			Nodes: 3, AutoUnseal: true,
			Mounts: map[string]string{
				"kv-v2/bootstrap": "kv-v2", "kv-v2/openstack": "kv-v2", "kv-v2/infrastructure": "kv-v2", "kv-v2/ceph": "kv-v2", "pki": "pki",
			},
			Auth: map[string]string{
				"kubernetes/management": "kubernetes", "kubernetes/control-plane": "kubernetes",
				"kubernetes/hypervisor": "kubernetes", "kubernetes/storage": "kubernetes", "approle/ci-cd": "approle",
			},
		},
		Details: config.OpenBaoDetails{Interval: config.Duration(5 * time.Minute)},
	}
}

// start creates an instance whose rows are served.
func start(o config.OpenBao, site collectors.Site) *instance {
	i := newInstance(o, config.SecretFlow{}, site)
	site.Exposition.Swap(nil, i.Groups())
	return i
}

// round sends all requests once, in order.
func round(ctx context.Context, i *instance) {
	i.pollNodesOnce(ctx)
	i.pollClusterOnce(ctx)
	for _, d := range i.details {
		a, err := i.activeNode()
		i.pollDetailOnce(ctx, d, a, err)
	}
}

// serve returns the answer to GET /metrics.
func serve(tb testing.TB, e *exposition.Exposition) string {
	tb.Helper()
	return collectortest.Serve(tb, e)
}

// rowsIn returns the rows of an exposition without the common prefix of the names and the common labels of these
// tests.
func rowsIn(text string) rowSet {
	return collectortest.ShortRows(text, "cobaltcore_openbao_", `cluster="management",openbao="main"`)
}

func rowsOf(tb testing.TB, site collectors.Site) rowSet {
	tb.Helper()
	return rowsIn(serve(tb, site.Exposition))
}

// rowSet has values by name and labels.
type rowSet map[string]string

func (r rowSet) want(tb testing.TB, want map[string]string) {
	tb.Helper()
	collectortest.Want(tb, r, want)
}

// with returns the rows of a family by labels.
func (r rowSet) with(family string) []string {
	var found []string
	for row, value := range r {
		if row == family || strings.HasPrefix(row, family+"{") {
			found = append(found, strings.TrimPrefix(row, family)+" "+value)
		}
	}
	slices.Sort(found)
	return found
}

func (r rowSet) String() string {
	var b strings.Builder
	for _, row := range slices.Sorted(maps.Keys(r)) {
		b.WriteString(row + " " + r[row] + "\n")
	}
	return b.String()
}

// mustParse checks that text is an exposition of numbers.
func mustParse(tb testing.TB, text string) {
	tb.Helper()
	collectortest.MustParse(tb, text)
	for row, value := range rowsIn(text) {
		if value == "NaN" || strings.HasSuffix(value, "Inf") {
			tb.Errorf("%s is %s", row, value)
		}
	}
}

// discard returns a logger for servers that log errors of clients.
func discard() *log.Logger { return log.New(io.Discard, "", 0) }

// row returns the name and the labels of a row as a key of rowSet.
func row(name string, labels ...string) string {
	var b strings.Builder
	for i := 0; i+1 < len(labels); i += 2 {
		b.WriteString("," + labels[i] + "=" + strconv.Quote(labels[i+1]))
	}
	if b.Len() == 0 {
		return name
	}
	return name + "{" + b.String()[1:] + "}"
}

// failing returns the row of a failing endpoint.
func failing(node, endpoint string, why failure.Reason) string {
	return row("endpoint_failing", "node", node, "endpoint", endpoint, "reason", string(why))
}

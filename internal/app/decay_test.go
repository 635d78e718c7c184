// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/health"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
)

// TestSnapshotAgesDoNotChange checks with an accelerated clock that the findings about the snapshot fleet and their ages
// are the same after a minute and after half an hour.
func TestSnapshotAgesDoNotChange(t *testing.T) {
	t.Parallel()
	// A fleet is read again within seconds, even on a busy machine. These are a few minutes of this
	// clock, less than the tolerance of any rule.
	const faster = 60
	s := site{t: t, dir: filepath.Join(t.TempDir(), "fleet")}
	if err := os.CopyFS(s.dir, os.DirFS("../../test/fleet")); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(s.file("fleet.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	s.write("fleet.yaml", strings.ReplaceAll(string(text), "      cluster: management\n", "      cluster: management\n      interval: 1s\n"))
	begin := time.Now()
	e := s.run(func(o *Options) {
		o.Now = func() time.Time { return begin.Add(faster * time.Since(begin)) }
		o.ProbeInterval, o.HealthInterval = time.Second, time.Second
	})
	at := func(age time.Duration) []string {
		var report health.Report
		testutil.Eventually(t, func() (bool, string) {
			code, body := e.ask(http.MethodGet, "/api/v1/report")
			err := json.Unmarshal([]byte(body), &report)
			return code == http.StatusOK && err == nil && report.GeneratedAt.Sub(begin) >= age, "no report is this old"
		})
		var found []string
		for _, f := range report.Findings {
			found = append(found, f.Rule+" "+f.Cluster+" "+f.Object.Kind+" "+f.Object.Namespace+"/"+f.Object.Name)
		}
		slices.Sort(found)
		return found
	}
	first := at(2 * time.Minute)
	if len(first) < 20 {
		t.Fatalf("only %d findings: %v", len(first), first)
	}
	for age := 12 * time.Minute; age <= 32*time.Minute; age += 10 * time.Minute { // each has the whole time limit, for busy machines
		if diff := cmp.Diff(first, at(age)); diff != "" {
			t.Errorf("findings after %v (-before +after):\n%s", age, diff)
		}
	}
}

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package aurora

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/snapshot"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/collectortest"
)

// snapshotAt returns an instance that reads its answers from dir, some time after they were written.
func snapshotAt(tb testing.TB, dir string, later time.Duration) (collectors.Site, *instance) {
	tb.Helper()
	site := newSite(tb)
	site.Cluster.Snapshot = &snapshot.Dir{Path: filepath.Join(dir, "management"), ShiftTime: true}
	site.Now = func() time.Time { return time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC).Add(later) }
	return site, start(config.Aurora{Name: "aurora", Cluster: "management", Interval: config.Duration(time.Minute), Timeout: config.Duration(time.Second)}, site)
}

// TestGoldenFiles reads the answers of each directory of
// testdata as a snapshot and compares all rows.
func TestGoldenFiles(t *testing.T) {
	filled := map[string]bool{phases.Name: true, latency.Name: true} // measured families, not in snapshots
	for _, dir := range directories(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			site, i := snapshotAt(t, dir, 0)
			i.runChecks(t.Context())
			text := collectortest.Serve(t, site.Exposition)
			collectortest.MustParse(t, text)
			collectortest.Lint(t, text)
			for row := range collectortest.Rows(text) {
				filled[collectortest.FamilyOf(row)] = true
			}
			collectortest.Golden(t, dir+".golden", collectortest.Lines(text))
		})
	}
	for _, f := range (Collector{}).Families() {
		if !filled[f.Name] {
			t.Errorf("no golden file has a row of %s", f.Name)
		}
	}
}

func directories(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/*/snapshot.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no test data: ", err)
	}
	for i, f := range files {
		files[i] = filepath.Dir(f)
	}
	return files
}

// TestSnapshotAgesAreFixed checks that a certificate with twelve days left still has them later.
func TestSnapshotAgesAreFixed(t *testing.T) {
	const later = 100 * 24 * time.Hour
	site, i := snapshotAt(t, "testdata/healthy", later)
	i.runChecks(t.Context())
	rowsOf(t, site).want(t, map[string]string{
		"up": "1", `certificate_expiry_timestamp_seconds{check="page"}`: number(site.Now().Add(12 * 24 * time.Hour)),
	})
}

// TestSnapshotInClusterDirectory also checks that an empty snapshot has no rows.
func TestSnapshotInClusterDirectory(t *testing.T) {
	dir := t.TempDir()
	site, i := snapshotAt(t, dir, 0)
	i.runChecks(t.Context())
	if rows := rowsOf(t, site); len(rows) > 0 || i.Status().Up || !i.Settled() || len(i.Errors()) > 0 {
		t.Errorf("nothing is in the snapshot: %v %+v", rows, i.Status())
	}
	if err := os.CopyFS(filepath.Join(dir, "management", "aurora"), os.DirFS("testdata/healthy/aurora")); err != nil {
		t.Fatal(err)
	}
	site, i = snapshotAt(t, dir, 0)
	i.runChecks(t.Context())
	rowsOf(t, site).want(t, map[string]string{"up": "1"})
}

// TestSnapshotWithURL checks that a URL is probed even if the cluster is a snapshot.
func TestSnapshotWithURL(t *testing.T) {
	d := newDashboard(t, nil)
	d.site.Cluster.Snapshot = &snapshot.Dir{Path: filepath.Join("testdata", "down", "management")}
	d.start().runChecks(t.Context())
	rowsOf(t, d.site).want(t, map[string]string{"up": "1", `request_duration_seconds_count{check="page"}`: "1"})
}

// FuzzContent replaces an answer by any input. Answers with a wrong status never pass, and failures have one of
// the declared reasons.
func FuzzContent(f *testing.F) {
	const json, html = "application/json", "text/html"
	for n, body := range []string{tokenBody, sessionBody, pageBody, keystoneBody} {
		for _, contentType := range []string{json, html, ""} {
			f.Add(byte(n), uint16(200), contentType, []byte(body))
		}
	}
	f.Add(byte(3), uint16(300), json, []byte(versionsBody))
	f.Add(byte(2), uint16(200), html, []byte("<!--><svg><div id=app><![CDATA[</script>"))
	f.Add(byte(1), uint16(200), json, []byte(`{"result":{"data":{},"data":1}}`))
	all := slices.Concat(dashboardChecks(config.Aurora{}), keystoneChecks(config.Aurora{}))
	f.Fuzz(func(t *testing.T, which byte, status uint16, contentType string, body []byte) {
		c := all[int(which)%len(all)]
		err := c.judge(answer{status: int(status), contentType: contentType, body: body})
		switch {
		case err == nil && status != 200 && (status != 300 || c.name != "keystone"):
			t.Errorf("%s: status %d passes", c.name, status)
		case err == nil && c.accept == json && !strings.Contains(strings.ToLower(contentType), json):
			t.Errorf("%s: %q passes for JSON", c.name, contentType)
		case err != nil && !slices.Contains(reasons(), failure.ReasonOf(err)):
			t.Errorf("%s: an unknown reason: %v", c.name, err)
		case err != nil && len(body) > 3 && strings.Contains(err.Error(), string(body)):
			t.Errorf("%s: the body is quoted: %v", c.name, err)
		}
	})
}

// FuzzSnapshot reads any content of a snapshot file.
func FuzzSnapshot(f *testing.F) {
	f.Add([]byte(`{"_status":200,"_contentType":"text/html","_text":"<div id=app>"}`), []byte(`{"not_after":"2027-01-01T00:00:00Z"}`))
	f.Add([]byte(`{"_status":0,"_reason":"tls","_problem":"x\n\"{}"}`), []byte(`{"not_after":"9999-12-31T23:59:59Z"}`))
	f.Add([]byte(`{"_status":-1,"_redirects":-1}`), []byte(`null`))
	f.Add([]byte(`{"_status":99999999999}`), []byte(`{"not_after":1}`))
	dir := f.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "aurora", "aurora"), 0o755); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, page, certificate []byte) {
		write(t, filepath.Join(dir, "aurora", "aurora", "page.json"), page)
		write(t, filepath.Join(dir, "aurora", "aurora", "tls.json"), certificate)
		site, i := snapshotAt(t, dir, 0)
		i.runChecks(t.Context())
		rows := rowsOf(t, site)
		for _, wrong := range rows.with("check_failing") {
			if !slices.ContainsFunc(reasons(), func(r failure.Reason) bool { return strings.HasSuffix(wrong, `reason="`+string(r)+`"`) }) {
				t.Errorf("an unknown reason: %s", wrong)
			}
		}
		for _, wrong := range rows.with("tls_failing") {
			if !slices.ContainsFunc(failure.TLSProblems(), func(p failure.TLSProblem) bool { return strings.HasSuffix(wrong, `problem="`+string(p)+`"`) }) {
				t.Errorf("an unknown problem: %s", wrong)
			}
		}
	})
}

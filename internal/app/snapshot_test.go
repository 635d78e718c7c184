// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/snapshot"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/testutil"
)

// moving matches the families that differ in each run: results of the evaluation and the exporter's own metrics.
var moving = regexp.MustCompile(`^(#|cobaltcore_(health_|watch_last_event|cluster_last_contact|collector_last_success|collector_duration|collector_.*_seconds|build_info|config_)|go_|process_|promhttp_)`)

// steady returns the rows that are equal in two exporters of the same fleet.
func steady(body string) []string {
	var lines []string
	for line := range strings.Lines(body) {
		if !moving.MatchString(line) {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	slices.Sort(lines)
	return lines
}

// fleetCopy returns a copy of the snapshot fleet with unshifted timestamps.
func fleetCopy(t *testing.T) site {
	t.Helper()
	s := newSite(t)
	if err := os.CopyFS(s.dir, os.DirFS(filepath.Join("..", "..", "test", "fleet"))); err != nil {
		t.Fatal(err)
	}
	s.edit("fleet.yaml", "snapshot: {path: ", "snapshot: {shiftTime: false, path: ")
	return s
}

func (s site) edit(name, old, replacement string) {
	s.t.Helper()
	text, err := os.ReadFile(s.file(name))
	if err != nil {
		s.t.Fatal(err)
	}
	s.write(name, strings.ReplaceAll(string(text), old, replacement))
}

// snapshot writes a snapshot of the fleet and returns it as a site.
func (s site) snapshot(change ...func(*SnapshotOptions)) (site, SnapshotResult, string, error) {
	s.t.Helper()
	var progress bytes.Buffer
	taken := site{t: s.t, dir: filepath.Join(s.t.TempDir(), "taken")}
	o := SnapshotOptions{Options: Options{ConfigFile: s.file("fleet.yaml")}, Out: taken.dir, Timeout: testutil.Deadline, Progress: &progress}
	for _, f := range change {
		f(&o)
	}
	result, err := Snapshot(s.t.Context(), o)
	return taken, result, progress.String(), err
}

// rows returns the rows that are currently served.
func (e *exporter) rows() []string {
	code, body := e.ask(http.MethodGet, "/metrics")
	if code != http.StatusOK {
		return []string{body}
	}
	return steady(body)
}

// TestSnapshotReplaysToTheSameRows compares the rows of the snapshot fleet with those of a snapshot
// of it.
func TestSnapshotReplaysToTheSameRows(t *testing.T) {
	t.Parallel()
	s := fleetCopy(t)
	taken, result, progress, err := s.snapshot()
	if err != nil {
		t.Fatal(err)
	}
	original, replayed := s.run(), taken.run()
	testutil.Eventually(t, func() (bool, string) {
		want, got := original.rows(), replayed.rows()
		if len(want) < 3000 {
			return false, fmt.Sprintf("only %d rows", len(want))
		}
		diff := cmp.Diff(want, got)
		return diff == "", "rows (-of the fleet +of its snapshot):\n" + diff
	})
	if len(result.Clusters) != 4 || result.Answers < 50 || len(result.Missing) > 0 || strings.Contains(progress, "warning") {
		t.Errorf("%+v\n%s", result, progress)
	}
	onlyOwner(t, taken.dir)
}

// onlyOwner checks that a directory is readable by its owner only.
func onlyOwner(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if info, err := d.Info(); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

const canary = "s3cr3t-canary"

// TestSnapshotHasNoSecrets puts secrets into all fields of the objects that may contain them.
func TestSnapshotHasNoSecrets(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	if err := os.CopyFS(s.dir, os.DirFS(filepath.Join("..", "..", "test", "fleet"))); err != nil {
		t.Fatal(err)
	}
	planted := 0
	for _, cluster := range []string{"management", "control-plane", "hypervisor", "storage"} {
		err := filepath.WalkDir(s.file(cluster), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			n, err := plantIn(path)
			planted += n
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	taken, _, _, err := s.snapshot()
	if err != nil {
		t.Fatal(err)
	}
	if planted < 5000 {
		t.Errorf("only %d secrets planted", planted)
	}
	err = filepath.WalkDir(taken.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if at := bytes.Index(text, []byte(canary)); at >= 0 {
			t.Errorf("%s: …%s", path, text[max(0, at-200):at+len(canary)])
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// plantIn plants secrets in the documents of a file.
func plantIn(path string) (planted int, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	var out []string
	for _, doc := range regexp.MustCompile(`(?m)^---$`).Split(string(text), -1) {
		var v any
		if err := yaml.Unmarshal([]byte(doc), &v); err != nil {
			return 0, err
		}
		v = plant("", v, &planted)
		text, err := json.Marshal(v)
		if err != nil {
			return 0, err
		}
		out = append(out, string(text))
	}
	return planted, os.WriteFile(path, []byte(strings.Join(out, "\n---\n")), 0o600)
}

// plant adds unknown members, annotations, last-applied objects, values, messages,
// and user info to URLs.
func plant(name string, v any, planted *int) any {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			switch text, isText := e.(string); {
			case k == "message" || k == "webhookPath" || k == "secretKey" || k == "property":
				v[k] = canary
			case isText && strings.Contains(text, "://"):
				v[k] = strings.Replace(text, "://", "://user:"+canary+"@", 1) + "?token=" + canary
			default:
				v[k] = plant(k, e, planted)
			}
		}
		if !slices.Contains([]string{"provider", "auth", "syncedPushSecrets"}, name) { // these names have a meaning
			v["unknown"+canary] = map[string]any{canary: []any{canary}}
			v["annotations"] = map[string]any{"kubectl.kubernetes.io/last-applied-configuration": canary, canary: canary}
			v["text"+canary] = canary
			v["values"], v["postBuild"] = map[string]any{"password": canary}, map[string]any{"substitute": map[string]any{"x": canary}}
			*planted += 6
		}
	case []any:
		for i, e := range v {
			v[i] = plant(name, e, planted)
		}
	}
	return v
}

// TestSnapshotListsMissingParts checks that an unreachable cluster does not affect the others.
func TestSnapshotListsMissingParts(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.objects("openbao/objects.yaml", "x") // a name that is taken in a snapshot
	s.write("dead.kubeconfig", `{apiVersion: v1, kind: Config, current-context: c, users: [],
  clusters: [{name: c, cluster: {server: 'http://127.0.0.1:1'}}], contexts: [{name: c, context: {cluster: c}}]}`)
	s.write("fleet.yaml", "clusters:\n- {name: openbao, snapshot: {path: openbao}}\n- {name: dead, kubeconfig: {path: dead.kubeconfig}}\n")
	taken, result, progress, err := s.snapshot()
	if err != nil {
		t.Fatal(err)
	}
	want := []snapshot.Missing{{Cluster: "dead", Reason: string(failure.ReasonRefused)}, {Cluster: "dead", Kind: "Pod", Version: "v1", Reason: "http"}}
	if diff := cmp.Diff(want, result.Missing); diff != "" {
		t.Error(diff)
	}
	meta, err := snapshot.Dir{Path: taken.dir}.ReadMeta(t.Context())
	if diff := cmp.Diff(want, meta.Missing); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if !strings.Contains(progress, "warning: cluster dead is missing") || !strings.Contains(progress, "cluster openbao: 1 objects of 1 kinds") {
		t.Error(progress)
	}
	e := taken.run()
	e.wantRows("cluster=openbao/x")
	e.wantLine(`cobaltcore_cluster_failing{cluster="dead",reason="refused"} 1`)
	e.wantLine(`cobaltcore_cluster_up{cluster="dead"} 0`)
	e.wantLine(`cobaltcore_controller_pods_failing{cluster="dead",system="flux",reason="http"} 1`)

	only, _, _, err := s.snapshot(func(o *SnapshotOptions) { o.Clusters = []string{"dead"} })
	if err == nil || err.Error() != "nothing could be read" {
		t.Errorf("%v", err)
	}
	left, err := os.ReadDir(filepath.Dir(only.dir))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestEveryKindDeclaresItsFields checks that types with a custom decoder or with labels declare the fields that
// they read.
func TestEveryKindDeclaresItsFields(t *testing.T) {
	t.Parallel()
	c, err := LoadConfig(t.Context(), filepath.Join("..", "..", "test", "fleet", "fleet.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	kinds := 0
	for _, r := range registeredCollectors(&c.Collectors) {
		for _, resource := range r.Resources() {
			kinds++
			kept, err := resource.Keep(resource.Versions[0], []byte(`{"metadata":{"name":"a","annotations":{"a":"b"}},"data":{"a":"b"}}`))
			want := fmt.Sprintf(`{"apiVersion":%q,"kind":%q,"metadata":{"name":"a","annotations":{}}}`, schema.GroupVersion{Group: resource.Group, Version: resource.Versions[0]}.String(), resource.Kind)
			if err != nil || string(kept) != want {
				t.Errorf("%s: %s, want %s: %v", resource.Kind, kept, want, err)
			}
			kept, err = resource.Keep(resource.Versions[0], []byte(`{"metadata":{"labels":{"a":"b"}}}`))
			if err != nil || bytes.Contains(kept, []byte(`"a"`)) {
				t.Errorf("%s: %s: %v", resource.Kind, kept, err)
			}
			kept, err = resource.Keep(resource.Versions[0], []byte(`{"metadata":{"managedFields":[{"manager":"hunter2","time":"2026-11-20T09:00:00Z","fieldsV1":{"f:spec":{}}}]}}`))
			if err != nil || bytes.Contains(kept, []byte("managedFields")) || resource.Kind != "FluxReport" && bytes.Contains(kept, []byte("hunter2")) {
				t.Errorf("%s: %s: %v", resource.Kind, kept, err)
			}
		}
	}
	if kinds < 37 {
		t.Errorf("only %d kinds", kinds)
	}
}

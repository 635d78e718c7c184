// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package config_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
)

var update = flag.Bool("update", false, "write the golden files")

// goWords are words of Go, which no error may contain.
var goWords = regexp.MustCompile(`\b(struct|reflect|unmarshal|string|slice|int64|float64|bool|nil|config\.\w+)\b`)

// TestParse reads testdata: a good file yields the configuration in its golden
// file, a bad one the errors there.
func TestParse(t *testing.T) {
	for _, file := range glob(t, "testdata/*.yaml") {
		name := filepath.Base(file)
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			filename := name
			if strings.HasSuffix(name, ".good.yaml") {
				filename = "/etc/fleet/" + name // shows in absolute paths
			}
			cfg, err := config.Parse(data, filename)
			var got []byte
			switch strings.HasSuffix(name, ".good.yaml") {
			case true:
				if err != nil {
					t.Fatal(err)
				}
				if got, err = cfg.YAML(); err != nil {
					t.Fatal(err)
				}
				again, err := config.Parse(got, filename)
				if diff := cmp.Diff(cfg, again); err != nil || diff != "" {
					t.Errorf("the written configuration reads differently: %v\n%s", err, diff)
				}
			default:
				if err == nil || cfg != nil {
					t.Fatalf("Parse returned %v, %v", cfg, err)
				}
				checkErrors(t, err, filename)
				if word := goWords.FindString(err.Error()); word != "" {
					t.Errorf("%s is a word of Go: %v", word, err)
				}
				if strings.Contains(strings.ReplaceAll(err.Error(), "passwordFile", ""), "password") {
					t.Errorf("a password is shown: %v", err)
				}
				got = []byte(err.Error() + "\n")
			}
			golden(t, strings.TrimSuffix(file, ".yaml")+".golden", got)
		})
	}
}

// checkErrors holds every error to the promises of the package.
func checkErrors(t *testing.T, err error, filename string) {
	t.Helper()
	var all config.Errors
	if !errors.As(err, &all) || len(all) == 0 {
		t.Fatalf("%T is not a list of errors", err)
	}
	for i, e := range all {
		text := e.Error()
		if !strings.HasPrefix(text, filename+":") || e.Line < 1 || strings.ContainsAny(text, "\r\n") {
			t.Errorf("no file, no line, or several lines: %q", text)
		}
		if i > 0 && e.Line < all[i-1].Line {
			t.Errorf("not in the order of the file: %s", text)
		}
	}
	var first config.Error
	if !errors.As(err, &first) || first != all[0] {
		t.Errorf("errors.As does not find the first error")
	}
}

func TestDefaults(t *testing.T) {
	want := &config.Config{
		ClusterLabel: "cluster",
		StaleAfter:   config.Duration(5 * time.Minute),
		Clusters:     []config.Cluster{{Name: "here", Role: "here", InCluster: true, WatchList: true}},
		Collectors: config.Collectors{
			Flux: config.Flux{Enabled: true, OverdueAfter: 3}, ExternalSecrets: config.ExternalSecrets{Enabled: true},
			Greenhouse:  config.Greenhouse{Enabled: true},
			CertManager: config.CertManager{Enabled: true},
			Controllers: config.Controllers{Enabled: true, Via: "proxy", Interval: config.Duration(30 * time.Second)},
			SecretFlow:  config.SecretFlow{Enabled: true, Interval: config.Duration(time.Minute)},
		},
		Alertmanager: config.Alertmanager{Interval: config.Duration(time.Minute), FallbackAfter: config.Duration(10 * time.Minute)},
		Metrics:      config.Metrics{Detail: config.DetailDefault},
		Rules: config.Rules{ExporterJob: alerts.DefaultExporterJob,
			Fleet: config.FleetMetrics{Job: alerts.DefaultFleetJob, Label: alerts.DefaultFleetLabel}},
		Limits: config.Limits{ObjectsPerKind: 200_000, RowMiBPerKind: 128, RowMiBPerCluster: 192, RowMiB: 320, Clusters: 200, Changes: 50_000,
			ChangesAge: config.Duration(24 * time.Hour), LabelValueLength: 1024},
	}
	got, err := config.Parse([]byte("clusters: [{name: here, inCluster: true}]"), "fleet.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Parse (-want +got):\n%s", diff)
	}
	want.Clusters = nil
	if diff := cmp.Diff(want, config.Default()); diff != "" {
		t.Errorf("Default (-want +got):\n%s", diff)
	}
}

// TestRelativePaths checks that paths are relative to the directory of the file.
func TestRelativePaths(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	cfg, err := config.Parse([]byte("clusters: [{name: a, kubeconfig: {path: ../a}}, {name: b, snapshot: {path: /b}}]"), "conf/fleet.yaml")
	if err != nil {
		t.Fatal(err)
	}
	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := cfg.Clusters[0].Kubeconfig.Path, filepath.Join(wd, "a"); got != want {
		t.Errorf("kubeconfig.path is %s, want %s", got, want)
	}
	if got, want := cfg.Clusters[1].Snapshot.Path, "/b"; got != want {
		t.Errorf("snapshot.path is %s, want %s", got, want)
	}
}

func TestLargeFile(t *testing.T) {
	_, err := config.Parse([]byte(strings.Repeat("# large\n", 1<<20)), "large.yaml")
	if err == nil || !strings.Contains(err.Error(), "large.yaml:1: the file is larger than 4 MiB") {
		t.Error(err)
	}
}

func FuzzParse(f *testing.F) {
	for _, file := range glob(f, "testdata/*.yaml") {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte("clusters: &a [*a, {name: &b [*b], *b : c}]"))
	f.Add([]byte("&a {clusters: *a, limits: *a, *a : *a}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		cfg, err := config.Parse(data, "/etc/fleet/fleet.yaml")
		if err != nil {
			checkErrors(t, err, "/etc/fleet/fleet.yaml")
			return
		}
		text, err := cfg.YAML()
		if err != nil {
			t.Fatal(err)
		}
		again, err := config.Parse(text, "/etc/fleet/fleet.yaml")
		if diff := cmp.Diff(cfg, again); err != nil || diff != "" {
			t.Errorf("the written configuration reads differently: %v\n%s\n%s", err, text, diff)
		}
	})
}

func glob(t testing.TB, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no files %s: %v", pattern, err)
	}
	return files
}

func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"os"
	"strings"
	"testing"
	"testing/fstest"
)

func binaryOf(version string) string {
	return "cobaltcore-exporter, version " + version + " (branch: , revision: abc)\n  build user:\n"
}

// TestRepository: the committed files are ready to be released, except for the date.
func TestRepository(t *testing.T) {
	repository := os.DirFS("../..")
	version, found, err := check(repository, binaryOf("x"), "")
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != 1 || !strings.Contains(found[0].Error(), "the binary") {
		t.Errorf("besides the binary, these differ: %v", found)
	}
	if _, found, err := check(repository, binaryOf(version+"-dev.gabc.dirty"), ""); err != nil || len(found) > 0 {
		t.Errorf("a binary that is on the way to %s: %v, %v", version, found, err)
	}
}

func TestCheck(t *testing.T) {
	const (
		chart    = "version: 1.2.3\nappVersion: 1.2.3\n"
		plugin   = "spec: {version: 1.2.3, helmChart: {version: 1.2.3}}\n"
		catalog  = "spec: {sources: [{ref: {tag: v1.2.3}}]}\n"
		released = "# Changelog\n\n## [Unreleased]\n\n## [1.2.3] - 2026-02-03\n\n### Added\n\n* Something.\n\n## [1.2.2] - 2026-01-02\n"
	)
	tests := []struct {
		name                              string
		chart, plugin, catalog, changelog string
		binary, tag                       string
		want                              []string // in the differences
		wantErr                           string
	}{
		{name: "all agree", binary: "1.2.3"},
		{name: "a release", binary: "1.2.3", tag: "v1.2.3"},
		{name: "development", binary: "1.2.3-dev.g0123456789ab"},
		{name: "development is no release", binary: "1.2.3-dev.g0123456789ab", tag: "v1.2.3", want: []string{"the binary"}},
		{name: "no heading for what is unreleased", binary: "1.2.3", tag: "v1.2.3", changelog: "## [1.2.3] - 2026-02-03\n"},
		{name: "another application", binary: "1.2.3", chart: "version: 1.2.3\nappVersion: 1.2.4\n", want: []string{"appVersion"}},
		{name: "another plugin", binary: "1.2.3", plugin: "spec: {version: 1.2.4, helmChart: {version: 1.2.3}}\n", want: []string{"spec.version"}},
		{name: "another chart in the plugin", binary: "1.2.3", plugin: "spec: {version: 1.2.3, helmChart: {version: 1.2.2}}\n", want: []string{"spec.helmChart.version"}},
		{name: "another tag in the catalog", binary: "1.2.3", catalog: "spec: {sources: [{ref: {tag: v1.2.2}}]}\n", want: []string{"catalog.yaml"}},
		{name: "an older changelog", binary: "1.2.3", changelog: "## [Unreleased]\n\n## [1.2.2] - 2026-01-02\n", want: []string{"the latest version"}},
		{name: "no changelog", binary: "1.2.3", changelog: "# Changelog\n", want: []string{"the latest version"}},
		{name: "another binary", binary: "1.2.2", want: []string{"the binary"}},
		{name: "another tag", binary: "1.2.3", tag: "v1.2.4", want: []string{"the tag"}},
		{name: "a release without a date", binary: "1.2.3", tag: "v1.2.3", changelog: "## [1.2.3] - unreleased\n", want: []string{"date"}},
		{name: "a version without a date", binary: "1.2.3", changelog: "## [1.2.3] - unreleased\n"},
		{name: "a release that leaves something out", binary: "1.2.3", tag: "v1.2.3", changelog: "## [Unreleased]\n\n* More.\n\n## [1.2.3] - 2026-02-03\n", want: []string{"unreleased"}},
		{name: "everything differs", binary: "9", plugin: "spec: {}\n", changelog: "-", chart: "version: 1.2.3\n",
			want: []string{"appVersion", "spec.version", "spec.helmChart.version", "the latest version", "the binary"}},
		{name: "no version", binary: "1.2.3", chart: "version: one\n", wantErr: "Chart.yaml"},
		{name: "no YAML", binary: "1.2.3", plugin: "spec: {", wantErr: "plugindefinition.yaml"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			repository := fstest.MapFS{}
			for name, texts := range map[string][2]string{
				chartFile: {tt.chart, chart}, pluginFile: {tt.plugin, plugin}, catalogFile: {tt.catalog, catalog}, changelog: {tt.changelog, released},
			} {
				text := texts[0]
				if text == "" {
					text = texts[1]
				}
				repository[name] = &fstest.MapFile{Data: []byte(text)}
			}
			version, found, err := check(repository, binaryOf(tt.binary), tt.tag)
			if tt.wantErr != "" {
				if err == nil || !strings.Contains(err.Error(), tt.wantErr) {
					t.Errorf("error is %v, want %q", err, tt.wantErr)
				}
				return
			}
			if err != nil || version != "1.2.3" {
				t.Fatalf("version %q, %v", version, err)
			}
			if len(found) != len(tt.want) {
				t.Errorf("these differ: %v, want %v", found, tt.want)
			}
			for _, want := range tt.want {
				if !strings.Contains(errors.Join(found...).Error(), want) {
					t.Errorf("%q is missing among: %v", want, found)
				}
			}
		})
	}
	if _, _, err := check(fstest.MapFS{}, binaryOf("1"), ""); err == nil {
		t.Error("there is no chart, and no error")
	}
	if _, err := versionOf("bash: no such file\n"); err == nil {
		t.Error("what is no version is taken for one")
	}
}

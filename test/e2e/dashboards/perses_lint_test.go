//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package dashboards

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// TestDashboardsByPercli validates the generated dashboards with the types of Perses, and the
// options of plugins with their CUE schemas.
func TestDashboardsByPercli(t *testing.T) {
	t.Parallel()
	plugins := persesPlugins(t)
	lint := func(flag, path string) error {
		_, err := testbed.Percli(t.Context(), "lint", flag, path, "--plugin.path", plugins)
		return err
	}
	for _, label := range []string{"cluster", "clusterName"} {
		// All files of a directory in one run: most of its time is the schemas of the plugins.
		if err := lint("--directory", generated(t, "perses", label)); err != nil {
			t.Errorf("%s: %v", label, err)
		}
	}
	// The expected errors show that percli reports errors at all.
	text, err := os.ReadFile(generatedDashboards(t, "perses")[0])
	harness.Must(t, err)
	for what, change := range map[string][2]string{
		"a panel without a place to be": {`"#/spec/panels/`, `"#/spec/panels/no-`},
		"what no plugin takes":          {`"density":"compact"`, `"density":"tiny"`},
		"an unknown plugin":             {`"PrometheusTimeSeriesQuery"`, `"PromQL"`},
	} {
		broken := strings.Replace(string(text), change[0], change[1], 1)
		file := filepath.Join(t.TempDir(), "broken.json")
		harness.Must(t, os.WriteFile(file, []byte(broken), 0o600))
		if broken == string(text) || lint("--file", file) == nil {
			t.Errorf("percli does not find %s", what)
		}
	}
}

// persesPlugins is a directory of plugins as percli loads them: the schemas of each,
// and those of Perses that they import.
func persesPlugins(t *testing.T) string {
	t.Helper()
	module := func(name string) string {
		dir, err := testbed.ModuleDir(t.Context(), "percli", "github.com/perses/"+name)
		harness.Must(t, err)
		return dir
	}
	dir := t.TempDir()
	write := func(plugin, file, content string) {
		file = filepath.Join(dir, plugin, filepath.FromSlash(file))
		harness.Must(t, os.MkdirAll(filepath.Dir(file), 0o755))
		harness.Must(t, os.WriteFile(file, []byte(content), 0o600))
	}
	files := func(plugin, to, from string) {
		harness.Must(t, filepath.WalkDir(from, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(name) != ".cue" || strings.Contains(name, "cue.mod") || d.Name() == "migrate.cue" {
				return err
			}
			text, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			below, err := filepath.Rel(from, name)
			write(plugin, path.Join(to, filepath.ToSlash(below)), string(text))
			return err
		}))
	}
	complete := func(plugin, kinds string) {
		write(plugin, "mf-manifest.json", `{"id": "`+plugin+`", "name": "`+plugin+`", "metaData": {"buildInfo": {"buildVersion": "0.0.0"}}}`)
		write(plugin, "cue.mod/module.cue", "module: \"github.com/perses/plugins/"+plugin+"@v0\"\nlanguage: version: \"v0.15.1\"\n")
		if kinds != "" {
			write(plugin, "package.json", kinds)
		}
		files(plugin, "cue.mod/pkg/github.com/perses/perses/cue", filepath.Join(module("perses"), "cue"))
		files(plugin, "cue.mod/pkg/github.com/perses/shared/cue", filepath.Join(module("shared"), "cue"))
		files(plugin, "cue.mod/pkg/github.com/perses/spec/cue", filepath.Join(module("spec"), "cue"))
	}
	for _, plugin := range []string{"gaugechart", "markdown", "prometheus", "statchart", "table", "timeserieschart"} {
		source := module("plugins/" + plugin)
		files(plugin, "schemas", filepath.Join(source, "schemas"))
		text, err := os.ReadFile(filepath.Join(source, "package.json"))
		harness.Must(t, err)
		write(plugin, "package.json", string(text))
		complete(plugin, "")
	}
	// The Go proxy has no module of this one; its schema is the legend and the mappings.
	complete("statushistorychart", `{"name": "@perses-dev/status-history-chart-plugin", "version": "0.0.0", "perses": {"schemasPath": "schemas", "plugins": [
{"kind": "Panel", "spec": {"name": "StatusHistoryChart", "display": {"name": "Status History Chart"}}}]}}`)
	write("statushistorychart", "schemas/status-history.cue", `package model

import "github.com/perses/shared/cue/common"

kind: "StatusHistoryChart"
spec: close({
	legend?: common.#legend
	mappings?: [...common.#mappings]
})
`)
	return dir
}

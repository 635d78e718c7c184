//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

type (
	pluginOption struct {
		Name           string
		Default, Value any
	}
	pluginSpec struct {
		ClusterName, ReleaseName, ReleaseNamespace string
		OptionValues                               []pluginOption
	}
	// pluginObject is a PluginDefinition, a Plugin or a PluginPreset.
	pluginObject struct {
		Kind     string
		Metadata struct {
			Name, Namespace string
			Labels          map[string]string
		}
		Spec struct {
			pluginSpec
			Options         []pluginOption
			Plugin          pluginSpec
			ClusterSelector struct {
				MatchExpressions []struct{ Values []string }
			}
			ClusterOptionOverrides []struct {
				ClusterName string
				Overrides   []pluginOption
			}
		}
	}
)

func readPlugin(t *testing.T, name string) pluginObject {
	t.Helper()
	root, err := testbed.RepoRoot()
	harness.Must(t, err)
	text, err := os.ReadFile(filepath.Join(root, "plugin", name))
	harness.Must(t, err)
	var o pluginObject
	harness.Must(t, yaml.Unmarshal(text, &o))
	return o
}

// installation is one that Greenhouse makes of a Plugin.
type installation struct {
	spec    pluginSpec
	options []pluginOption
	// greenhouse has the values that Greenhouse adds.
	greenhouse []pluginOption
}

// installations are those of a Plugin, or of the Plugins of a PluginPreset.
func (o pluginObject) installations() map[string]installation {
	added := func(cluster string) []pluginOption {
		out := []pluginOption{
			{Name: "global.greenhouse.organizationName", Value: o.Metadata.Namespace},
			{Name: "global.greenhouse.baseDomain", Value: "greenhouse.example.com"},
			{Name: "global.greenhouse.ownedBy", Value: o.Metadata.Labels["greenhouse.sap/owned-by"]},
		}
		if cluster != "" {
			out = append(out, pluginOption{Name: "global.greenhouse.clusterName", Value: cluster}, pluginOption{Name: "global.greenhouse.metadata.region", Value: "eu-de-1"})
		}
		return out
	}
	switch o.Kind {
	case "Plugin":
		return map[string]installation{o.Metadata.Name: {o.Spec.pluginSpec, o.Spec.OptionValues, added(o.Spec.ClusterName)}}
	case "PluginPreset":
		out := map[string]installation{}
		for _, cluster := range o.Spec.ClusterSelector.MatchExpressions[0].Values {
			options := o.Spec.Plugin.OptionValues
			for _, override := range o.Spec.ClusterOptionOverrides {
				if override.ClusterName == cluster {
					options = mergeOptions(options, override.Overrides)
				}
			}
			out[o.Metadata.Name+"-"+cluster] = installation{o.Spec.Plugin, options, added(cluster)}
		}
		return out
	}
	return nil
}

// mergeOptions are options, of which the later ones replace those of the same name.
func mergeOptions(lists ...[]pluginOption) []pluginOption {
	var out []pluginOption
	at := map[string]int{}
	for _, list := range lists {
		for _, o := range list {
			i, known := at[o.Name]
			if !known {
				at[o.Name] = len(out)
				out = append(out, o)
				continue
			}
			out[i] = o
		}
	}
	return out
}

// Greenhouse converts options to values with strvals.ParseJSON, and also the defaults in the definition; --set-json
// uses the same function. The result must equal a file of values, without the defaults, which equal the defaults of the
// chart.
func TestPluginOptions(t *testing.T) {
	t.Parallel()
	var defaults []pluginOption
	for _, o := range readPlugin(t, "plugindefinition.yaml").Spec.Options {
		if o.Default != nil {
			defaults = append(defaults, pluginOption{Name: o.Name, Value: o.Default})
		}
	}
	installations := map[string]installation{"defaults": {}}
	for _, example := range []string{"central", "management", "preset", "accounts"} {
		maps.Copy(installations, readPlugin(t, filepath.Join("examples", example+".yaml")).installations())
	}
	without, err := renderChart(t)
	harness.Must(t, err)
	for name, in := range installations {
		t.Run(name, func(t *testing.T) {
			var args []string
			for _, o := range mergeOptions(defaults, in.options, in.greenhouse) {
				value, err := json.Marshal(o.Value)
				harness.Must(t, err)
				args = append(args, "--set-json", o.Name+"="+string(value))
			}
			byOptions, err := renderChart(t, args...)
			harness.Must(t, err)

			values := map[string]any{}
			for _, o := range mergeOptions(in.options, in.greenhouse) {
				nest(values, o.Name, o.Value)
			}
			text, err := yaml.Marshal(values)
			harness.Must(t, err)
			file := filepath.Join(t.TempDir(), "values.yaml")
			harness.Must(t, os.WriteFile(file, text, 0o644))
			byValues, err := renderChart(t, "--values", file)
			harness.Must(t, err)

			if diff := cmp.Diff(string(byValues), string(byOptions)); diff != "" {
				t.Errorf("options (+) give something else than values (-):\n%s", diff)
			}
			if changed := string(byOptions) != string(without); changed != (len(in.options) > 0) {
				t.Errorf("%d options, and what comes out is another: %t", len(in.options), changed)
			}
			objects := decodeObjects(t, byOptions)
			if len(selectKinds(objects, "Deployment")) == 0 { // an account only
				return
			}
			written, err := yaml.Marshal(exporterConfig(t, objects))
			harness.Must(t, err)
			if _, err := config.Parse(written, "exporter.yaml"); err != nil {
				t.Errorf("the exporter refuses its configuration: %v\n%s", err, written)
			}
		})
	}
}

// nest sets the value of a path, one mapping for each name.
func nest(values map[string]any, path string, value any) {
	first, rest, nested := strings.Cut(path, ".")
	if !nested {
		values[first] = value
		return
	}
	below, ok := values[first].(map[string]any)
	if !ok {
		below = map[string]any{}
		values[first] = below
	}
	nest(below, rest, value)
}

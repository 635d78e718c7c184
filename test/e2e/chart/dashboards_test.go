//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
)

// TestChartDashboardObjects renders the dashboards for the operators of Perses and Grafana, with
// both names of the cluster label. Each object has its dashboard, and Grafana can have both variants.
func TestChartDashboardObjects(t *testing.T) {
	t.Parallel()
	const logs = "https://logs.example.com/?index=pods&q="
	uids := map[string]string{}
	for _, label := range []string{"cluster", "clusterName"} {
		text, err := renderChart(t, "--set", "config.clusterLabel="+label, "--set", "dashboards.create=false", "--set", "dashboards.logsURL="+logs,
			"--set", "dashboards.operator.create=true", "--set", "dashboards.grafana.operator.create=true", "--set", "dashboards.grafana.operator.instanceSelector.matchLabels.a=b")
		harness.Must(t, err)
		maps, perses, grafana := map[string]string{}, 0, 0
		objects := decodeObjects(t, text)
		for _, o := range objects {
			if data, _, err := unstructured.NestedStringMap(o.Object, "data"); err == nil && o.GetKind() == "ConfigMap" {
				for key, value := range data {
					maps[o.GetName()+"/"+key] = value
				}
			}
		}
		for _, o := range objects {
			switch o.GetKind() {
			case "PersesDashboard":
				perses++
				wantFields(t, o, o.Object["spec"], persesDashboardFields(), "spec")
				spec, err := json.Marshal(o.Object["spec"])
				harness.Must(t, err)
				wantText(t, o, string(spec), `"panels":{`, `/projects/`+o.GetNamespace()+`/dashboards/`)
				wantLogs(t, o, string(spec), logs)
			case "GrafanaDashboard":
				grafana++
				wantFields(t, o, o.Object["spec"], grafanaDashboardFields(), "spec")
				ref, _, err := unstructured.NestedStringMap(o.Object, "spec", "configMapRef")
				harness.Must(t, err)
				dashboard := maps[ref["name"]+"/"+ref["key"]]
				wantText(t, o, dashboard, `"editable":true`)
				wantLogs(t, o, dashboard, logs)
				wantAddresses(t, o, dashboard, label, uids)
			}
		}
		if perses < 10 || perses != grafana {
			t.Errorf("%d PersesDashboards, %d GrafanaDashboards", perses, grafana)
		}
	}
	if want := 2 * 10; len(uids) < want {
		t.Errorf("%d uids, want at least %d", len(uids), want)
	}
}

// fields are the fields of an object in a CustomResourceDefinition. The API server refuses or drops
// all others.
type fields struct {
	required []string
	known    map[string]fields // of the fields themselves; nil if anything may be in them
	elements *fields           // of a list or a map
}

// anyOf returns fields with any content.
func anyOf(names ...string) map[string]fields {
	known := map[string]fields{}
	for _, name := range names {
		known[name] = fields{}
	}
	return known
}

// persesDashboardFields are those of perses-operator of August 2026 (PersesDashboard v1alpha2).
func persesDashboardFields() fields {
	panel := fields{required: []string{"plugin"}, known: anyOf("display", "links", "plugin", "queries")}
	kinds := func(spec fields) *fields {
		return &fields{required: []string{"kind", "spec"}, known: map[string]fields{"kind": {}, "spec": spec}}
	}
	config := anyOf("annotations", "datasources", "display", "duration", "refreshInterval", "timezone")
	config["panels"] = fields{elements: kinds(panel)}
	config["layouts"], config["variables"] = fields{elements: kinds(fields{})}, fields{elements: kinds(fields{})}
	link := fields{required: []string{"url"}, known: anyOf("name", "renderVariables", "targetBlank", "tooltip", "url")}
	config["links"] = fields{elements: &link}
	return fields{required: []string{"config"}, known: map[string]fields{
		"config":           {required: []string{"duration", "layouts", "panels"}, known: config},
		"instanceSelector": {known: anyOf("matchExpressions", "matchLabels")},
	}}
}

// grafanaDashboardFields are those of grafana-operator of August 2026 (GrafanaDashboard v1beta1).
func grafanaDashboardFields() fields {
	known := anyOf("allowCrossNamespaceImport", "contentCacheDuration", "datasources", "envFrom", "envs", "folder", "folderRef", "folderUID",
		"grafanaCom", "gzipJson", "json", "jsonnet", "jsonnetLib", "oci", "plugins", "publicSharing", "resyncPeriod", "suspend", "uid", "url",
		"urlAuthorization", "variables")
	known["instanceSelector"] = fields{known: anyOf("matchExpressions", "matchLabels")}
	known["configMapRef"] = fields{required: []string{"key"}, known: anyOf("key", "name", "optional")}
	return fields{required: []string{"instanceSelector"}, known: known}
}

// wantFields compares a value with the fields of a CustomResourceDefinition.
func wantFields(t *testing.T, o *unstructured.Unstructured, value any, f fields, path string) {
	t.Helper()
	if list, ok := value.([]any); ok && f.elements != nil {
		for _, element := range list {
			wantFields(t, o, element, *f.elements, path+"[]")
		}
		return
	}
	object, ok := value.(map[string]any)
	if !ok {
		if f.known != nil || f.elements != nil {
			t.Errorf("%s %s: %s is a %T", o.GetKind(), o.GetName(), path, value)
		}
		return
	}
	for _, name := range f.required {
		if object[name] == nil {
			t.Errorf("%s %s: no %s.%s", o.GetKind(), o.GetName(), path, name)
		}
	}
	for name, value := range object {
		switch inner, ok := f.known[name]; {
		case f.elements != nil:
			wantFields(t, o, value, *f.elements, path+".*")
		case ok:
			wantFields(t, o, value, inner, path+"."+name)
		case f.known != nil:
			t.Errorf("%s %s: unknown field %s.%s", o.GetKind(), o.GetName(), path, name)
		}
	}
}

// wantAddresses compares the address of a dashboard in Grafana, and those of its links, with the label.
func wantAddresses(t *testing.T, o *unstructured.Unstructured, dashboard, label string, uids map[string]string) {
	t.Helper()
	uid := regexp.MustCompile(`"uid":"(cobaltcore-[^"]*)"`).FindStringSubmatch(dashboard)
	if len(uid) == 0 || uids[uid[1]] != "" {
		t.Errorf("%s: the uid of %s is %v", label, o.GetName(), uid)
		return
	}
	uids[uid[1]] = label
	for _, to := range regexp.MustCompile(`/d/(cobaltcore-[a-zA-Z-]+)`).FindAllStringSubmatch(dashboard, -1) {
		if strings.HasSuffix(to[1], "-clustername") != (label == "clusterName") {
			t.Errorf("%s: %s leads to %s", label, o.GetName(), to[1])
		}
	}
	if selector, _, _ := unstructured.NestedString(o.Object, "spec", "instanceSelector", "matchLabels", "a"); selector != "b" {
		t.Errorf("%s has no selector", o.GetName())
	}
}

func wantText(t *testing.T, o *unstructured.Unstructured, text string, parts ...string) {
	t.Helper()
	if i := slices.IndexFunc(parts, func(part string) bool { return !strings.Contains(text, part) }); i >= 0 {
		t.Errorf("%s %s does not contain %s", o.GetKind(), o.GetName(), parts[i])
	}
}

// wantLogs fails if a dashboard links to logs, but not to the configured search.
func wantLogs(t *testing.T, o *unstructured.Unstructured, text, logs string) {
	t.Helper()
	if strings.Contains(text, "logs.invalid") || strings.Contains(text, "${logs:raw}") && !strings.Contains(strings.ReplaceAll(text, `\u0026`, "&"), logs) {
		t.Errorf("%s %s does not lead to %s", o.GetKind(), o.GetName(), logs)
	}
}

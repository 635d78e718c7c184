// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package externalsecrets

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/collectortest"
)

// TestNoConfidentialValueIsPublished searches the rows of each object for confidential fields, which have the value
// s3cr3t in testdata.
func TestNoConfidentialValueIsPublished(t *testing.T) {
	found := 0
	for _, c := range suite().Cases(t) {
		for _, o := range c.Objects {
			secrets := append(confidential(t, o), "s3cr3t", "hunter2")
			found += len(secrets) - 2
			for _, v := range labelValues(t, suite().Render(t, collectortest.Management, o)) {
				for _, s := range secrets {
					if strings.Contains(v, s) {
						t.Errorf("%s: %s %s: %q must not leave the exporter, but there is a label %q", c.File, o.Kind, o.Metadata.Name, s, v)
					}
				}
			}
		}
	}
	if found < 500 {
		t.Errorf("testdata has only %d texts to look for", found)
	}
}

// confidential returns the texts of an object that must not be in rows: messages, reasons in prose, keys in stores,
// names of credentials and of targets.
func confidential(t *testing.T, o collectortest.Object) []string {
	t.Helper()
	var prose struct {
		Status struct {
			Conditions       []struct{ Message string }
			FailedNamespaces []struct{ Reason string }
		}
	}
	o.Into(t, &prose)
	var secrets []string
	for _, c := range prose.Status.Conditions {
		secrets = append(secrets, c.Message)
	}
	for _, f := range prose.Status.FailedNamespaces {
		secrets = append(secrets, f.Reason)
	}
	var all any
	o.Into(t, &all)
	collect(all, func(path []string, text string) {
		switch path[len(path)-1] {
		case "key", "remoteKey", "secretKey", "property", "caBundle", "regexp", "role", "roleId", "username", "url", "Authorization":
			secrets = append(secrets, text)
		case "name":
			ref := path[max(0, len(path)-2)]
			if ref == "target" || strings.HasSuffix(ref, "Ref") && !strings.Contains(strings.ToLower(ref), "storeref") {
				secrets = append(secrets, text)
			}
		}
	})
	return slices.DeleteFunc(secrets, func(s string) bool {
		// Short texts and parts of the name of the object may legitimately occur in rows.
		return len(s) < 6 || strings.Contains(o.Metadata.Namespace+"/"+o.Metadata.Name, s)
	})
}

// collect calls f for each text in a JSON value.
func collect(v any, f func(path []string, text string), path ...string) {
	switch v := v.(type) {
	case string:
		f(path, v)
	case []any:
		for _, e := range v {
			collect(e, f, path...)
		}
	case map[string]any:
		for k, e := range v {
			collect(e, f, append(slices.Clip(path), k)...)
		}
	}
}

// labelValues returns all label values in an exposition.
func labelValues(t *testing.T, text string) []string {
	t.Helper()
	p := expfmt.NewTextParser(model.LegacyValidation)
	families, err := p.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]bool{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				values[l.GetValue()] = true
			}
		}
	}
	return slices.Collect(maps.Keys(values))
}

// TestObjectLabelsAreNotPublished checks that labels of an object do not replace its name. External Secrets
// Operator itself exports the label name of an object as its name.
func TestObjectLabelsAreNotPublished(t *testing.T) {
	for _, c := range suite().Cases(t) {
		if v := labelValues(t, collectortest.ReadFile(t, c.Golden)); slices.Contains(v, "foo") {
			t.Errorf("%s: a row says foo, which is a label of an object", c.File)
		}
	}
}
